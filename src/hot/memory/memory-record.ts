import type { AnyId } from "../../model/config.ts";
import type { Stamp } from "../../model/stamp.ts";
import type { HotEntry, HotInstant, KnownEnd } from "../hot-log.ts";

/** What is there of one thread's namespace: its head and its log. */
export interface MemoryRecord {
  /** The newest committed version that anybody told of; null: nobody has. */
  stamp: Stamp | null;
  /** The thread's owner. */
  owner: AnyId | null;
  /** When the stamp was known to be the head. */
  known: HotInstant;
  /** The latest deadline of a mark that was not cleared; 0: none. It may have passed. */
  pendingMs: number;
  /** What clearing the newest mark leaves: the latest deadline of other writers' marks. */
  othersMs: number;
  /** Who made the newest mark, and may clear it; empty: it was cleared. */
  writer: string;
  /** What a reader must hold to be current; null: nothing will do. As the record was last written. */
  end: KnownEnd | null;
  /** The entries, in order. */
  log: readonly HotEntry[];
  /** When the first draft came, on the hot log's clock, or until when it is held; null: there are none. */
  firstDraftMs: number | null;
}

/** Never: no deadline, and no comparison, takes it for a moment that counts. */
export const NEVER: HotInstant = { atMs: Number.NEGATIVE_INFINITY, by: "" };

/** A record of nothing. */
export function emptyRecord(): MemoryRecord {
  return {
    stamp: null,
    owner: null,
    known: NEVER,
    pendingMs: 0,
    othersMs: 0,
    writer: "",
    end: null,
    log: [],
    firstDraftMs: null,
  };
}

/** Whether two ends are the same version of the same history. */
export function sameEnd(one: KnownEnd | null | undefined, other: KnownEnd | null | undefined): boolean {
  return one?.version === other?.version && one?.writeId === other?.writeId;
}

/** Whether a log contains a version under this very write id. */
export function contains(log: readonly HotEntry[], end: KnownEnd): boolean {
  return log.some((entry) => sameEnd(entry, end));
}

/** Whether there are entries that the stamp does not cover. */
export function hasDrafts({ log, stamp }: MemoryRecord): boolean {
  return log.length > 1 && !sameEnd(log.at(-1), stamp);
}

/** Where a record ends: with its last entry, or where there is none, with its stamp. */
export function endOf({ log, stamp }: MemoryRecord): KnownEnd | null {
  return log.at(-1) ?? stamp;
}

/** What every change ends with: whether there are drafts, and what a reader must hold to be current. */
export function settle(record: MemoryRecord, nowMs: number): void {
  const { log, stamp } = record;
  record.firstDraftMs = hasDrafts(record) ? (record.firstDraftMs ?? nowMs) : null;
  const isReached = stamp !== null && (log.length === 0 || contains(log, stamp));
  record.end = isReached ? endOf(record) : null;
}

/** Marks that a commit may be under way; see `HotLog.mark`. */
export function mark(record: MemoryRecord, writeId: string, deadlineMs: number): void {
  // Of two writers, one cannot know the other's outcome: clearing the newer mark leads back to the older deadline.
  if (record.writer !== writeId) record.othersMs = record.pendingMs;
  record.writer = writeId;
  record.pendingMs = Math.max(record.pendingMs, deadlineMs);
}

/** Clears the newest mark, if this write made it. */
export function unmark(record: MemoryRecord, writeId: string): void {
  if (record.writer !== writeId || writeId === "") return;
  record.pendingMs = record.othersMs;
  record.writer = "";
}
