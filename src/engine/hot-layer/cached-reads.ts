import { isAtLeast, type Stamp } from "../../model/stamp.ts";
import type { ColdStore, Scope, Tail } from "../../stores/cold-store.ts";
import { DELETED, type HotInstant, type HotView } from "../../hot/hot-log.ts";
import { hotEntriesOf, wholeEntry } from "../hot-entries.ts";
import type { NearCopy } from "../near-cache.ts";
import type { StateLog } from "../state-log.ts";
import type { Floors } from "./floors.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import type { HeldCopies } from "./held-copies.ts";
import {
  committedUpTo,
  draftsBehind,
  foldView,
  type HotCopy,
  isVisible,
  withNews,
  withoutDrafts,
  withSeenDrafts,
} from "./hot-copy.ts";
import { errorName, type HotEvents } from "./hot-events.ts";

/** What cached reads work with. */
export interface CachedReadsParts {
  /** The truth. */
  readonly store: ColdStore;
  /** Reads heads of the truth. */
  readonly log: StateLog;
  /** The cache. */
  readonly hot: GuardedHotLog;
  /** What this process holds. */
  readonly held: HeldCopies;
  /** Below these, nothing is answered. */
  readonly floors: Floors;
  /** Where surprises are reported. */
  readonly events: HotEvents;
  /** How long a cached answer may be trusted, in milliseconds. */
  readonly maxAgeMs: number;
}

/** A read of the hot log, and what became of it. */
interface ReadCopy {
  readonly view: HotView;
  /** What it leads to; null: nothing that could be trusted. */
  readonly found: HotCopy | null;
  /** What this process held before. */
  readonly usable: HotCopy | null;
}

/** Answers from the hot log where what it holds can be trusted, and from the cold store where not. */
export class CachedReads {
  readonly #parts: CachedReadsParts;

  constructor(parts: CachedReadsParts) {
    this.#parts = parts;
  }

  /**
   * The newest state, drafts included; null: this user sees none.
   * @param atLeast - what must be in it; null: nothing in particular
   */
  async newest(scope: Scope, atLeast: Stamp | null): Promise<HotCopy | null> {
    const { hot, held, maxAgeMs } = this.#parts;
    const fresh = held.fresh(scope);
    if (fresh !== null && mayAnswer(scope, fresh, atLeast)) return fresh;
    const beganMs = performance.now();
    const holds = held.get(scope);
    // Of a copy that this user must not see, nothing is learnt.
    const usable = holds !== null && isVisible(scope, holds.committed.owner) ? holds : null;
    const view = await hot.read(scope, usable === null ? null : usable.end.stamp, maxAgeMs);
    if (view === undefined) return await this.#fromStore(scope, usable);
    return await this.#answer(scope, { view, usable, atLeast, beganMs });
  }

  async #answer(
    scope: Scope,
    {
      view,
      usable,
      atLeast,
      beganMs,
    }: { view: HotView; usable: HotCopy | null; atLeast: Stamp | null; beganMs: number },
  ): Promise<HotCopy | null> {
    const { held, floors } = this.#parts;
    const isCurrent = view.current && usable !== null;
    const found = isCurrent ? usable : this.#fold(scope, view, usable);
    // What does not fit is replaced by what the store says.
    if (found === "damaged")
      return await this.#validate(scope, { view: { ...view, entries: [] }, found: null, usable });
    const isTrusted = isCurrent ? floors.allowsHeld(scope) : this.#isTrusted(scope, view, beganMs);
    if (found === null || !isTrusted || !this.#isRight(scope, found, atLeast)) {
      return await this.#validate(scope, { view, found, usable });
    }
    const answer = held.keep(scope, found, beganMs);
    // Where nothing is new, the floor stands there already, or was forgotten and is not needed. A draft may have been answered for longer than its
    // floor lives.
    if (!isCurrent || answer.drafts.length > 0) floors.raiseTo(scope, answer);
    return answer;
  }

  #isRight(scope: Scope, found: HotCopy, atLeast: Stamp | null): boolean {
    return mayAnswer(scope, found, atLeast) && this.#parts.floors.allows(scope, found);
  }

  /** The hot log cannot be asked. Drafts of others wait where they are; those that this process holds, it has answered already. */
  async #fromStore(scope: Scope, usable: HotCopy | null): Promise<HotCopy | null> {
    const { log, floors } = this.#parts;
    const head = await log.head(scope);
    if (head === null) return null;
    floors.raise(scope, head.stamp);
    return (usable === null ? null : committedUpTo(usable, head.stamp)) ?? withoutDrafts(head);
  }

  #fold(scope: Scope, view: HotView, usable: HotCopy | null): HotCopy | null | "damaged" {
    try {
      return foldView(view, usable);
    } catch (error) {
      this.#parts.events.report("damaged", { threadId: String(scope.threadId), error: errorName(error) });
      return "damaged";
    }
  }

  #isTrusted(scope: Scope, view: HotView, beganMs: number): boolean {
    const { maxAgeMs, floors } = this.#parts;
    const { head, at } = view;
    return (
      head !== null &&
      at.atMs < head.known.atMs + maxAgeMs &&
      head.known.by === at.by &&
      head.known.atMs >= head.pendingMs &&
      floors.allowsForgotten(scope, view, beganMs)
    );
  }

  /** Asks the store, answers what it says, and tells the hot log without waiting. */
  async #validate(scope: Scope, read: ReadCopy): Promise<HotCopy | null> {
    const { view, found } = read;
    const { log, held, floors } = this.#parts;
    const beganMs = performance.now();
    // Taken before the question: an answer that was overtaken by a newer one is not a sign of loss.
    const floor = floors.at(scope);
    const known = newerOf(found?.committed ?? null, log.near(scope));
    const tail = await log.tail(scope, known?.stamp ?? null);
    const seen = view.head?.stamp ?? null;
    if (tail.incarnation === 0) {
      // That it is deleted is only believed together with the store: a copy of another thread may have taken its place.
      if (seen !== null && seen.version !== DELETED) await this.#tellMissing(scope, { view, seen, floor });
      return null;
    }
    const head = log.headFrom(scope, known, tail);
    if (head === null) return null;
    if (isRollback({ head, known, tail, seen, floor })) {
      held.forget(scope);
      this.#reportRollback(scope);
    }
    void this.#tellHead(scope, { head, known, tail, since: view.at, seen });
    const answer = held.keep(scope, this.#withDrafts(scope, head, read), beganMs);
    floors.raiseTo(scope, answer);
    return answer;
  }

  /** The database has lost what was known of a thread: what it says now is the truth. */
  #reportRollback(scope: Scope): void {
    this.#parts.floors.drop(scope);
    this.#parts.events.report("rollback", { threadId: String(scope.threadId) });
  }

  /**
   * Drafts that stand on the head are part of the answer, those that only this process still holds too: it has answered them. Others wait for
   * the one who flushes them.
   */
  #withDrafts(scope: Scope, head: NearCopy, { view, found, usable }: ReadCopy): HotCopy {
    try {
      // The view's own bodies were used up where it could be folded.
      if (found !== null) return committedUpTo(found, head.stamp) ?? withoutDrafts(head);
      const own = usable === null ? null : committedUpTo(usable, head.stamp);
      if (own === null || (view.fromStart && view.entries.length > 0)) {
        return withSeenDrafts(head, draftsBehind(view, head), view.tagged);
      }
      return view.fromStart ? own : withNews(own, view);
    } catch (error) {
      this.#parts.events.report("damaged", { threadId: String(scope.threadId), error: errorName(error) });
      return withoutDrafts(head);
    }
  }

  async #tellHead(
    scope: Scope,
    news: { head: NearCopy; known: NearCopy | null; tail: Tail; since: HotInstant; seen: Stamp | null },
  ): Promise<void> {
    const { head, known, tail, since, seen } = news;
    const owner = tail.owner;
    const told = { stamp: head.stamp, owner, since, seen };
    const entries = hotEntriesOf(tail, tail.continues && known !== null ? known.stamp.writeId : "");
    if (known === null || !tail.continues) {
      await this.#parts.hot.tell(scope, { ...told, entries, after: null });
      return;
    }
    const answer = await this.#parts.hot.tell(scope, { ...told, entries, after: known.stamp.writeId });
    if (answer === "gap") await this.#parts.hot.tell(scope, { ...told, entries: [wholeEntry(head)], after: null });
  }

  /** The thread that the hot log knows is not there for this user: another user's, deleted, or lost. */
  async #tellMissing(
    scope: Scope,
    { view, seen, floor }: { view: HotView; seen: Stamp; floor: Stamp | null },
  ): Promise<void> {
    const { log, store, hot, floors, held } = this.#parts;
    const application: Scope = { ...scope, userId: null };
    const tail = await log.tail(application, null);
    if (tail.incarnation > 0) {
      const head = log.headFrom(application, null, tail);
      if (head !== null) void this.#tellHead(application, { head, known: null, tail, since: view.at, seen });
      return;
    }
    held.forget(scope);
    const deletion = await store.findDeletion(scope.threadId);
    const stamp: Stamp =
      deletion === null
        ? { incarnation: 0, version: 0, writeId: "" }
        : { incarnation: deletion.incarnation, version: DELETED, writeId: deletion.writeId };
    if (!isAtLeast(stamp, seen) || !isAbove(floor, stamp)) this.#reportRollback(scope);
    if (deletion !== null) floors.raise(scope, stamp);
    void hot.tell(scope, { stamp, owner: null, entries: [], after: null, since: view.at, seen });
  }
}

/** What was known before the store was asked, and it does not have any more. */
function isRollback({
  head,
  known,
  tail,
  seen,
  floor,
}: {
  head: NearCopy;
  known: NearCopy | null;
  tail: Tail;
  seen: Stamp | null;
  floor: Stamp | null;
}): boolean {
  const isForgotten = known !== null && known.stamp.incarnation === tail.incarnation && !tail.continues;
  return isForgotten || !isAbove(seen, head.stamp) || !isAbove(floor, head.stamp);
}

function isAbove(floor: Stamp | null, stamp: Stamp): boolean {
  return floor === null || isAtLeast(stamp, floor);
}

function newerOf(found: NearCopy | null, near: NearCopy | null): NearCopy | null {
  if (found === null || near === null) return found ?? near;
  return isAtLeast(found.stamp, near.stamp) ? found : near;
}

function mayAnswer(scope: Scope, copy: HotCopy, atLeast: Stamp | null): boolean {
  return isVisible(scope, copy.committed.owner) && (atLeast === null || isAtLeast(copy.end.stamp, atLeast));
}
