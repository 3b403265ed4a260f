import { decodeEntry } from "../log/entry-codec.ts";
import type { Entry } from "../log/entry.ts";
import { fold, foldAll } from "../log/fold.ts";
import type { AnyId } from "../model/config.ts";
import type { Stamp } from "../model/stamp.ts";
import type { VersionEntry } from "../stores/cold-store.ts";
import type { NearCopy } from "./near-cache.ts";
import { bytesOf, liveBytesWith } from "./next-entry.ts";

/** An entry that can be folded, with what it weighs in the log. */
export interface WeighedEntry {
  /** The entry, decoded. */
  readonly entry: Entry;
  /** 1, 2, 3 … */
  readonly version: number;
  /** The id of the write that made it. */
  readonly writeId: string;
  /** Bytes of its body. */
  readonly bytes: number;
}

/** Which life of a thread, and whose. */
export interface ThreadIdentity {
  /** Which life. */
  readonly incarnation: number;
  /** Whose; undefined: not known. */
  readonly owner: AnyId | null | undefined;
}

/** Longer tails are left to be measured when somebody writes. */
const MEASURED_ENTRIES = 8;

/** What a cold store keeps → what can be folded. @throws Error where the body is damaged */
export function weighed(stored: VersionEntry): WeighedEntry {
  const { version, writeId, body } = stored;
  return { entry: entryOfState(decodeEntry(stored)), version, writeId, bytes: bytesOf(body) };
}

/** Whoever can write to a table or a cache can write what looks like an entry. @throws Error where it would make a state without a context */
export function entryOfState(entry: Entry): Entry {
  const leavesNoContext =
    (entry.kind === "snapshot" && !Object.hasOwn(entry.state, "context")) ||
    (entry.kind === "delta" && entry.delta.remove?.includes("context") === true);
  if (leavesNoContext) throw new TypeError("a stored entry makes a state without a context");
  return entry;
}

/** A copy with entries folded onto it; null where there is neither. The copy given stays as it is. @throws Error where they do not fit */
export function foldOnto(
  copy: NearCopy | null,
  entries: readonly WeighedEntry[],
  thread: ThreadIdentity,
): NearCopy | null {
  const last = entries.at(-1);
  if (last === undefined) return copy;
  const stamp: Stamp = { incarnation: thread.incarnation, version: last.version, writeId: last.writeId };
  const state = foldAll(
    copy?.state ?? null,
    entries.map(({ entry }) => entry),
  );
  const liveBytes = copy === null ? undefined : liveBytesAfter(copy, entries);
  return { stamp, owner: thread.owner, state, logBytes: logBytesAfter(copy?.logBytes ?? 0, entries), liveBytes };
}

/** What is alive after a short tail, so that two processes that take turns on a long conversation never measure it anew. */
function liveBytesAfter(copy: NearCopy, entries: readonly WeighedEntry[]): number | undefined {
  if (copy.liveBytes === undefined || entries.length > MEASURED_ENTRIES) return undefined;
  let { state } = copy;
  let bytes = copy.liveBytes;
  for (const item of entries) {
    bytes = liveBytesWith(state, bytes, item.entry, item.bytes);
    state = fold(state, item.entry);
  }
  return bytes;
}

function logBytesAfter(before: number, entries: readonly WeighedEntry[]): number {
  let bytes = before;
  for (const item of entries) bytes = (item.entry.kind === "delta" ? bytes : 0) + item.bytes;
  return bytes;
}
