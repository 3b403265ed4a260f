import { decodeParsedEntry } from "../../log/entry-codec.ts";
import { DELETED, type HotEntry, type HotView, type KnownEnd, type SeenEntry } from "../../hot/hot-log.ts";
import type { AnyId } from "../../model/config.ts";
import { sameStamp, type Stamp } from "../../model/stamp.ts";
import type { Scope } from "../../stores/cold-store.ts";
import { entryOfState, foldOnto, type ThreadIdentity, weighed, type WeighedEntry } from "../folding.ts";
import { textOf } from "../hot-entries.ts";
import type { NearCopy } from "../near-cache.ts";

/** What a process holds of a state: a committed version, and the drafts that follow on it. */
export interface HotCopy {
  /** The newest version in it that is known to be committed. */
  readonly committed: NearCopy;
  /** What follows, in order; usually nothing. */
  readonly drafts: readonly HotEntry[];
  /** All of it folded; without drafts, `committed` itself. Its stamp is that of a version that may not be committed yet. */
  readonly end: NearCopy;
}

/** Whether a caller may see a thread of this owner; what is not known is no. */
export function isVisible(scope: Pick<Scope, "userId">, owner: AnyId | null | undefined): boolean {
  return scope.userId === null || scope.userId === owner;
}

/** A committed copy without drafts. */
export function withoutDrafts(committed: NearCopy): HotCopy {
  return { committed, drafts: [], end: committed };
}

/**
 * What a read shows, folded onto what the process held; null: it is not a chain that passes through the stamp, so it proves nothing. The
 * chain is checked entry by entry, because a log that is merely longer may be one that lost.
 *
 * @throws Error where an entry does not fit: the log is damaged
 */
export function foldView(view: HotView, held: HotCopy | null): HotCopy | null {
  const { head, entries, fromStart } = view;
  if (head === null || head.stamp.version === DELETED || (!fromStart && held === null)) return null;
  const begin = fromStart ? null : held;
  if (!isChain(entries, begin)) return null;
  const thread: ThreadIdentity = { incarnation: head.stamp.incarnation, owner: head.owner };
  const reached = begin === null ? null : committedUpTo(begin, head.stamp);
  if (reached !== null) return withDrafts(reached, view, thread);
  return foldThrough(placeOf(entries, head.stamp), { begin, view, thread });
}

/** What a view shows where the stamp is one of its entries, and what was held before it; null: it is none of them. */
function foldThrough(
  place: number,
  { begin, view, thread }: { begin: HotCopy | null; view: HotView; thread: ThreadIdentity },
): HotCopy | null {
  if (place < 0) return null;
  const texts = draftsFrom(view, place + 1);
  const committed = foldOnto(begin?.end ?? null, weighedEntries(view, 0, place + 1), thread);
  if (committed === null) return null;
  const end = foldOnto(committed, weighedEntries(view, place + 1), thread);
  return { committed, drafts: texts, end: end ?? committed };
}

function placeOf(entries: readonly KnownEnd[], { version, writeId }: Stamp): number {
  return entries.findIndex((entry) => entry.version === version && entry.writeId === writeId);
}

/** The drafts in a view that follow on a version which the cold store says is its head; empty: none do. */
export function draftsBehind(view: HotView, head: NearCopy): readonly SeenEntry[] {
  const place = placeOf(view.entries, head.stamp);
  if (place >= 0) return view.entries.slice(place + 1);
  return view.entries[0]?.after === head.stamp.writeId ? view.entries : [];
}

/** A committed copy with drafts that were seen behind it. @throws Error where they do not fit */
export function withSeenDrafts(committed: NearCopy, drafts: readonly SeenEntry[], tagged: boolean): HotCopy {
  const texts = drafts.map(textOf);
  const end = foldOnto(
    committed,
    drafts.map((entry) => toWeighed(entry, tagged)),
    identityOf(committed),
  );
  return { committed, drafts: texts, end: end ?? committed };
}

/** A copy of which more is committed by now; null: the stamp is none of it. @throws Error where a draft cannot be read */
export function committedUpTo(copy: HotCopy, stamp: Stamp): HotCopy | null {
  if (sameStamp(copy.committed.stamp, stamp)) return copy;
  if (sameStamp(copy.end.stamp, stamp)) return withoutDrafts(copy.end);
  const place = placeOf(copy.drafts, stamp);
  if (place < 0 || stamp.incarnation !== copy.committed.stamp.incarnation) return null;
  const now = copy.drafts.slice(0, place + 1).map(weighed);
  const committed = foldOnto(copy.committed, now, identityOf(copy.committed));
  return committed === null ? null : { committed, drafts: copy.drafts.slice(place + 1), end: copy.end };
}

/** A copy with the entries of a view that were seen behind it, as far as they stand on it. @throws Error where one cannot be read */
export function withNews(copy: HotCopy, view: HotView): HotCopy {
  return isChain(view.entries, copy) ? withDrafts(copy, view, identityOf(copy.committed)) : copy;
}

/** A copy with what was seen behind it. */
function withDrafts(held: HotCopy, view: HotView, thread: ThreadIdentity): HotCopy {
  if (view.entries.length === 0) return held;
  const texts = draftsFrom(view, 0);
  const end = foldOnto(held.end, weighedEntries(view, 0), thread);
  return { committed: held.committed, drafts: [...held.drafts, ...texts], end: end ?? held.end };
}

function isChain(entries: readonly SeenEntry[], begin: HotCopy | null): boolean {
  let last = begin?.end.stamp.writeId;
  for (const entry of entries) {
    if (entry.after !== last && (entry.kind === "delta" || last !== undefined)) return false;
    last = entry.writeId;
  }
  return true;
}

/** As texts, before decoding changes the parsed bodies in place. */
function draftsFrom(view: HotView, from: number): HotEntry[] {
  return view.entries.slice(from).map(textOf);
}

function weighedEntries(view: HotView, from: number, end?: number): WeighedEntry[] {
  return view.entries.slice(from, end).map((entry) => toWeighed(entry, view.tagged));
}

function toWeighed({ kind, json, version, writeId, bytes }: SeenEntry, tagged: boolean): WeighedEntry {
  return { entry: entryOfState(decodeParsedEntry(kind, json, tagged)), version, writeId, bytes };
}

function identityOf(copy: NearCopy): ThreadIdentity {
  return { incarnation: copy.stamp.incarnation, owner: copy.owner };
}
