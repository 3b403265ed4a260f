import type { HotEntry, HotInstant } from "../hot/hot-log.ts";
import type { Stamp } from "../model/stamp.ts";
import type { Scope } from "../stores/cold-store.ts";
import type { HotCopy } from "./hot-layer/hot-copy.ts";
import type { NearCopy } from "./near-cache.ts";

/** A commit, as whoever follows it is told. */
export interface FollowedCommit {
  /** The head that it stands on; null: it is the first version. */
  readonly base: Stamp | null;
  /** What was written, in order. */
  readonly entries: readonly HotEntry[];
  /** The new head. */
  readonly head: NearCopy;
}

/** A commit that is under way, as whoever follows it knows it. */
export interface CommitUnderWay {
  /** A moment before it was sent; null: none is known. */
  readonly since: HotInstant | null;
  /** The same on this process's own clock, in milliseconds. */
  readonly beganMs: number;
  /** Whether readers are known to have been warned of it. */
  isMarked: boolean;
}

/** Follows the commits of states: the hot layer, where there is one. */
export interface CommitFollower {
  /** A commit is about to be sent. */
  begin(scope: Scope, writeId: string): CommitUnderWay;
  /** It was refused. */
  refused(scope: Scope, writeId: string): void;
  /** The store has shown a head to this process. */
  seen(scope: Scope, stamp: Stamp): void;
  /** It is durable. Never fails, and takes a few tens of milliseconds at most. */
  committed(scope: Scope, commit: FollowedCommit, underWay: CommitUnderWay): Promise<void>;
  /** The drafts that lead to a state that this process has seen; null: it is none that is built on drafts. */
  draftsUpTo(scope: Scope, stamp: Stamp): Promise<HotCopy | null>;
}
