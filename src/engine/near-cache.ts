import { LRUCache } from "lru-cache";
import type { LogState } from "../log/entry.ts";
import { compareStamps, type Stamp } from "../model/stamp.ts";
import type { AnyId } from "../model/config.ts";
import { keyText, type StateKey } from "./state-key.ts";

/** A folded head. */
export interface NearCopy {
  /** Which committed state it is. */
  readonly stamp: Stamp;
  /** The thread's owner; null: nobody; undefined: the application wrote it and did not have to know. */
  readonly owner: AnyId | null | undefined;
  /** The state; null: cleared. Never changed: a new head is a new object. */
  readonly state: LogState | null;
  /** Bytes of the entries that a reader without a copy must read: since the last snapshot, that one included. */
  readonly logBytes: number;
  /** Bytes of the state as one snapshot; undefined: not yet measured, because nobody has written it here. */
  readonly liveBytes: number | undefined;
}

/** How much a process keeps. */
export interface NearCacheLimits {
  /** Most copies. */
  readonly maxCachedThreads: number;
  /** Most bytes of JSON text that the copies stand for. */
  readonly maxCachedBytes: number;
}

/** What an object costs beside its text. */
const OVERHEAD_BYTES = 256;

/** The heads that this process has folded, least recently used out first. Losing one costs a read, never correctness. */
export class NearCache {
  readonly #copies: LRUCache<string, NearCopy>;

  constructor(limits: NearCacheLimits) {
    this.#copies = new LRUCache({
      max: limits.maxCachedThreads,
      maxSize: limits.maxCachedBytes,
      sizeCalculation: (copy) => OVERHEAD_BYTES + (copy.liveBytes ?? copy.logBytes),
    });
  }

  get(scope: StateKey): NearCopy | undefined {
    return this.#copies.get(keyText(scope));
  }

  /** Keeps a copy, unless a newer one of the same thread is there. */
  keep(scope: StateKey, copy: NearCopy): void {
    const key = keyText(scope);
    const present = this.#copies.peek(key);
    if (present === undefined || compareStamps(copy.stamp, present.stamp) >= 0) this.#copies.set(key, copy);
  }

  forget(scope: StateKey): void {
    this.#copies.delete(keyText(scope));
  }
}
