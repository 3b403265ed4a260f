import type { Stamp } from "../../model/stamp.ts";
import type { ColdStore, Scope, Tail } from "../../stores/cold-store.ts";
import { DELETED, type HotEntry, type HotKey, type HotView, type KnownEnd, type SeenEntry } from "../../hot/hot-log.ts";
import type { CallScope } from "../call-scope.ts";
import { weighed } from "../folding.ts";
import { hotEntriesOf, openBehind, textOf } from "../hot-entries.ts";
import type { StateLog } from "../state-log.ts";
import { noParts } from "../state-turn.ts";
import { DraftSaves, type StrandedDrafts } from "./draft-saves.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import type { HeldCopies } from "./held-copies.ts";
import type { HotEvents } from "./hot-events.ts";

/** What flushing works with. */
export interface DraftFlushParts {
  /** The truth. */
  readonly store: ColdStore;
  /** Commits versions. */
  readonly log: StateLog;
  /** Where the drafts are. */
  readonly hot: GuardedHotLog;
  /** What this process holds: its own drafts are there even if the hot log is away. */
  readonly held: HeldCopies;
  /** Where conflicts are reported. */
  readonly events: HotEvents;
}

/** How often a log is looked at again before it is left to the next flush: each time, somebody else was at work on it. */
const ROUNDS = 20;

/**
 * Commits the drafts of one log. Needs no lock: any number may flush the same log, since each draft keeps its version and its write id, and
 * whoever comes second finds what the first has written.
 */
export class DraftFlush {
  readonly #parts: DraftFlushParts;
  readonly #saves: DraftSaves;

  constructor(parts: DraftFlushParts) {
    this.#parts = parts;
    this.#saves = new DraftSaves(parts);
  }

  /**
   * Flushes a log; true: there are no drafts in it any more.
   * @param runId - the run that begins with the newest draft; null: none does, and the thread's run stays what it is
   * @throws what the cold store failed with
   */
  async flush(key: HotKey, runId: string | null): Promise<boolean> {
    const scope: CallScope = { threadId: key.threadId, namespace: key.namespace, userId: null, runId, lease: null };
    for (let round = 0; round < ROUNDS; round++) {
      const view = await this.#parts.hot.read(key, null, 0);
      if (view === undefined) {
        // Perhaps for good. What is committed now is recognised in it later; so the log is not done with.
        await this.#commitHeld(scope);
        return false;
      }
      // All behind the first entry, not only what is past the stamp: a stamp that rose over a lost chain hides its beginning.
      const chain = view.entries.slice(1).map(textOf);
      const [first] = view.entries;
      if (first === undefined || chain.length === 0 || isSettled(view)) return await this.#commitLost(scope, view);
      if (!(await this.#step(scope, view, first, chain))) return false;
    }
    return false;
  }

  /** There are no drafts in the log; but those that this process holds may be missing there, because it was emptied. */
  async #commitLost(scope: CallScope, view: HotView): Promise<boolean> {
    const copy = this.#parts.held.get(scope);
    if (copy === null || view.entries.some(({ writeId }) => writeId === copy.end.stamp.writeId)) return true;
    return await this.#commitHeld(scope);
  }

  /** The drafts that this process holds; false: somebody else built on what they stand on, and they cannot be saved. */
  async #commitHeld(scope: CallScope): Promise<boolean> {
    const { held, log } = this.#parts;
    const copy = held.get(scope);
    if (copy === null || copy.drafts.length === 0) return true;
    const { committed, drafts } = copy;
    const outcome = await log.commitChain(scope, { base: committed.stamp, entries: drafts }, noParts);
    if (!("actual" in outcome)) return true;
    const open = openBehind(await log.tail(scope, committed.stamp), drafts);
    // Whoever found them in the log before it was emptied has saved them already.
    const isSaved =
      (await this.#saves.areSaved(scope, open)) ||
      (await this.#saves.save(scope, { whole: drafts, open, incarnation: null }));
    if (isSaved) held.giveUp(scope, copy.end.stamp);
    return isSaved;
  }

  /** One step; after each, everything is asked again. False: nothing more can be done. */
  async #step(scope: CallScope, view: HotView, first: SeenEntry, chain: readonly HotEntry[]): Promise<boolean> {
    const { log } = this.#parts;
    const anchor = { version: first.version, writeId: first.writeId };
    const incarnation = view.head?.stamp.incarnation ?? (await log.tail(scope, null)).incarnation;
    const tail = await log.tail(scope, { incarnation, ...anchor });
    if (tail.incarnation === 0 || tail.incarnation !== incarnation) {
      return await this.#drop(scope, view, { incarnation, isThere: tail.incarnation > 0 });
    }
    const open = openBehind(tail, chain);
    const { version, writeId } = tail.entries.at(-1) ?? first;
    const head: Stamp = { incarnation, version, writeId };
    if (tail.continues && open.length === 0) return await this.#tell(scope, view, { tail, head, first });
    const drafts = { whole: [textOf(first), ...chain], open: open.length > 0 ? open : chain };
    return await this.#bring(scope, view, { tail, head, drafts });
  }

  /** Brings drafts to the cold store: behind its head, if they stand on it; else to a thread of their own. */
  async #bring(
    scope: CallScope,
    view: HotView,
    {
      tail,
      head,
      drafts,
    }: { readonly tail: Tail; readonly head: Stamp; readonly drafts: Omit<StrandedDrafts, "incarnation"> },
  ): Promise<boolean> {
    const { log, events } = this.#parts;
    const { whole, open } = drafts;
    if (!open.every(isReadable)) {
      // Somebody else's work: nothing that would make the thread unreadable gets into it.
      events.report("damaged", { threadId: String(scope.threadId) });
      return this.#saves.leave(scope, whole.at(-1)?.writeId ?? "");
    }
    if (tail.continues && open[0]?.after === head.writeId) {
      await log.commitChain(scope, { base: head, entries: open }, noParts);
      return true;
    }
    // Somebody else built on what they stand on, or it is lost.
    return await this.#saves.save(scope, {
      ...drafts,
      incarnation: this.#isOfLife(scope, view, tail) ? tail.incarnation : null,
    });
  }

  /** Whether it is known that a log is of the thread that the cold store has: not of one that had its id before, which may have been somebody else's. */
  #isOfLife(scope: Scope, view: HotView, { incarnation, owner }: Tail): boolean {
    const isInLog = (end: KnownEnd): boolean =>
      view.entries.some(({ version, writeId }) => version === end.version && writeId === end.writeId);
    const held = this.#parts.held.get(scope);
    const heads = [view.head, held === null ? null : { stamp: held.end.stamp, owner: held.committed.owner }];
    const known = heads.filter((head) => head !== null && isInLog(head.stamp));
    return known.some((head) => head?.stamp.incarnation === incarnation && head.owner === owner);
  }

  /** The cold store has all of them. */
  async #tell(
    scope: Scope,
    view: HotView,
    { tail, head, first }: { readonly tail: Tail; readonly head: Stamp; readonly first: SeenEntry },
  ): Promise<true> {
    const news = { stamp: head, owner: tail.owner, entries: hotEntriesOf(tail, first.writeId), after: first.writeId };
    await this.#parts.hot.tell(scope, { ...news, since: view.at, seen: view.head?.stamp ?? null });
    return true;
  }

  /** The thread was deleted: nothing of it comes back. Where it is gone without that, it is lost, and its drafts stay where they are. */
  async #drop(
    scope: Scope,
    view: HotView,
    { incarnation, isThere }: { readonly incarnation: number; readonly isThere: boolean },
  ): Promise<boolean> {
    const deletion = await this.#parts.store.findDeletion(scope.threadId);
    if (deletion === null && !isThere) return this.#saves.leave(scope, view.entries.at(-1)?.writeId ?? "");
    const writeId = deletion?.incarnation === incarnation ? deletion.writeId : "";
    const stamp: Stamp = { incarnation, version: DELETED, writeId };
    await this.#parts.hot.tell(scope, { stamp, owner: null, entries: [], after: null, since: view.at, seen: null });
    return true;
  }
}

/** The last entry is the stamp: everything is committed. */
function isSettled(view: HotView): boolean {
  const last = view.entries.at(-1);
  const stamp = view.head?.stamp;
  return last !== undefined && stamp?.version === last.version && stamp.writeId === last.writeId;
}

function isReadable(entry: HotEntry): boolean {
  try {
    weighed(entry);
    return true;
  } catch {
    return false;
  }
}
