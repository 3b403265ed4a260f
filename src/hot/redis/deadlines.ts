/** A connection is given up for another one when nothing comes back on it for so many timeouts. */
export const SILENT_TIMEOUTS = 4;

/** A timer that is later than this says that the event loop was at work elsewhere, in milliseconds. */
const LATE_MS = 10;

/** How often its timeout somebody waits at most, however busy this process is. */
const MOST_TIMEOUTS = 3;

interface Waiting {
  deadlineMs: number;
  readonly latestMs: number;
  readonly expire: () => void;
}

/**
 * Ends what waits for too long. Time for which this process was busy elsewhere does not count, up to a limit: the answer may be there, and
 * nobody has looked. One timer serves all: setting one for each call, and clearing it, would cost more than a tenth of the call.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  /** In the order in which they began, which is that of their deadlines. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Calls `expire` when the time is up, unless what this answers was called before. */
  begin(expire: () => void): () => void {
    const nowMs = performance.now();
    const [deadlineMs, latestMs] = [nowMs + this.#timeoutMs, nowMs + MOST_TIMEOUTS * this.#timeoutMs];
    const waiting: Waiting = { deadlineMs, latestMs, expire };
    this.#waiting.add(waiting);
    if (this.#timer === undefined) this.#wait(this.#timeoutMs);
    return () => this.#waiting.delete(waiting);
  }

  /** Something that takes no longer, or fails with the given error. */
  within<T>(work: Promise<T>, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = this.begin(() => reject(late()));
      work.finally(end).then(resolve, reject);
    });
  }

  /** The timer is left alone when nobody waits any more: the next call comes soon, and an idle timer keeps no process alive. */
  #wait(ms: number): void {
    this.#dueMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#check(), ms);
    this.#timer.unref();
  }

  /** By what passed unseen, and a moment in which the answers that have come can be read. */
  #prolong(ms: number): void {
    for (const waiting of this.#waiting) waiting.deadlineMs = Math.min(waiting.deadlineMs + ms, waiting.latestMs);
  }

  #check(): void {
    this.#timer = undefined;
    const lateMs = performance.now() - this.#dueMs;
    if (lateMs > LATE_MS) this.#prolong(lateMs + LATE_MS);
    for (const waiting of this.#waiting) {
      const restMs = waiting.deadlineMs - performance.now();
      if (restMs > 0) {
        // What expired may have begun something anew.
        if (this.#timer === undefined) this.#wait(restMs);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}
