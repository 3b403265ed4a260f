import { isObject, setOwn } from "../model/value.ts";

/**
 * Values that JSON does not have are written as `{"$": <kind>, "v": …}`; a user's own object that has a key `$` is written as
 * kind `object`, so nothing that a user stores can be taken for one. The kinds are a closed list of data types: nothing stored can
 * name a class, a module or a constructor.
 */
const TAG = "$";

/**
 * Where the text is going. `json` columns keep `\u0000` and lone surrogates as they are written; `jsonb` refuses both, so for it
 * such strings are tagged too.
 */
export type JsonTarget = "json" | "jsonb";

/** Captured value → JSON text. It never fails on what `captureValue` let through. */
export function encodeValue(value: unknown, target: JsonTarget = "json"): string {
  return JSON.stringify(toJson(value, target));
}

/** A record whose values have a text of their own → JSON text, as `encodeValue` would write it. */
export function encodeRecord<T>(record: Readonly<Record<string, T>>, encode: (value: T) => string): string {
  const pairs = Object.keys(record).map((key) => [JSON.stringify(key), encode(record[key] as T)] as const); // own keys
  if (!Object.hasOwn(record, TAG)) return `{${pairs.map(([key, text]) => `${key}:${text}`).join(",")}}`;
  return `{"${TAG}":"object","v":[${pairs.map(([key, text]) => `[${key},${text}]`).join(",")}]}`;
}

/** JSON text → value. Objects are plain and new. */
export function decodeValue(text: string): unknown {
  return reviveValue(JSON.parse(text), isTagged(text));
}

/** Whether a JSON text may hold a tag. The native search is far cheaper than a walk that finds nothing to revive. */
export function isTagged(text: string): boolean {
  return text.includes(`"${TAG}"`);
}

/**
 * Parsed JSON, which is nobody else's → value.
 * @param tagged - whether the text that it was parsed from, or one that contains it, may hold a tag
 */
export function reviveValue(json: unknown, tagged: boolean): unknown {
  return tagged ? fromJson(json) : json;
}

/** Whether an object of parsed JSON stands for a value that JSON does not have; a user's own record never has such a key here. */
export function isTag(json: object): boolean {
  return Object.hasOwn(json, TAG);
}

/** Answers the value itself wherever nothing in it needs a tag: most states are copied by nobody. */
function toJson(value: unknown, target: JsonTarget): unknown {
  switch (typeof value) {
    case "string":
      return target === "jsonb" && hasUnstorable(value) ? tag("text", utf16ToHex(value)) : value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tag("number", numberName(value));
    case "bigint":
      return tag("bigint", value.toString());
    case "undefined":
      return tag("undefined", 0);
    default:
      return isObject(value) ? objectToJson(value, target) : value;
  }
}

function objectToJson(value: object, target: JsonTarget): unknown {
  if (Array.isArray(value)) return listToJson(value, target);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return recordToJson(value as Record<string, unknown>, target);
  if (prototype === null) return tag("bare", entriesToJson(value as Record<string, unknown>, target));
  if (value instanceof Date) return tag("date", Number.isNaN(value.getTime()) ? null : value.getTime());
  if (value instanceof Map) {
    const items = [...(value as ReadonlyMap<unknown, unknown>)];
    return tag("map", listToJson(items, target));
  }
  if (value instanceof Set) return tag("set", listToJson([...(value as ReadonlySet<unknown>)], target));
  if (value instanceof URL) return tag("url", toJson(value.href, target));
  if (value instanceof RegExp) return tag("regexp", [toJson(value.source, target), value.flags]);
  const bytes = value as Uint8Array;
  return tag(bytes instanceof Buffer ? "buffer" : "bytes", Buffer.from(bytes).toString("base64"));
}

function listToJson(list: readonly unknown[], target: JsonTarget): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const json = toJson(list[index], target);
    if (json !== list[index] && copy === undefined) copy = list.slice(0, index);
    copy?.push(json);
  }
  return copy ?? list;
}

function recordToJson(record: Record<string, unknown>, target: JsonTarget): unknown {
  let copy: Record<string, unknown> | undefined;
  const keys = Object.keys(record);
  for (const key of keys) {
    if (key === TAG || (target === "jsonb" && hasUnstorable(key))) return tag("object", entriesToJson(record, target));
    const json = toJson(record[key], target);
    if (json !== record[key] && copy === undefined) copy = copyUpTo(record, keys, key);
    if (copy !== undefined) setOwn(copy, key, json);
  }
  return copy ?? record;
}

function copyUpTo(record: Record<string, unknown>, keys: readonly string[], end: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    if (key === end) break;
    setOwn(copy, key, record[key]);
  }
  return copy;
}

function entriesToJson(record: Record<string, unknown>, target: JsonTarget): unknown {
  return Object.keys(record).map((key) => [toJson(key, target), toJson(record[key], target)]);
}

function tag(kind: string, v: unknown): unknown {
  return { [TAG]: kind, v };
}

function numberName(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function hasUnstorable(text: string): boolean {
  return /[\0\p{Surrogate}]/u.test(text);
}

/** Four digits a code unit. As bytes, because letter by letter a text of 10 MB would stop the process for seconds. */
function utf16ToHex(text: string): string {
  return Buffer.from(text, "utf16le").swap16().toString("hex");
}

function hexToUtf16(hex: string): string {
  return Buffer.from(hex, "hex").swap16().toString("utf16le");
}

function fromJson(json: unknown): unknown {
  if (!isObject(json)) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const record = json as Record<string, unknown>;
  if (isTag(record)) return revive(record[TAG], record["v"]);
  for (const key of Object.keys(record)) setOwn(record, key, fromJson(record[key]));
  return record;
}

function revive(kind: unknown, v: unknown): unknown {
  switch (kind) {
    case "text":
      return hexToUtf16(textIn(v));
    case "number":
      return Number(textIn(v));
    case "bigint":
      return BigInt(textIn(v));
    case "undefined":
      return undefined;
    case "date":
      return new Date(v === null ? Number.NaN : numberIn(v));
    case "bytes":
      return new Uint8Array(Buffer.from(textIn(v), "base64"));
    case "buffer":
      return Buffer.from(textIn(v), "base64");
    default:
      return reviveOuter(kind, fromJson(v));
  }
}

/** The kinds that hold values which may be tagged themselves; `inner` is revived already. */
function reviveOuter(kind: unknown, inner: unknown): unknown {
  switch (kind) {
    case "map":
      return new Map(listIn(inner) as readonly [unknown, unknown][]);
    case "set":
      return new Set(listIn(inner));
    case "url":
      return new URL(textIn(inner));
    case "regexp":
      return reviveRegExp(listIn(inner) as readonly [string, string]);
    case "object":
      return reviveEntries(listIn(inner) as readonly [string, unknown][], {});
    case "bare":
      return reviveEntries(
        listIn(inner) as readonly [string, unknown][],
        Object.create(null) as Record<string, unknown>,
      );
    default:
      throw new Error("a stored value has a tag that this version does not know");
  }
}

// Somebody else may have written the row: a tag with anything else in it is no value of ours, and must not be made into one.

function textIn(v: unknown): string {
  if (typeof v === "string") return v;
  throw new TypeError("a stored value's tag holds no text");
}

function numberIn(v: unknown): number {
  if (typeof v === "number") return v;
  throw new TypeError("a stored value's tag holds no number");
}

function listIn(v: unknown): readonly unknown[] {
  if (Array.isArray(v)) return v;
  throw new TypeError("a stored value's tag holds no list");
}

function reviveRegExp([source, flags]: readonly [string, string]): RegExp {
  return new RegExp(source, flags);
}

function reviveEntries(
  entries: readonly [string, unknown][],
  target: Record<string, unknown>,
): Record<string, unknown> {
  for (const [key, value] of entries) setOwn(target, key, value);
  return target;
}
