import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
} from "cockatiel";
import { DamagedHotLogError } from "../../hot/damaged-hot-log-error.ts";
import type { HotEntry, HotInstant, HotKey, HotLog, HotNews, HotView, KnownEnd } from "../../hot/hot-log.ts";
import { InvalidConfigError } from "../../model/errors.ts";
import { errorName, type HotEvents } from "./hot-events.ts";

/** Failures in a row before the hot log is left alone: one lost command is no outage, and each costs a timeout. */
const FAILURES_TO_OPEN = 3;

/** How long it is left alone before one command tries again, in milliseconds: at first, and when it stays away. */
const RETRY_MS = { initialDelay: 100, maxDelay: 2_000 } as const;

/** How long nobody asks the breaker again after it said no, in milliseconds: its refusal is an error, which costs much more than a look. */
const REFUSAL_MS = 10;

/**
 * The hot log as the engine uses it: a call that fails answers undefined, and while the log is away none is sent. So a cache that is down,
 * slow, full or damaged costs no caller an error, and hardly any time.
 */
export class GuardedHotLog {
  readonly #log: HotLog;
  readonly #events: HotEvents;
  readonly #breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof DamagedHotLogError || error instanceof InvalidConfigError)),
    { halfOpenAfter: new ExponentialBackoff(RETRY_MS), breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  );

  #refusedUntilMs = 0;
  /** Whether the last call failed. */
  #hasFailed = false;

  constructor(log: HotLog, events: HotEvents) {
    this.#log = log;
    this.#events = events;
  }

  /** Whether commands are sent at present. */
  get isOpen(): boolean {
    return this.#breaker.state === CircuitState.Closed;
  }

  past(key: HotKey): HotInstant | null {
    return this.#log.past(key);
  }

  read(key: HotKey, known: KnownEnd | null, maxAgeMs: number): Promise<HotView | undefined> {
    return this.#tried(key, () => this.#log.read(key, known, maxAgeMs));
  }

  /** Whether it is certain that it stands. */
  async mark(key: HotKey, writeId: string, untilMs: number | null): Promise<boolean> {
    const done = await this.#tried(key, () => this.#log.mark(key, writeId, untilMs).then(() => true));
    return done === true;
  }

  async unmark(key: HotKey, writeId: string): Promise<void> {
    await this.#tried(key, () => this.#log.unmark(key, writeId));
  }

  tell(key: HotKey, news: HotNews): Promise<Awaited<ReturnType<HotLog["tell"]>> | undefined> {
    return this.#tried(key, () => this.#log.tell(key, news));
  }

  draft(key: HotKey, entry: HotEntry): Promise<Awaited<ReturnType<HotLog["draft"]>> | undefined> {
    return this.#tried(key, () => this.#log.draft(key, entry));
  }

  async discard(key: HotKey, writeId: string): Promise<void> {
    await this.#tried(key, () => this.#log.discard(key, writeId));
  }

  async hold(key: HotKey, forMs: number): Promise<void> {
    await this.#tried(key, () => this.#log.hold(key, forMs));
  }

  async drafts(olderThanMs: number, limit: number): Promise<readonly HotKey[]> {
    return (await this.#tried(undefined, () => this.#log.drafts(olderThanMs, limit))) ?? [];
  }

  /** Hints come another way than answers: that there are none says nothing of the calls, and does not end them. */
  async watch(key: HotKey, listener: () => void): Promise<(() => void) | undefined> {
    if (!this.isOpen) return undefined;
    try {
      return await this.#log.watch(key, listener);
    } catch (error) {
      this.#report(key, error);
      return undefined;
    }
  }

  /** While all is well, calls go past the breaker, which would cost as much as they do; it hears of failures, and of the end of a series. */
  async #tried<T>(key: HotKey | undefined, work: () => Promise<T>): Promise<T | undefined> {
    try {
      // One call at a time tries whether it is back; the others do not wait for what becomes of it.
      if (this.#breaker.state === CircuitState.HalfOpen) return undefined;
      if (this.#breaker.state !== CircuitState.Closed) {
        return performance.now() < this.#refusedUntilMs ? undefined : await this.#breaker.execute(work);
      }
      const answer = await work();
      if (this.#hasFailed) await this.#endSeries();
      return answer;
    } catch (error) {
      await this.#fail(key, error);
      return undefined;
    }
  }

  /** Others may have failed meanwhile, and opened the breaker: the answer that came is an answer all the same. */
  async #endSeries(): Promise<void> {
    await this.#breaker.execute(async () => (this.#hasFailed = false)).catch(() => false);
  }

  async #fail(key: HotKey | undefined, error: unknown): Promise<void> {
    if (error instanceof BrokenCircuitError) {
      this.#refusedUntilMs = performance.now() + REFUSAL_MS;
      return;
    }
    this.#report(key, error);
    if (this.#breaker.state !== CircuitState.Closed) return;
    this.#hasFailed = true;
    await this.#breaker.execute(() => Promise.reject(error)).catch(() => {});
  }

  #report(key: HotKey | undefined, error: unknown): void {
    const event = error instanceof DamagedHotLogError ? "damaged" : "failure";
    const threadId = key === undefined ? undefined : String(key.threadId);
    this.#events.report(event, { threadId, error: errorName(error) });
  }
}
