import type { HotEntry, SeenEntry } from "../hot/hot-log.ts";
import { encodeEntry } from "../log/entry-codec.ts";
import type { Stamp } from "../model/stamp.ts";
import type { Tail } from "../stores/cold-store.ts";
import type { NearCopy } from "./near-cache.ts";
import type { NextEntry } from "./next-entry.ts";

// Entries as a hot log keeps them, made of what else there is.

/** An entry behind a stamp. */
export function hotEntry(next: NextEntry, base: Stamp | null, writeId: string, metadata?: string): HotEntry {
  const { kind, body } = next.stored;
  return { version: (base?.version ?? 0) + 1, writeId, after: base?.writeId ?? "", kind, body, metadata };
}

/** A tail behind a write id; `""`: behind nothing. */
export function hotEntriesOf(tail: Tail, behind: string): HotEntry[] {
  let after = behind;
  return tail.entries.map(({ version, writeId, kind, body }) => {
    const entry: HotEntry = { version, writeId, after, kind, body };
    after = writeId;
    return entry;
  });
}

/** A head as a log of one entry. */
export function wholeEntry(head: NearCopy): HotEntry {
  const { version, writeId } = head.stamp;
  const { kind, body } = encodeEntry(head.state === null ? { kind: "clear" } : { kind: "snapshot", state: head.state });
  return { version, writeId, after: "", kind, body };
}

/** What a read shows, as it was given. To be called before decoding changes the parsed body in place. */
export function textOf({ version, writeId, after, kind, json, metadata }: SeenEntry): HotEntry {
  return { version, writeId, after, kind, body: kind === "clear" ? null : JSON.stringify(json), metadata };
}

/** The entries of a chain that the cold store does not have: those behind the last one that is in a tail of it. */
export function openBehind(tail: Tail, chain: readonly HotEntry[]): readonly HotEntry[] {
  const there = new Set(tail.entries.map(({ writeId }) => writeId));
  return chain.slice(chain.findLastIndex(({ writeId }) => there.has(writeId)) + 1);
}
