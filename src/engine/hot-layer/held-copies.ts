import { LRUCache } from "lru-cache";
import type { NearCopy } from "../near-cache.ts";
import { compareStamps } from "../../model/stamp.ts";
import type { Scope } from "../../stores/cold-store.ts";
import { keyText } from "../state-key.ts";
import type { StateLog } from "../state-log.ts";
import { type HotCopy, withoutDrafts } from "./hot-copy.ts";

/** How many copies are held, and for how long one is answered without asking. */
export interface HeldCopiesLimits {
  /** Most copies. */
  readonly maxCachedThreads: number;
  /** How long a copy is answered without asking anybody, in milliseconds; 0: never. */
  readonly nearTtlMs: number;
}

interface FreshCopy {
  readonly copy: HotCopy;
  readonly untilMs: number;
}

/** What this process holds of states: near copies, those with drafts behind them, and which were found to be right a moment ago. */
export class HeldCopies {
  readonly #log: StateLog;
  readonly #drafted: LRUCache<string, HotCopy>;
  readonly #fresh: LRUCache<string, FreshCopy>;
  readonly #nearTtlMs: number;

  constructor(log: StateLog, limits: HeldCopiesLimits) {
    this.#log = log;
    this.#drafted = new LRUCache({ max: limits.maxCachedThreads });
    this.#fresh = new LRUCache({ max: limits.maxCachedThreads });
    this.#nearTtlMs = limits.nearTtlMs;
  }

  /** The newest copy; null: none. */
  get(scope: Scope): HotCopy | null {
    const drafted = this.#drafted.get(keyText(scope));
    const near = this.#log.near(scope);
    if (near === null) return drafted ?? null;
    return drafted === undefined || isBeyond(near, drafted) ? withoutDrafts(near) : drafted;
  }

  /** A copy that may be answered as it is; null: none. */
  fresh(scope: Scope): HotCopy | null {
    if (this.#nearTtlMs === 0) return null;
    const found = this.#fresh.get(keyText(scope));
    return found !== undefined && performance.now() < found.untilMs ? found.copy : null;
  }

  /**
   * Keeps a copy that is right now.
   * @param sinceMs - when it was known to be right, on this process's monotonic clock: not later than the question was asked
   */
  keep(scope: Scope, copy: HotCopy, sinceMs: number): void {
    const key = keyText(scope);
    this.#log.keep(scope, copy.committed);
    if (copy.drafts.length > 0) this.#drafted.set(key, copy);
    else this.#drafted.delete(key);
    if (this.#nearTtlMs > 0) this.#fresh.set(key, { copy, untilMs: sinceMs + this.#nearTtlMs });
  }

  /** Forgets what is not committed, and that anything is fresh. */
  forget(scope: Scope): void {
    this.#drafted.delete(keyText(scope));
    this.#fresh.delete(keyText(scope));
  }
}

/** Whether somebody committed past the drafts, or in another life of the thread: then they are nobody's future. */
function isBeyond(near: NearCopy, drafted: HotCopy): boolean {
  return compareStamps(near.stamp, drafted.end.stamp) >= 0;
}
