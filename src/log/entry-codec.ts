import { captureImmutable, freezeJson, isObject } from "../model/value.ts";
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

/** What a store kept → entry. Messages come back frozen, so that everybody can share them. */
export function decodeEntry(stored: StoredEntry): Entry {
  if (stored.kind === "clear" || stored.body === null) return { kind: "clear" };
  const tagged = isTagged(stored.body);
  return entryOf(stored.kind, reviveValue(JSON.parse(stored.body), tagged), tagged);
}

/** As {@link decodeEntry}, of a body that was parsed already and is nobody else's. */
export function decodeParsedEntry(kind: EntryKind, json: unknown, tagged: boolean): Entry {
  return kind === "clear" ? { kind } : entryOf(kind, reviveValue(json, tagged), tagged);
}

/** @param tagged - whether the value may hold what JSON does not have */
function entryOf(kind: "snapshot" | "delta", value: unknown, tagged: boolean): Entry {
  if (kind === "snapshot") return { kind, state: freezeContext(value as LogState, tagged) };
  return { kind, delta: freezeDelta(decodeDelta(value as WireDelta), tagged) };
}

/** Message → JSON text. */
export function encodeMessage(message: Message): string {
  return encodeValue(message);
}

/** JSON text → frozen message. */
export function decodeMessage(body: string): Message {
  const tagged = isTagged(body);
  const message = reviveValue(JSON.parse(body), tagged) as Message;
  return tagged ? captureImmutable(message, "message") : freezeJson(message);
}

/** A delta as it is written: splices as `[at, remove, items]`, keys short, because every turn pays for them. */
interface WireDelta {
  readonly set?: Record<string, unknown>;
  readonly del?: readonly string[];
  readonly splice?: Record<string, readonly [at: number, remove: number, items: readonly unknown[]]>;
}

/** Put together as text: the records of a delta have no prototype, which the codec would write down and JSON be slow with. */
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

function decodeDelta(wire: WireDelta): Delta {
  const delta: { -readonly [Key in keyof Delta]: Delta[Key] } = {};
  if (wire.set !== undefined) delta.set = wire.set;
  if (wire.del !== undefined) delta.remove = wire.del;
  if (wire.splice !== undefined) {
    delta.splice = Object.fromEntries(
      Object.entries(wire.splice).map(([key, [at, remove, items]]) => [key, { at, remove, items }]),
    );
  }
  return delta;
}

function freezeDelta(delta: Delta, tagged: boolean): Delta {
  if (delta.set !== undefined) freezeContext(delta.set, tagged);
  const items = delta.splice?.["context"]?.items;
  if (items !== undefined) freezeItems(items, tagged);
  return delta;
}

function freezeContext<T extends Readonly<Record<string, unknown>>>(state: T, tagged: boolean): T {
  const context = state["context"];
  if (Array.isArray(context)) freezeItems(context, tagged);
  return state;
}

/** Freezes an array's items in place: the array was made by the decoder a moment ago and is nobody else's. */
function freezeItems(items: readonly unknown[], tagged: boolean): void {
  const list = items as unknown[];
  for (const [index, item] of list.entries()) {
    if (isObject(item)) list[index] = tagged ? captureImmutable(item, "message") : freezeJson(item);
  }
}
