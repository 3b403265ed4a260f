import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { HotEntry, HotHead, HotInstant, HotKey, HotLog, HotNews, HotView, KnownEnd } from "../../hot/hot-log.ts";
import type { Stamp } from "../../index.ts";
import { unique } from "../sample.ts";

/** As old as knowledge may be where age does not matter: an hour. */
export const ANY_AGE_MS = 3_600_000;

/** A thread that nobody else has. */
export function newKey(namespace = ""): HotKey {
  return { threadId: unique("thread"), namespace };
}

/** A version that stands on nothing. */
export function snapshot(version = 1, body: unknown = { version }): HotEntry {
  return { version, writeId: randomUUID(), after: "", kind: "snapshot", body: JSON.stringify(body) };
}

/** A version that clears the state. */
export function clear(version = 1, after = ""): HotEntry {
  return { version, writeId: randomUUID(), after, kind: "clear", body: null };
}

/** The next version. */
export function delta(base: KnownEnd, body: unknown = { set: { on: base.version } }): HotEntry {
  const { version, writeId } = base;
  return { version: version + 1, writeId: randomUUID(), after: writeId, kind: "delta", body: JSON.stringify(body) };
}

/** A snapshot and the versions that follow on it, so many in all. */
export function chain(count: number, first: HotEntry = snapshot()): readonly [HotEntry, ...HotEntry[]] {
  const entries: [HotEntry, ...HotEntry[]] = [first];
  let last = first;
  while (entries.length < count) {
    last = delta(last);
    entries.push(last);
  }
  return entries;
}

/** The last of some entries, of which there must be one. */
export function lastOf(entries: readonly HotEntry[]): HotEntry {
  const last = entries.at(-1);
  assert.ok(last !== undefined, "there are no entries");
  return last;
}

/** What a committed version is known by. */
export function stampOf({ version, writeId }: KnownEnd, incarnation = 1): Stamp {
  return { incarnation, version, writeId };
}

/** News of a whole log. */
export function whole(entries: readonly HotEntry[], more: Partial<HotNews> = {}): HotNews {
  return { stamp: stampOf(lastOf(entries)), owner: null, entries, after: null, since: null, seen: null, ...more };
}

/** News of what follows on a version. */
export function following(base: KnownEnd, entries: readonly HotEntry[], more: Partial<HotNews> = {}): HotNews {
  return { ...whole(entries), after: base.writeId, ...more };
}

/** News of a stamp that nothing leads to: there is no state, or no thread. */
export function nothing(stamp: Stamp, more: Partial<HotNews> = {}): HotNews {
  return { stamp, owner: null, entries: [], after: null, since: null, seen: null, ...more };
}

/** The hot log's time, and who tells it. */
export async function timeOf(hotLog: HotLog, key: HotKey): Promise<HotInstant> {
  return (await hotLog.read(key, null, 0)).at;
}

/** A moment before or after another one. */
export function moved({ atMs, by }: HotInstant, ms: number): HotInstant {
  return { atMs: atMs + ms, by };
}

/** All that is there of a thread. */
export function all(hotLog: HotLog, key: HotKey): Promise<HotView> {
  return hotLog.read(key, null, ANY_AGE_MS);
}

/** The head, which must be there. */
export async function headOf(hotLog: HotLog, key: HotKey): Promise<HotHead> {
  const { head } = await all(hotLog, key);
  assert.ok(head !== null, "there is no head");
  return head;
}

/** The write ids of the log. */
async function writeIds(hotLog: HotLog, key: HotKey): Promise<readonly string[]> {
  const { entries, fromStart } = await all(hotLog, key);
  assert.equal(fromStart, true);
  return entries.map(({ writeId }) => writeId);
}

/** The log holds exactly these entries. */
export async function holds(hotLog: HotLog, key: HotKey, entries: readonly HotEntry[]): Promise<void> {
  assert.deepEqual(
    await writeIds(hotLog, key),
    entries.map(({ writeId }) => writeId),
  );
}

/** Whether somebody who holds this end is told that it is current. */
export async function isCurrent(
  hotLog: HotLog,
  key: HotKey,
  known: KnownEnd,
  maxAgeMs: number = ANY_AGE_MS,
): Promise<boolean> {
  return (await hotLog.read(key, known, maxAgeMs)).current;
}

/** Whether a thread is listed among those with drafts. */
export async function isListed(hotLog: HotLog, { threadId, namespace }: HotKey): Promise<boolean> {
  const listed = await hotLog.drafts(0, 1_000_000);
  return listed.some((key) => key.threadId === threadId && key.namespace === namespace);
}
