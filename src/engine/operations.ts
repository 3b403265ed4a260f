import { type Channel, channel } from "node:diagnostics_channel";
import { CheckpointerError, ReleasedError } from "../model/errors.ts";

/** What is published on `diagnostics_channel` under `agenity:<operation>` when a call ends. It holds no content and no ids. */
export interface OperationEvent {
  /** The public method, such as `putState`. */
  readonly operation: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** The error's `code`; undefined: it succeeded. `"UNKNOWN"`: an error that is not ours, such as one of a callback. */
  readonly errorCode: string | undefined;
}

/** Channels by operation: looking one up by its name costs more than publishing on it. */
const channels = new Map<string, Channel>();

function channelOf(operation: string): Channel {
  let found = channels.get(operation);
  if (found === undefined) {
    found = channel(`agenity:${operation}`);
    channels.set(operation, found);
  }
  return found;
}

/** Runs the calls of one checkpointer: says what happened, refuses calls after the release, and knows when the last has ended. */
export class Operations {
  readonly #underWay = new Set<Promise<unknown>>();
  #released = false;

  /** Runs a call; `work` starts at once, so that input is captured before the caller goes on. */
  run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const call = this.#observe(operation, work);
    this.#underWay.add(call);
    const ended = (): void => void this.#underWay.delete(call);
    call.then(ended, ended);
    return call;
  }

  /** Refuses calls from now on, and waits for those under way. False: this was done before. */
  async end(): Promise<boolean> {
    const first = !this.#released;
    this.#released = true;
    await Promise.allSettled(this.#underWay);
    return first;
  }

  async #observe<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.#released) throw new ReleasedError();
    const events = channelOf(operation);
    if (!events.hasSubscribers) return await work();
    const startedAt = performance.now();
    let errorCode: string | undefined;
    try {
      return await work();
    } catch (error) {
      errorCode = error instanceof CheckpointerError ? error.code : "UNKNOWN";
      throw error;
    } finally {
      const event: OperationEvent = { operation, durationMs: performance.now() - startedAt, errorCode };
      events.publish(event);
    }
  }
}
