import assert from "node:assert/strict";
import { Message, type WatchEvent, type WatchOptions } from "../index.ts";
import { unique } from "./sample.ts";
import type { Checkpointer } from "./subject.ts";

type Config = Parameters<Checkpointer["getState"]>[0];
type Events = AsyncGenerator<WatchEvent, void, undefined>;

/** How often the watches of the kit look unasked: it has no time to lose. */
const POLL_MS = 10;

/** A watch that waits, and what it has been asked for. */
export interface Waiting {
  readonly watching: Watching;
  /** The next event. */
  readonly next: Promise<string>;
}

/** A watch of the kit, from a moment that the test knows, and what it has told. */
export class Watching {
  readonly #events: Events;
  readonly #marker: string;

  private constructor(events: Events, marker: string) {
    this.#events = events;
    this.#marker = marker;
  }

  /** Begins to watch, without knowing when it is under way. */
  static on(checkpointer: Checkpointer, config: Config, options: WatchOptions = {}): Watching {
    return new Watching(checkpointer.watch(config, { pollMs: POLL_MS, ...options }), unique("marker"));
  }

  /** Begins to watch, and waits until it is under way: a message that it is given again and again was told. Makes the thread. */
  static async begun(checkpointer: Checkpointer, config: Config, options: WatchOptions = {}): Promise<Watching> {
    const watching = Watching.on(checkpointer, config, options);
    const state = { isUnderWay: false };
    const first = watching.#events.next().finally(() => (state.isUnderWay = true));
    for (let count = 0; !state.isUnderWay; count++) {
      const messageId = `${watching.#marker}-${count}`;
      await checkpointer.putMessages(config, [Message.text("marker", { messageId })]);
      // Not for the sake of time: some stores answer without ever leaving the event loop to others.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { value } = await first;
    assert.ok(value !== undefined && watching.#isMarker(value), "what was told first is not what was put first");
    return watching;
  }

  /**
   * Begins to watch a thread on which nothing happens, asks for the next event, and lets the watch come as far as waiting for it: as many
   * questions as it asks before it waits were answered several times over.
   */
  static async waiting(checkpointer: Checkpointer, config: Config, options: WatchOptions): Promise<Waiting> {
    const watching = Watching.on(checkpointer, config, options);
    const next = watching.next();
    for (let question = 0; question < 50; question++) await checkpointer.getThread(config);
    return { watching, next };
  }

  /** The next event, as a short text; markers are passed over. `"end"`: the watch has ended. */
  async next(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#events.next();
      if (done === true) return "end";
      if (!this.#isMarker(value)) return textOf(value);
    }
  }

  /** So many events, in order. */
  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) {
      const text = await this.next();
      taken.push(text);
      if (text === "end") break;
    }
    return taken;
  }

  /** All events until one; that one is the last. */
  async until(last: string): Promise<string[]> {
    const taken: string[] = [];
    do taken.push(await this.next());
    while (taken.at(-1) !== last && taken.at(-1) !== "end");
    return taken;
  }

  /** Ends it, as leaving its loop does. */
  async leave(): Promise<void> {
    await this.#events.return();
  }

  #isMarker(event: WatchEvent): boolean {
    return event.type === "message" && event.message.messageId.startsWith(this.#marker);
  }
}

function textOf(event: WatchEvent): string {
  switch (event.type) {
    case "state":
      return `state ${event.version}`;
    case "message":
      return `message ${Message.textOf(event.message)}`;
    case "stop":
    case "deleted":
      return event.type;
  }
}
