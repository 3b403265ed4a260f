import { LRUCache } from "lru-cache";
import type { HotView } from "../../hot/hot-log.ts";
import { compareStamps, isAtLeast, type Stamp } from "../../model/stamp.ts";
import { keyText, type StateKey } from "../state-key.ts";
import type { HotCopy } from "./hot-copy.ts";

/** A stamp, and when it was last answered or written, on this process's monotonic clock. */
interface Answered {
  readonly stamp: Stamp;
  readonly atMs: number;
}

interface Floor extends Answered {
  /** The newest draft, if it is newer; null: none is. */
  readonly draft: Answered | null;
}

/** Threads whose floors are kept apart. A floor is a few dozen bytes; for what is forgotten early, one number stands. */
const MAX_FLOORS = 50_000;

/**
 * The newest that this process has answered or written, per state: below it, a cached answer would go back in time. Each is kept for as long as
 * a cached answer may be trusted; beyond that, the cache itself cannot be older. A draft counts too: it may be committed by now, without the
 * cache having been told. If it was given up instead, the database says so.
 */
export class Floors {
  readonly #floors: LRUCache<string, Floor>;
  readonly #lifeMs: number;
  /** When a floor was last forgotten that might still have mattered, on the monotonic clock; before everything: never. */
  #forgottenMs = Number.NEGATIVE_INFINITY;

  /** @param lifeMs - how long a cached answer may be trusted */
  constructor(lifeMs: number, maxFloors: number = MAX_FLOORS) {
    this.#lifeMs = lifeMs;
    this.#floors = new LRUCache({
      max: maxFloors,
      dispose: (floor, _key, reason) => {
        if (reason === "evict" && this.#isAlive(floor)) this.#forgottenMs = performance.now();
      },
    });
  }

  /** This process has answered or written this stamp. */
  raise(key: StateKey, stamp: Stamp): void {
    this.#raise(key, stamp, null);
  }

  /** This process has answered or written this copy, drafts and all. */
  raiseTo(key: StateKey, { committed, drafts, end }: HotCopy): void {
    this.#raise(key, committed.stamp, drafts.length > 0 ? end.stamp : null);
  }

  #raise(key: StateKey, stamp: Stamp, draft: Stamp | null): void {
    const text = keyText(key);
    const present = this.#floors.get(text);
    const atMs = performance.now();
    const isNewer = present === undefined || !this.#isAlive(present) || compareStamps(stamp, present.stamp) >= 0;
    const kept = isNewer || present === undefined ? stamp : present.stamp;
    const drafted = this.#newerDraft(present?.draft ?? null, draft === null ? null : { stamp: draft, atMs });
    const isBehind = drafted === null || compareStamps(kept, drafted.stamp) >= 0;
    this.#floors.set(text, { stamp: kept, atMs, draft: isBehind ? null : drafted });
  }

  #newerDraft(present: Answered | null, draft: Answered | null): Answered | null {
    if (present === null || !this.#isAlive(present)) return draft;
    return draft === null || compareStamps(draft.stamp, present.stamp) < 0 ? present : draft;
  }

  /** The database has lost what the floor stood for. */
  drop(key: StateKey): void {
    this.#floors.delete(keyText(key));
  }

  /** The newest stamp that is known to have been answered or written; null: none that still matters. */
  at(key: StateKey): Stamp | null {
    const floor = this.#floors.get(keyText(key));
    return floor === undefined || !this.#isAlive(floor) ? null : floor.stamp;
  }

  /** Whether answering this copy would not go back in time, as far as floors are still known. */
  allows(key: StateKey, copy: HotCopy): boolean {
    const floor = this.at(key);
    return (floor === null || isAtLeast(copy.committed.stamp, floor)) && this.#reachesDraft(key, copy);
  }

  /** A draft is reached where it is, and where what is committed has come to its place, with it or without. */
  #reachesDraft(key: StateKey, { committed, drafts }: HotCopy): boolean {
    const draft = this.#floors.get(keyText(key))?.draft ?? null;
    if (draft === null || !this.#isAlive(draft)) return true;
    const { stamp } = draft;
    return (
      compareStamps(committed.stamp, stamp) >= 0 ||
      (committed.stamp.incarnation === stamp.incarnation && drafts.some(({ writeId }) => writeId === stamp.writeId))
    );
  }

  /**
   * Whether a head without a floor may be trusted: if it was known to be the head after the last early forgetting. The read began on our
   * clock before the hot log told its time, so that time less what has passed since the forgetting is an upper bound.
   */
  allowsForgotten(key: StateKey, view: HotView, readBeganMs: number): boolean {
    if (this.#forgottenMs === Number.NEGATIVE_INFINITY || view.head === null) return true;
    if (this.#floors.has(keyText(key))) return true;
    return view.head.known.atMs > view.at.atMs - (readBeganMs - this.#forgottenMs);
  }

  /**
   * The same for a copy that this process holds, and that was not read just now: it may be older than a floor that was forgotten, since a
   * thread that this process has deleted leaves its copy behind.
   */
  allowsHeld(key: StateKey): boolean {
    return performance.now() - this.#forgottenMs >= this.#lifeMs || this.#floors.has(keyText(key));
  }

  #isAlive({ atMs }: Answered): boolean {
    return performance.now() - atMs < this.#lifeMs;
  }
}
