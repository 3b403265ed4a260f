import type { WatchEvent } from "../model/watch-event.ts";
import { type ListedMessages, ToldMessages } from "./told-messages.ts";

/** What a watch asks, again and again. */
export interface WatchedThread extends ListedMessages {
  /** Which life of the thread there is, and its newest version, drafts included. */
  head(): Promise<WatchedHead>;
  /** Whether the thread was asked to stop. */
  isStopRequested(): Promise<boolean>;
  /** What this process writes to the thread from now on is to wait for this. */
  look(beginning: Promise<unknown>): void;
  /** Calls back when it may be worth to ask; answers how to end that. Undefined: nobody can tell. */
  listen(wake: () => void): Promise<(() => void) | undefined>;
}

/** How far a thread is. */
export interface WatchedHead {
  /** Which life of the thread; 0: there is none. */
  readonly incarnation: number;
  /** The newest version of the state; 0: none. */
  readonly version: number;
}

/** How a thread is watched. */
export interface WatchTimes {
  /** How long to wait before asking unasked, in milliseconds. */
  readonly pollMs: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** What was last told. */
interface Told {
  head: WatchedHead;
  messages: ToldMessages;
  stopped: boolean;
}

/**
 * Tells what happens on a thread from now on: what was there when this was called is not told. Wakes up when it is told that something
 * happened, and looks by itself every `pollMs`, because hints may be missed.
 */
export function watchThread(thread: WatchedThread, times: WatchTimes): AsyncGenerator<WatchEvent, void, undefined> {
  // Not when the first event is asked for: what happens between must not be lost.
  const beginning = begin(thread);
  beginning.catch(() => {}); // whoever asks for the first event is told
  thread.look(beginning);
  return follow(thread, beginning, times);
}

async function begin(thread: WatchedThread): Promise<Told> {
  const [head, messages, stopped] = await Promise.all([
    thread.head(),
    ToldMessages.upToNow(thread),
    thread.isStopRequested(),
  ]);
  return { head, messages, stopped };
}

async function* follow(
  thread: WatchedThread,
  beginning: Promise<Told>,
  { pollMs, signal }: WatchTimes,
): AsyncGenerator<WatchEvent, void, undefined> {
  const bell = new Bell(signal);
  let unlisten: (() => void) | undefined;
  try {
    const told = await beginning;
    while (!signal.aborted) {
      // Before the look, so that nothing is missed between; whoever could not tell may be able to by now.
      unlisten ??= await thread.listen(() => bell.ring());
      yield* headEvents(told, await thread.head());
      const messages = await told.messages.next(thread);
      // Messages of a thread that was not there a moment ago: its life must be known before they are told, or its end would be missed.
      if (messages.length > 0 && told.head.incarnation === 0) yield* headEvents(told, await thread.head());
      for (const message of messages) yield { type: "message", message };
      yield* stopEvents(told, await thread.isStopRequested());
      await bell.wait(pollMs);
    }
  } catch (error) {
    // A question that the end has cut off is part of the end.
    if (!signal.aborted) throw error;
  } finally {
    unlisten?.();
    bell.takeDown();
  }
}

function* headEvents(told: Told, head: WatchedHead): Generator<WatchEvent> {
  const before = told.head;
  told.head = head;
  const isSameLife = head.incarnation === before.incarnation;
  if (!isSameLife && before.incarnation !== 0) {
    told.messages = new ToldMessages();
    yield { type: "deleted" };
  }
  const first = isSameLife ? before.version + 1 : 1;
  for (let version = first; version <= head.version; version++) yield { type: "state", version };
}

function* stopEvents(told: Told, stopped: boolean): Generator<WatchEvent> {
  if (stopped && !told.stopped) yield { type: "stop" };
  told.stopped = stopped;
}

/** Wakes whoever waits; a ring before the wait counts. */
class Bell {
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.ring();
  #rung = false;
  #wake: () => void = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** A signal may outlive many watches. */
  takeDown(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        timer.unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
  }
}
