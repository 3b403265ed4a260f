import * as v from "valibot";
import { encodeMetadata } from "./thread-rows.ts";
import { checkMetadata } from "./message-rows.ts";
import { searchable } from "./search-text.ts";
import { isTooDeep, matchesTags } from "../log/metadata-filter.ts";
import { checkShape } from "../model/check-shape.ts";
import type { Durability } from "../model/call-options.ts";
import type { AnyId, IdKind } from "../model/config.ts";
import { ValidationError } from "../model/errors.ts";
import { idShapes, idText, optional } from "../model/id-shape.ts";
import type { MessageRole } from "../model/message.ts";
import { type Stamp, stampOf } from "../model/stamp.ts";
import type { MessageQuery, ThreadQuery, VersionQuery } from "../stores/cold-store.ts";

/** Versions are PostgreSQL integers: a thread would need 2 billion turns. */
const MAX_VERSION = 2 ** 31 - 1;

function wholeNumber(from: number, to: number, what: string): v.GenericSchema<number> {
  const problem = `expected ${what}, a whole number from ${from} to ${to}`;
  return v.pipe(
    v.number(),
    v.check((value) => Number.isSafeInteger(value) && value >= from && value <= to, problem),
  );
}

const count = wholeNumber(0, Number.MAX_SAFE_INTEGER, "a count");
const version = wholeNumber(1, MAX_VERSION, "a version");
const role = v.picklist(["user", "assistant", "system", "tool"]);
const instant = v.union([v.date(), v.number()]);
/** Its contents are checked where they are encoded, so that errors name the path. */
const metadata = optional(v.unknown());

const durability = v.picklist(["sync", "async", "exit"]);
const putStateCacheShape = v.strictObject({
  ifVersion: optional(wholeNumber(0, MAX_VERSION - 1, "a version that another can follow, or 0")),
  onConflict: optional(v.picklist(["reject", "overwrite"])),
  durability: optional(v.picklist(["async", "exit"])),
  metadata,
});
const getStateCacheShape = v.strictObject({ atLeast: optional(v.string()) });
const putStateShape = v.strictObject({
  durability: optional(durability),
  ifVersion: optional(wholeNumber(0, MAX_VERSION - 1, "a version that another can follow, or 0")),
  onConflict: optional(v.picklist(["reject", "overwrite"])),
  metadata,
});
const getStateShape = v.strictObject({ version: optional(version) });
const updateStateShape = v.strictObject({
  maxAttempts: optional(wholeNumber(1, 1_000, "attempts")),
  durability: optional(durability),
  metadata,
});
const listStatesShape = v.strictObject({ before: optional(version), limit: optional(count), metadata });
const putMessagesShape = v.strictObject({ metadata });
const listMessagesShape = v.strictObject({
  search: optional(v.string()),
  limit: optional(count),
  offset: optional(count),
  before: optional(idText("before")),
  after: optional(idText("after")),
  order: optional(v.picklist(["asc", "desc"])),
  role: optional(v.union([role, v.array(role)])),
  since: optional(instant),
  until: optional(instant),
});
const partsShape = v.strictObject({
  state: optional(v.unknown()),
  messages: optional(v.unknown()),
  thread: optional(v.unknown()),
});
const forkShape = v.strictObject({ version: optional(version) });

/** What a state write was told. */
export interface StateWrite {
  /** The version that must stand; undefined: not told. */
  readonly ifVersion: number | undefined;
  /** Whether the last writer wins. */
  readonly overwrite: boolean;
  /** JSON text, kept with the version. */
  readonly metadata: string;
  /** When it is durable. */
  readonly durability: Durability;
  /** What is still to be checked before anything is written; called once the input is captured. */
  readonly before?: () => Promise<void>;
}

/**
 * @param usual - the durability where the options name none
 * @throws ValidationError
 */
export function checkPutState(options: unknown, usual: Durability): StateWrite {
  if (options === undefined) return { ifVersion: undefined, overwrite: false, metadata: "{}", durability: usual };
  return stateWrite(checkShape(putStateShape, options, "options"), usual);
}

/** @throws ValidationError */
export function checkPutStateCache(options: unknown, usual: Durability): StateWrite {
  return stateWrite(checkShape(putStateCacheShape, options ?? {}, "options"), usual === "sync" ? "async" : usual);
}

function stateWrite(given: v.InferOutput<typeof putStateShape>, usual: Durability): StateWrite {
  const { ifVersion, onConflict, durability: wanted } = given;
  if (ifVersion !== undefined && onConflict === "overwrite") {
    throw new ValidationError("options.onConflict", `"overwrite" cannot be combined with ifVersion; give one of them`);
  }
  const overwrite = onConflict === "overwrite";
  return { ifVersion, overwrite, metadata: versionMetadata(given.metadata), durability: wanted ?? usual };
}

/** What a cached answer must contain; null: nothing in particular. @throws ValidationError */
export function checkGetStateCache(options: unknown): Stamp | null {
  const { atLeast } = checkShape(getStateCacheShape, options ?? {}, "options");
  if (atLeast === undefined) return null;
  const stamp = stampOf(atLeast);
  if (stamp === null) throw new ValidationError("options.atLeast", "expected what versionToken(state) answered");
  return stamp;
}

/** @throws ValidationError */
export function checkGetState(options: unknown): number | null {
  return options === undefined ? null : (checkShape(getStateShape, options, "options").version ?? null);
}

/** @throws ValidationError */
export function checkUpdateState(
  options: unknown,
  usual: Durability,
): { readonly maxAttempts: number; readonly write: Pick<StateWrite, "metadata" | "durability"> } {
  const { maxAttempts, metadata: given, durability: wanted } = checkShape(updateStateShape, options ?? {}, "options");
  const write = { metadata: versionMetadata(given), durability: wanted ?? usual };
  return { maxAttempts: maxAttempts ?? 50, write };
}

/** @throws ValidationError */
export function checkListStates(options: unknown): VersionQuery {
  const { before, limit, metadata: given } = checkShape(listStatesShape, options ?? {}, "options");
  return { before: before ?? null, limit: limit ?? null, metadata: metadataFilter(given) };
}

/** @throws ValidationError */
export function checkPutMessages(options: unknown): unknown {
  return options === undefined ? undefined : checkShape(putMessagesShape, options, "options").metadata;
}

/** @throws ValidationError */
export function checkListMessages(options: unknown): MessageQuery {
  const given = checkShape(listMessagesShape, options ?? {}, "options");
  return {
    search: searchOf(given.search),
    limit: given.limit ?? null,
    offset: given.offset ?? 0,
    before: given.before ?? null,
    after: given.after ?? null,
    descending: given.order === "desc",
    roles: given.role === undefined ? null : ([given.role].flat() as MessageRole[]),
    sinceMs: instantMs(given.since, "options.since"),
    untilMs: instantMs(given.until, "options.until"),
  };
}

/** The shape of `listThreads`' options depends on the type of the ids. */
export function threadQueryReader(idType: IdKind): (options: unknown) => ThreadQuery {
  const shape = v.strictObject({
    search: optional(v.string()),
    metadata,
    limit: optional(count),
    offset: optional(count),
    before: optional(idShapes[idType]("before")),
    after: optional(idShapes[idType]("after")),
  });
  return (options) => {
    const given = checkShape(shape, options ?? {}, "options");
    return {
      search: searchOf(given.search),
      metadata: metadataFilter(given.metadata),
      limit: given.limit ?? null,
      offset: given.offset ?? 0,
      before: (given.before as AnyId | undefined) ?? null,
      after: (given.after as AnyId | undefined) ?? null,
    };
  };
}

/** The parts of a checkpoint, each still to be checked. @throws ValidationError */
export function checkParts(parts: unknown): Readonly<Record<"state" | "messages" | "thread", unknown>> {
  const { state, messages, thread } = checkShape(partsShape, parts, "parts");
  return { state, messages, thread };
}

/** @throws ValidationError */
export function checkMessageId(messageId: unknown): string {
  return checkShape(idText("messageId"), messageId, "messageId");
}

const watchShape = v.strictObject({
  pollMs: optional(wholeNumber(10, 3_600_000, "milliseconds")),
  signal: optional(v.instance(AbortSignal)),
});

/** @throws ValidationError */
export function checkWatch(options: unknown): { readonly pollMs: number; readonly signal: AbortSignal | undefined } {
  const { pollMs, signal } = checkShape(watchShape, options ?? {}, "options");
  return { pollMs: pollMs ?? 1_000, signal };
}

const acquireRunShape = v.strictObject({
  ttlMs: optional(wholeNumber(1_000, 86_400_000, "milliseconds")),
  waitMs: optional(wholeNumber(0, 86_400_000, "milliseconds")),
  renew: optional(v.boolean()),
});

/** How a run's lease is asked for. */
export interface AcquireRun {
  /** How long it lasts, in milliseconds. */
  readonly ttlMs: number;
  /** How long somebody else's is waited for, in milliseconds. */
  readonly waitMs: number;
  /** Whether it renews itself. */
  readonly renews: boolean;
}

/** @throws ValidationError */
export function checkAcquireRun(options: unknown): AcquireRun {
  const { ttlMs = 30_000, waitMs = 0, renew = true } = checkShape(acquireRunShape, options ?? {}, "options");
  return { ttlMs, waitMs, renews: renew };
}

/** @throws ValidationError */
export function checkFork(options: unknown): number | null {
  return checkShape(forkShape, options ?? {}, "options").version ?? null;
}

function searchOf(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : searchable(text);
}

function versionMetadata(given: unknown): string {
  const checked = checkMetadata(given, "options.metadata");
  return checked === undefined ? "{}" : encodeMetadata(checked, "options.metadata");
}

function metadataFilter(given: unknown): string | null {
  const checked = checkMetadata(given, "options.metadata");
  if (checked === undefined) return null;
  const filter = encodeMetadata(checked, "options.metadata");
  const json = JSON.parse(filter) as object;
  if (!matchesTags(json) || !isTooDeep(json)) return filter;
  throw new ValidationError(
    "options.metadata",
    "a filter with an empty record, or one that has only `v`, must not nest so deep: name a field of that record",
  );
}

function instantMs(value: Date | number | undefined, field: string): number | null {
  if (value === undefined) return null;
  const ms = Number(value);
  if (Number.isFinite(ms)) return ms;
  throw new ValidationError(field, "expected a valid Date or a finite number of milliseconds");
}
