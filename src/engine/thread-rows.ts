import * as v from "valibot";
import { decodeValue, encodeValue } from "../log/value-codec.ts";
import { checkShape, kindOf } from "../model/check-shape.ts";
import type { AnyId } from "../model/config.ts";
import { SerializationError, ValidationError } from "../model/errors.ts";
import { idText, optional } from "../model/id-shape.ts";
import { readInput } from "../model/read-input.ts";
import type { ThreadInfo } from "../model/thread.ts";
import { captureValue, formatPath, isObject, setOwn } from "../model/value.ts";
import type { Scope, ThreadPatch, ThreadRow } from "../stores/cold-store.ts";
import { readStored } from "./read-stored.ts";
import { searchable, stringsIn } from "./search-text.ts";

/** Instants that both JavaScript and PostgreSQL can hold: the years 1 to 9999. */
const EARLIEST_MS = Date.UTC(1970, 0, 1) - 62_135_596_800_000;
const LATEST_MS = Date.UTC(9999, 11, 31);

const anyId = v.union([v.string(), v.number(), v.bigint()]);

/** A title: `text` in PostgreSQL, which holds neither NUL nor lone surrogates, and of which PGlite drops a byte order mark. */
const nameShape = v.pipe(
  v.string(),
  v.check((text) => !/[\0\p{Surrogate}]/u.test(text), "must not contain NUL or lone surrogates"),
  v.check((text) => !text.startsWith("\uFEFF"), "must not begin with U+FEFF, a byte order mark"),
);

const fieldsShape = v.strictObject({
  threadId: optional(anyId),
  userId: optional(v.nullable(anyId)),
  threadName: optional(v.nullable(nameShape)),
  metadata: optional(v.custom<Record<string, unknown>>((value) => isObject(value) && !Array.isArray(value))),
  runId: optional(v.nullable(idText("runId"))),
  createdAt: optional(v.union([v.date(), v.string()])),
  updatedAt: optional(v.union([v.date(), v.string()])),
});

/**
 * Checks what `putThread` was given.
 * @param field - what it is called in errors
 * @throws ValidationError, SerializationError
 */
export function checkThreadFields(input: unknown, scope: Scope, field = "fields"): ThreadPatch {
  return readInput(
    () => readThreadFields(input, scope, field),
    (problem) => new SerializationError(field, problem),
  );
}

function readThreadFields(input: unknown, scope: Scope, field: string): ThreadPatch {
  if (!isObject(input)) throw new ValidationError(field, `expected an object, got ${kindOf(input)}`);
  const fields = checkShape(fieldsShape, { ...input }, field);
  refuseOtherIds(fields, scope, field);
  const metadata = fields.metadata ?? {};
  const kept: Record<string, string> = {};
  const search: Record<string, string> = {};
  const removed: string[] = [];
  for (const key of Object.keys(metadata)) {
    const path = formatPath(`${field}.metadata`, [key]);
    checkKey(key, path);
    const value = captureValue(metadata[key], path);
    if (value === undefined) {
      removed.push(key);
      continue;
    }
    setOwn(kept, key, encodeValue(value, "jsonb"));
    setOwn(search, key, searchable(stringsIn(value).join("\n")));
  }
  return {
    threadName: fields.threadName,
    nameSearch: searchable(fields.threadName ?? ""),
    metadata: kept,
    metadataSearch: search,
    removedMetadata: removed,
    runId: fields.runId,
    createdAtMs: instantOf(fields.createdAt, `${field}.createdAt`),
    updatedAtMs: instantOf(fields.updatedAt, `${field}.updatedAt`),
  };
}

function refuseOtherIds(fields: v.InferOutput<typeof fieldsShape>, scope: Scope, field: string): void {
  if (fields.threadId !== undefined && fields.threadId !== scope.threadId) {
    throw new ValidationError(`${field}.threadId`, "must be the config's threadId; a thread's id never changes");
  }
  const owner = fields.userId;
  if (owner !== undefined && scope.userId !== null && owner !== scope.userId) {
    throw new ValidationError(`${field}.userId`, "must be the config's userId; a thread's owner never changes");
  }
}

function instantOf(value: Date | string | undefined, field: string): number | null {
  if (value === undefined) return null;
  const ms = new Date(value).getTime();
  if (ms >= EARLIEST_MS && ms <= LATEST_MS) return ms;
  throw new ValidationError(field, "expected a Date or an ISO 8601 text, of the years 1 to 9999");
}

/** What the store kept → thread. */
export function threadInfo<ThreadId extends AnyId, UserId extends AnyId>(row: ThreadRow): ThreadInfo<ThreadId, UserId> {
  return {
    threadId: row.threadId as ThreadId,
    userId: row.userId as UserId | null,
    threadName: row.threadName,
    metadata: decodeMetadata(row.metadata),
    runId: row.runId,
    createdAt: new Date(row.createdAtMs),
    updatedAt: new Date(row.updatedAtMs),
  };
}

/**
 * A metadata filter, or a version's metadata, as JSON text: each top-level key by itself, as the store merges them.
 * @throws ValidationError naming a key that cannot be stored
 */
export function encodeMetadata(metadata: Readonly<Record<string, unknown>>, field: string): string {
  const pairs = Object.keys(metadata).map((key) => {
    checkKey(key, formatPath(field, [key]));
    return `${JSON.stringify(key)}:${encodeValue(metadata[key], "jsonb")}`;
  });
  return `{${pairs.join(",")}}`;
}

/** A key of metadata stands in `jsonb` as it is, so that filters can name it. */
function checkKey(key: string, path: string): void {
  if (/[\0\p{Surrogate}]/u.test(key)) throw new ValidationError(path, "a key must not contain NUL or lone surrogates");
}

/** JSON text → metadata. */
export function decodeMetadata(text: string): Record<string, unknown> {
  return readStored("metadata", () => decodeEach(text));
}

function decodeEach(text: string): Record<string, unknown> {
  const json = JSON.parse(text) as Record<string, unknown>;
  const metadata: Record<string, unknown> = {};
  for (const key of Object.keys(json)) setOwn(metadata, key, decodeValue(JSON.stringify(json[key])));
  return metadata;
}
