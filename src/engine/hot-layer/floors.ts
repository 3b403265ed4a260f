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
 * a cached answer may be trusted; beyond that, the cache itself cannot be older. The newest draft counts too, for as long: it may be committed by
 * now, without the cache having been told. If it was given up instead, the database says so.
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

  /** This process has answered or written this stamp, and perhaps a draft behind it. */
  raise(key: StateKey, stamp: Stamp, draft: Stamp | null = null): void {
    const atMs = performance.now();
    const present = this.#aliveOf(key);
    const committed = newest(present, { stamp, atMs });
    const drafted = newest(this.#draftOf(present), draft === null ? null : { stamp: draft, atMs });
    const isDraftNewer = drafted !== null && compareStamps(drafted.stamp, committed.stamp) > 0;
    this.#floors.set(keyText(key), { stamp: committed.stamp, atMs, draft: isDraftNewer ? drafted : null });
  }

  /** The same for all that a copy holds. */
  raiseTo(key: StateKey, { committed, drafts, end }: HotCopy): void {
    this.raise(key, committed.stamp, drafts.length > 0 ? end.stamp : null);
  }

  /** The database has lost what the floor stood for. */
  drop(key: StateKey): void {
    this.#floors.delete(keyText(key));
  }

  /** The newest committed stamp that is known to have been answered or written; null: none that still matters. */
  at(key: StateKey): Stamp | null {
    return this.#aliveOf(key)?.stamp ?? null;
  }

  /** Whether answering this copy would not go back in time, as far as floors are still known. */
  allows(key: StateKey, copy: HotCopy): boolean {
    const floor = this.#aliveOf(key);
    if (floor === null) return true;
    const draft = this.#draftOf(floor);
    return isAtLeast(copy.committed.stamp, floor.stamp) && (draft === null || reaches(copy, draft.stamp));
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

  #aliveOf(key: StateKey): Floor | null {
    const floor = this.#floors.get(keyText(key));
    return floor !== undefined && this.#isAlive(floor) ? floor : null;
  }

  #draftOf(floor: Floor | null): Answered | null {
    const draft = floor?.draft ?? null;
    return draft !== null && this.#isAlive(draft) ? draft : null;
  }

  #isAlive({ atMs }: Answered): boolean {
    return performance.now() - atMs < this.#lifeMs;
  }
}

/** Of equal ones the later: of two histories, one is lost. */
function newest(present: Answered | null, next: Answered): Answered;
function newest(present: Answered | null, next: Answered | null): Answered | null;
function newest(present: Answered | null, next: Answered | null): Answered | null {
  if (present === null || next === null) return next ?? present;
  return compareStamps(next.stamp, present.stamp) >= 0 ? next : present;
}

/** Whether a draft is in a copy, or what is committed has come to its place, with it or without. */
function reaches({ committed, drafts }: HotCopy, draft: Stamp): boolean {
  if (compareStamps(committed.stamp, draft) >= 0) return true;
  return committed.stamp.incarnation === draft.incarnation && drafts.some(({ writeId }) => writeId === draft.writeId);
}
