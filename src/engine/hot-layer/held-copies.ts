import { LRUCache } from "lru-cache";
import type { NearCopy } from "../near-cache.ts";
import { compareStamps, sameStamp, type Stamp } from "../../model/stamp.ts";
import type { Scope } from "../../stores/cold-store.ts";
import { keyText } from "../state-key.ts";
import type { StateLog } from "../state-log.ts";
import { type HotCopy, withoutDrafts } from "./hot-copy.ts";

/** How much is held, and for how long a copy is answered without asking. */
export interface HeldCopiesLimits {
  /** Most copies. */
  readonly maxCachedThreads: number;
  /** Most bytes of JSON text that copies with drafts stand for. */
  readonly maxCachedBytes: number;
  /** How long a copy is answered without asking anybody, in milliseconds; 0: never. */
  readonly nearTtlMs: number;
}

interface DraftedCopy {
  readonly copy: HotCopy;
  /** When it was known to be right. */
  readonly sinceMs: number;
}

/** Which copy was found to be right, and when. The copy itself is held elsewhere, and may have been followed by a newer one. */
interface FoundRight {
  readonly end: Stamp;
  readonly sinceMs: number;
}

/** What an object costs beside its text. */
const OVERHEAD_BYTES = 256;

/** What this process holds of states: near copies, those with drafts behind them, and which were found to be right a moment ago. */
export class HeldCopies {
  readonly #log: StateLog;
  readonly #drafted: LRUCache<string, DraftedCopy>;
  readonly #right: LRUCache<string, FoundRight>;
  readonly #nearTtlMs: number;

  constructor(log: StateLog, limits: HeldCopiesLimits) {
    this.#log = log;
    this.#drafted = new LRUCache({
      max: limits.maxCachedThreads,
      maxSize: limits.maxCachedBytes,
      sizeCalculation: ({ copy }) => OVERHEAD_BYTES + (copy.end.liveBytes ?? copy.end.logBytes),
    });
    this.#right = new LRUCache({ max: limits.maxCachedThreads });
    this.#nearTtlMs = limits.nearTtlMs;
  }

  /** The newest copy; null: none. */
  get(scope: Scope): HotCopy | null {
    const drafted = this.#drafted.get(keyText(scope))?.copy;
    const near = this.#log.near(scope);
    if (near === null) return drafted ?? null;
    return drafted === undefined || isBeyond(near, drafted) ? withoutDrafts(near) : drafted;
  }

  /** The newest copy, if it was found to be right a moment ago; null: it may be out of date, or there is none. */
  fresh(scope: Scope): HotCopy | null {
    if (this.#nearTtlMs === 0) return null;
    const right = this.#right.get(keyText(scope));
    if (right === undefined || performance.now() >= right.sinceMs + this.#nearTtlMs) return null;
    const newest = this.get(scope);
    return newest !== null && sameStamp(newest.end.stamp, right.end) ? newest : null;
  }

  /**
   * Keeps a copy that was right at some moment. Answers overtake one another: what is known of a later moment stands.
   * @param sinceMs - the moment, on this process's monotonic clock: not later than the question was asked
   * @returns what is to be answered: it, and the drafts that this process knows behind it
   */
  keep(scope: Scope, copy: HotCopy, sinceMs: number): HotCopy {
    const key = keyText(scope);
    this.#log.keep(scope, copy.committed);
    const drafted = this.#drafted.peek(key);
    const whole = drafted === undefined ? copy : withFollowing(copy, drafted.copy);
    if (drafted === undefined || sinceMs >= drafted.sinceMs || whole !== copy) {
      const latestMs = Math.max(sinceMs, drafted?.sinceMs ?? sinceMs);
      if (whole.drafts.length > 0) this.#drafted.set(key, { copy: whole, sinceMs: latestMs });
      else if (drafted !== undefined) this.#drafted.delete(key);
    }
    if (this.#nearTtlMs === 0) return whole;
    const right = this.#right.peek(key);
    if (right === undefined || sinceMs >= right.sinceMs) this.#right.set(key, { end: whole.end.stamp, sinceMs });
    return whole;
  }

  /** What is held is no longer answered without asking: somebody may have gone on. */
  doubt(scope: Scope): void {
    this.#right.delete(keyText(scope));
  }

  /** Forgets drafts that were given up, known by their end. Those that this process has made meanwhile lead elsewhere, and stay. */
  giveUp(scope: Scope, end: Stamp): void {
    if (sameStamp(this.#drafted.peek(keyText(scope))?.copy.end.stamp, end)) this.forget(scope);
  }

  /** Forgets what is not committed, and that anything is fresh. */
  forget(scope: Scope): void {
    this.#drafted.delete(keyText(scope));
    this.#right.delete(keyText(scope));
  }
}

/** Whether somebody committed past the drafts, or in another life of the thread: then they are nobody's future. */
function isBeyond(near: NearCopy, drafted: HotCopy): boolean {
  return compareStamps(near.stamp, drafted.end.stamp) >= 0;
}

/**
 * A copy with the drafts that were held behind it. Who did not know of them, because he asked before they were made or the hot log has lost
 * them, says nothing against them: they go when somebody has gone another way.
 */
function withFollowing(copy: HotCopy, { committed, drafts, end }: HotCopy): HotCopy {
  const { stamp } = copy.end;
  if (stamp.incarnation !== committed.stamp.incarnation) return copy;
  const place = drafts.findIndex(({ writeId }) => writeId === stamp.writeId);
  if (place < 0 && !sameStamp(committed.stamp, stamp)) return copy;
  const following = drafts.slice(place + 1);
  return following.length === 0 ? copy : { committed: copy.committed, drafts: [...copy.drafts, ...following], end };
}
