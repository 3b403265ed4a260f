import type { Delta, Entry, LogState } from "../log/entry.ts";
import { diff } from "../log/diff.ts";
import { encodeEntry } from "../log/entry-codec.ts";
import type { StoredEntry } from "../log/entry.ts";
import { shouldSnapshot } from "../log/snapshot-policy.ts";
import { encodeValue } from "../log/value-codec.ts";
import type { NearCopy } from "./near-cache.ts";

/** An entry to be written, and the sizes that the log has with it. */
export interface NextEntry extends Pick<NearCopy, "logBytes" | "liveBytes"> {
  /** As the store keeps it. */
  readonly stored: StoredEntry;
}

/** The cheapest entry that leads from a head to a state: a delta, or a snapshot where the log has become too long to read. */
export function nextEntry(head: NearCopy | null, state: LogState): NextEntry {
  if (head === null || head.state === null) return snapshotOf(state);
  const delta = diff(head.state, state) ?? {};
  const stored = encodeEntry({ kind: "delta", delta });
  const bytes = bytesOf(stored.body);
  const logBytes = head.logBytes + bytes;
  const before = head.liveBytes ?? bytesOf(encodeValue(head.state));
  const liveBytes = liveBytesWith(head.state, before, { kind: "delta", delta }, bytes);
  return shouldSnapshot(logBytes, liveBytes) ? snapshotOf(state) : { stored, logBytes, liveBytes };
}

/** The entry that ends a state. */
export function clearEntry(): NextEntry {
  const entry: Entry = { kind: "clear" };
  return { stored: encodeEntry(entry), logBytes: 0, liveBytes: 0 };
}

function snapshotOf(state: LogState): NextEntry {
  const stored = encodeEntry({ kind: "snapshot", state });
  const bytes = bytesOf(stored.body);
  return { stored, logBytes: bytes, liveBytes: bytes };
}

/** What is alive once an entry of so many bytes has followed on a state of which so many bytes were alive. */
export function liveBytesWith(state: LogState | null, liveBytes: number, entry: Entry, entryBytes: number): number {
  if (entry.kind !== "delta" || state === null) return entryBytes;
  return Math.max(0, liveBytes + entryBytes - replacedBytes(state, entry.delta));
}

/** What a delta makes dead. Only what it replaces is measured: the cost follows the turn, not the conversation. */
function replacedBytes(state: LogState, delta: Delta): number {
  let bytes = 0;
  for (const key of [...Object.keys(delta.set ?? {}), ...(delta.remove ?? [])]) {
    if (Object.hasOwn(state, key)) bytes += bytesOf(encodeValue(state[key]));
  }
  for (const [key, { at, remove }] of Object.entries(delta.splice ?? {})) {
    if (remove > 0) bytes += bytesOf(encodeValue((state[key] as readonly unknown[]).slice(at, at + remove)));
  }
  return bytes;
}

/** Bytes of UTF-8. */
export function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}
