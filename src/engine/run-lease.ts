import type { AnyId, ThreadConfig } from "../model/config.ts";
import { CheckpointerError, RunLostError } from "../model/errors.ts";

/** What a lease does in the store. */
export interface LeaseActions {
  /** Has it last for so long from now, in milliseconds; 0 ends it. False: it is not held any more. */
  readonly renew: (ttlMs: number) => Promise<boolean>;
  /** It has ended, in whatever way. */
  readonly ended: () => void;
}

/** How a lease was asked for. */
export interface LeaseTerms {
  /** How long it lasts without being renewed, in milliseconds. */
  readonly ttlMs: number;
  /** Whether it renews itself. */
  readonly renews: boolean;
  /** When it was asked for, on this process's own clock, in milliseconds: it lasts at least `ttlMs` from then. */
  readonly askedMs: number;
}

/** How many times it is renewed within its life: two renewals may fail, and it is still held. */
const RENEWALS = 3;

/** How soon a renewal that failed is tried again, as a part of the lease's life. */
const RETRIES = 10;

/**
 * The right to be the thread's only run, for a time, from `acquireRun`. Writes that carry {@link RunLease.config} are refused by the database itself
 * once the lease is lost, however late they arrive. Renews itself until it is released, unless told otherwise.
 */
export class RunLease<ThreadId extends AnyId = string, UserId extends AnyId = string> implements AsyncDisposable {
  /** The run. */
  readonly runId: string;
  /** What every call of this run is made with: the config that the run was acquired with, its `runId`, and the token of the lease. */
  readonly config: ThreadConfig<ThreadId, UserId>;
  readonly #actions: LeaseActions;
  readonly #terms: LeaseTerms;
  readonly #lost = new AbortController();
  #untilMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isReleased = false;

  /** Made by `acquireRun`. */
  constructor(config: ThreadConfig<ThreadId, UserId>, actions: LeaseActions, terms: LeaseTerms) {
    this.config = config;
    this.runId = config.runId ?? "";
    this.#actions = actions;
    this.#terms = terms;
    this.#untilMs = terms.askedMs + terms.ttlMs;
    this.#wait(terms.ttlMs / RENEWALS);
  }

  /** Aborts when the lease is lost: its reason is the `RunLostError`. Give it to whatever the run waits for. Giving the lease back does not abort it. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Has the lease last for its whole time again. Needed only where it does not renew itself.
   * @throws RunLostError if it is not held any more
   * @throws StorageUnavailableError if the database cannot be reached; it may still be held then
   */
  async renew(): Promise<void> {
    if (this.#isReleased || this.signal.aborted) throw new RunLostError();
    const askedMs = performance.now();
    if (await this.#actions.renew(this.#terms.ttlMs)) {
      this.#untilMs = askedMs + this.#terms.ttlMs;
      return;
    }
    this.#lose();
    throw new RunLostError();
  }

  /** Gives the lease back, so that the next run need not wait for its end. Safe to call again, and when it was lost. */
  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearTimeout(this.#timer);
    try {
      if (!this.signal.aborted) await this.#actions.renew(0);
    } catch (error) {
      // Where the database does not answer, the lease ends by itself.
      if (!(error instanceof CheckpointerError && error.retryable)) throw error;
    } finally {
      this.#actions.ended();
    }
  }

  /** {@link release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** A lease that nobody renews says when its time is up, too. Its timer keeps no process alive. */
  #wait(ms: number): void {
    if (this.#isReleased || this.signal.aborted) return;
    const restMs = Math.max(0, this.#untilMs - performance.now());
    this.#timer = setTimeout(() => void this.#look(), this.#terms.renews ? Math.min(ms, restMs) : restMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    if (performance.now() >= this.#untilMs) {
      this.#lose();
      return;
    }
    if (!this.#terms.renews) {
      this.#wait(0);
      return;
    }
    try {
      await this.renew();
      this.#wait(this.#terms.ttlMs / RENEWALS);
    } catch {
      this.#wait(this.#terms.ttlMs / RETRIES);
    }
  }

  #lose(): void {
    clearTimeout(this.#timer);
    if (this.#isReleased || this.signal.aborted) return;
    this.#lost.abort(new RunLostError());
    this.#actions.ended();
  }
}
