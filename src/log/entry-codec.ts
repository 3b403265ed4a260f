import { captureImmutable, freezeJson, isRecord } from "../model/value.ts";
import type { Message } from "../model/message.ts";
import type { Delta, Entry, EntryKind, LogState, Splice, StoredEntry } from "./entry.ts";
import { encodeRecord, encodeValue, isTagged, reviveValue } from "./value-codec.ts";

/** Entry → what a store keeps. */
export function encodeEntry(entry: Entry): StoredEntry {
  switch (entry.kind) {
    case "clear":
      return { kind: "clear", body: null };
    case "snapshot":
      return { kind: "snapshot", body: encodeValue(entry.state) };
    case "delta":
      return { kind: "delta", body: deltaText(entry.delta) };
  }
}

/**
 * What a store kept → entry. Messages come back frozen, so that everybody can share them.
 * @throws Error where the body is none of ours: what is no state must never be folded into one
 */
export function decodeEntry(stored: StoredEntry): Entry {
  if (stored.kind === "clear") return { kind: "clear" };
  if (stored.body === null) throw new TypeError("a stored entry has no body");
  const tagged = isTagged(stored.body);
  return entryOf(stored.kind, reviveValue(JSON.parse(stored.body), tagged), tagged);
}

/** As {@link decodeEntry}, of a body that was parsed already and is nobody else's. */
export function decodeParsedEntry(kind: EntryKind, json: unknown, tagged: boolean): Entry {
  return kind === "clear" ? { kind } : entryOf(kind, reviveValue(json, tagged), tagged);
}

/** @param tagged - whether the value may hold what JSON does not have */
function entryOf(kind: "snapshot" | "delta", value: unknown, tagged: boolean): Entry {
  if (kind === "snapshot") return { kind, state: freezeContext(recordIn(value), tagged) };
  return { kind, delta: freezeDelta(decodeDelta(recordIn(value)), tagged) };
}

/** Message → JSON text. */
export function encodeMessage(message: Message): string {
  return encodeValue(message);
}

/** JSON text → frozen message. @throws Error where the text is none of ours */
export function decodeMessage(body: string): Message {
  const tagged = isTagged(body);
  return frozenMessage(reviveValue(JSON.parse(body), tagged), tagged);
}

/**
 * A delta as it is written: splices as `[at, remove, items]`, keys short, because every turn pays for them. Put together as text: the
 * records of a delta have no prototype, which the codec would write down and JSON be slow with.
 */
function deltaText({ set, remove, splice }: Delta): string {
  const parts: string[] = [];
  if (set !== undefined) parts.push(`"set":${encodeRecord(set, encodeValue)}`);
  if (remove !== undefined) parts.push(`"del":${encodeValue(remove)}`);
  if (splice !== undefined) parts.push(`"splice":${encodeRecord(splice, spliceText)}`);
  return `{${parts.join(",")}}`;
}

function spliceText({ at, remove, items }: Splice): string {
  return `[${at},${remove},${encodeValue(items)}]`;
}

function decodeDelta({ set, del, splice }: LogState): Delta {
  const delta: { -readonly [Key in keyof Delta]: Delta[Key] } = {};
  if (set !== undefined) delta.set = recordIn(set);
  if (del !== undefined) delta.remove = listIn(del).map(textIn);
  if (splice !== undefined) {
    const splices = Object.entries(recordIn(splice)).map(([key, wire]) => [key, decodeSplice(listIn(wire))] as const);
    delta.splice = Object.fromEntries(splices);
  }
  return delta;
}

function decodeSplice([at, remove, items]: readonly unknown[]): Splice {
  return { at: placeIn(at), remove: placeIn(remove), items: listIn(items) };
}

function freezeDelta(delta: Delta, tagged: boolean): Delta {
  if (delta.set !== undefined) freezeContext(delta.set, tagged);
  const items = delta.splice?.["context"]?.items;
  if (items !== undefined) freezeItems(items, tagged);
  return delta;
}

function freezeContext<T extends Readonly<Record<string, unknown>>>(state: T, tagged: boolean): T {
  if (Object.hasOwn(state, "context")) freezeItems(listIn(state["context"]), tagged);
  return state;
}

/** Freezes an array's items in place: the array was made by the decoder a moment ago and is nobody else's. */
function freezeItems(items: readonly unknown[], tagged: boolean): void {
  const list = items as unknown[];
  for (const [index, item] of list.entries()) list[index] = frozenMessage(item, tagged);
}

function frozenMessage(value: unknown, tagged: boolean): Message {
  const message = recordIn(value) as unknown as Message;
  return tagged ? captureImmutable(message, "message") : freezeJson(message);
}

// Somebody else may have written the row, or a cache's entry: what holds anything else is damage.

function recordIn(value: unknown): LogState {
  if (isRecord(value)) return value;
  throw new TypeError("a stored entry holds something else than a record");
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("a stored entry holds something else than a list");
}

function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("a stored entry holds something else than a text");
}

function placeIn(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError("a stored entry holds something else than a place");
}
