import type { HotEntry, HotKey } from "../../hot/hot-log.ts";
import type { AnyId } from "../../model/config.ts";
import { StorageUnavailableError } from "../../model/errors.ts";
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
  /** For how long drafts that wait for the end of their run are left alone by others, in milliseconds; prolonged every `everyMs`. */
  readonly holdMs: number;
}

/** What a draft has to do with its commit. */
export interface ScheduledDraft {
  /** Whether it waits for its run, or this process, to end. */
  readonly isHeld: boolean;
  /** Its write id. */
  readonly writeId: string;
}

/** A log with drafts of this process. Another object after each draft, so that one which was made during a flush is not taken for flushed. */
interface OwnDrafts {
  readonly key: HotKey;
  /** The newest one; null: it is not this process's. */
  readonly newest: string | null;
  /** Whether all of them wait for their run, or this process, to end. */
  readonly isHeld: boolean;
}

/** Threads flushed at the same time. */
const CONCURRENCY = 4;

/** Drafts of others that are taken over in one round. */
const TAKEN_OVER = 200;

/**
 * Commits drafts in the background: this process's own soon after they were made, and those of processes that died. Those that wait for the
 * end of their run are left alone for as long as their process says again and again that it is there. Nothing depends on any of this but
 * how long a draft stays one.
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
  #lookingAround: Promise<void> | undefined;
  #isStopped = false;

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
    this.#round = setInterval(() => this.#beginRound(), this.#times.everyMs);
    this.#round.unref();
    this.#beginRound();
  }

  /** Not while the last one is still at work: while the database is away they would pile up. */
  #beginRound(): void {
    this.#lookingAround ??= this.#lookAround().finally(() => {
      this.#lookingAround = undefined;
    });
  }

  /** This process has made a draft. */
  schedule(key: HotKey, draft: ScheduledDraft): void {
    const before = this.#own.get(keyText(key));
    // One that need not wait takes the others with it.
    const isHeld = draft.isHeld && (before?.isHeld ?? true);
    this.#own.set(keyText(key), { key, newest: draft.writeId, isHeld });
    if (isHeld) void this.#hot.hold(key, this.#times.holdMs);
    else this.#flushSoon();
  }

  /** This process has met drafts in the way of what was committed. */
  met(key: HotKey): void {
    const newest = this.#own.get(keyText(key))?.newest ?? null;
    this.#own.set(keyText(key), { key, newest, isHeld: false });
    this.#flushSoon();
  }

  /** Versions were committed by a write. */
  committed(key: HotKey, entries: readonly HotEntry[]): void {
    const newest = this.#own.get(keyText(key))?.newest;
    if (entries.some(({ writeId }) => writeId === newest)) this.#own.delete(keyText(key));
  }

  /** The logs of a thread, of whatever namespace, with drafts of this process. */
  ownOf(threadId: AnyId): HotKey[] {
    return [...this.#own.values()].map(({ key }) => key).filter((key) => key.threadId === threadId);
  }

  /** Whether this process has drafts of a state that are not known to be committed. */
  hasOwn(key: HotKey): boolean {
    return this.#own.has(keyText(key));
  }

  /** Flushes all that this process has. What fails is tried again later. */
  async flushOwn(): Promise<void> {
    await this.#flushAll([...this.#own.values()].map(({ key }) => key));
  }

  /** Stops, and commits what this process has made. What cannot be committed now is left to others. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#round);
    this.#isStopped = true;
    await this.#lookingAround;
    await Promise.allSettled(this.#running.values());
    this.#isStopped = false;
    await this.flushOwn();
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flushAll(this.#ownKeys(false));
    }, this.#times.delayMs).unref();
  }

  #ownKeys(areHeld: boolean): HotKey[] {
    return [...this.#own.values()].filter(({ isHeld }) => isHeld === areHeld).map(({ key }) => key);
  }

  async #lookAround(): Promise<void> {
    const held = this.#ownKeys(true);
    await Promise.all(held.map((key) => this.#hot.hold(key, this.#times.holdMs)));
    const left = await this.#hot.drafts(this.#times.takeOverMs, TAKEN_OVER);
    const keys = new Map([...this.#ownKeys(false), ...left].map((key) => [keyText(key), key]));
    await this.#flushAll([...keys.values()]);
  }

  async #flushAll(keys: readonly HotKey[]): Promise<void> {
    const waiting = [...keys];
    const worker = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined && !this.#isStopped; key = waiting.pop()) {
        try {
          await this.flush(key);
        } catch (error) {
          // The database is away: the next round tries again, and asking it for the others would only take its time.
          if (error instanceof StorageUnavailableError) waiting.length = 0;
          this.#events.report("flushFailure", { threadId: String(key.threadId), error: errorName(error) });
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  /**
   * Flushes one log now. Two at once in one process would only do the work twice.
   * @param runId - the run that begins with its newest draft; null: none does
   * @throws what the cold store failed with
   */
  async flush(key: HotKey, runId: string | null = null): Promise<void> {
    const text = keyText(key);
    const running = this.#running.get(text);
    if (running !== undefined) await running.catch(() => {});
    const own = this.#own.get(text);
    const flush = this.#flusher.flush(key, runId);
    this.#running.set(text, flush);
    try {
      if ((await flush) && this.#own.get(text) === own) this.#own.delete(text);
    } finally {
      if (this.#running.get(text) === flush) this.#running.delete(text);
    }
  }
}
