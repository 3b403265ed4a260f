import type { HotKey } from "../../hot/hot-log.ts";
import { keyText } from "../state-key.ts";
import type { DraftFlush } from "./draft-flush.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import { errorName, type HotEvents } from "./hot-events.ts";

/** When drafts are committed. */
export interface BackgroundSyncTimes {
  /** How long after a draft its thread is flushed, in milliseconds: drafts that follow one another closely travel in one turn. */
  readonly delayMs: number;
  /** How often drafts that others have left behind are looked for, in milliseconds. */
  readonly everyMs: number;
  /** How old the drafts of others must be to be taken over, in milliseconds. */
  readonly takeOverMs: number;
}

/** A log with drafts of this process. */
interface OwnDrafts {
  readonly key: HotKey;
  /** The run that made the newest one, as far as it was told. */
  readonly runId: string | null;
  /** Rises with each draft, so that one which was made during a flush is not taken for flushed. */
  readonly count: number;
  /** Whether it waits for its run, or this process, to end. */
  readonly isHeld: boolean;
}

/** Threads flushed at the same time. */
const CONCURRENCY = 4;

/** Drafts of others that are taken over in one round. */
const TAKEN_OVER = 200;

/**
 * Commits drafts in the background: this process's own soon after they were made, and those of processes that died. Nothing depends on
 * it but how long a draft stays one.
 */
export class BackgroundSync {
  readonly #flusher: DraftFlush;
  readonly #hot: GuardedHotLog;
  readonly #events: HotEvents;
  readonly #times: BackgroundSyncTimes;
  readonly #own = new Map<string, OwnDrafts>();
  readonly #running = new Map<string, Promise<boolean>>();
  #timer: NodeJS.Timeout | undefined;
  #round: NodeJS.Timeout | undefined;
  #lookingAround: Promise<void> = Promise.resolve();

  constructor(parts: { flusher: DraftFlush; hot: GuardedHotLog; events: HotEvents }, times: BackgroundSyncTimes) {
    this.#flusher = parts.flusher;
    this.#hot = parts.hot;
    this.#events = parts.events;
    this.#times = times;
  }

  /** Drafts of this process that are not known to be committed, in threads. */
  get pendingCount(): number {
    return this.#own.size;
  }

  /** Begins to look for drafts that others have left behind. */
  start(): void {
    if (this.#round !== undefined) return;
    this.#round = setInterval(() => {
      this.#lookingAround = this.#lookAround();
    }, this.#times.everyMs);
    this.#round.unref();
    this.#lookingAround = this.#lookAround();
  }

  /**
   * This process has made a draft, or has met one.
   * @param isHeld - whether it is to be committed only when its run, or this process, ends
   * @param runId - the run that made it; null: not told
   */
  schedule(key: HotKey, isHeld = false, runId: string | null = null): void {
    const text = keyText(key);
    const before = this.#own.get(text);
    this.#own.set(text, { key, runId: runId ?? before?.runId ?? null, count: (before?.count ?? 0) + 1, isHeld });
    if (isHeld || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flushAll(this.#ownKeys(false));
    }, this.#times.delayMs);
    this.#timer.unref();
  }

  /** Whether this process has drafts of a state that are not known to be committed. */
  hasOwn(key: HotKey): boolean {
    return this.#own.has(keyText(key));
  }

  /** Flushes all that this process has. What fails is tried again later. */
  async flushOwn(): Promise<void> {
    await this.#flushAll(this.#ownKeys(true));
  }

  /** Stops, and commits what this process has made. What cannot be committed now is left to others. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#round);
    await this.#lookingAround;
    await Promise.allSettled(this.#running.values());
    await this.flushOwn();
  }

  #ownKeys(heldToo: boolean): HotKey[] {
    return [...this.#own.values()].filter(({ isHeld }) => heldToo || !isHeld).map(({ key }) => key);
  }

  async #lookAround(): Promise<void> {
    const keys = [...this.#ownKeys(false), ...(await this.#hot.drafts(this.#times.takeOverMs, TAKEN_OVER))];
    await this.#flushAll([...new Map(keys.map((key) => [keyText(key), key])).values()]);
  }

  async #flushAll(keys: readonly HotKey[]): Promise<void> {
    const waiting = [...keys];
    const worker = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        try {
          await this.flush(key);
        } catch (error) {
          // The database is away: the next round tries again.
          this.#events.report("flushFailure", { threadId: String(key.threadId), error: errorName(error) });
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  /** Flushes one log now. Two at once in one process would only do the work twice. @throws what the cold store failed with */
  async flush(key: HotKey): Promise<void> {
    const text = keyText(key);
    const running = this.#running.get(text);
    if (running !== undefined) await running.catch(() => {});
    const { count, runId } = this.#own.get(text) ?? { count: 0, runId: null };
    const flush = this.#flusher.flush(key, runId);
    this.#running.set(text, flush);
    try {
      if ((await flush) && this.#own.get(text)?.count === count) this.#own.delete(text);
    } finally {
      if (this.#running.get(text) === flush) this.#running.delete(text);
    }
  }
}
