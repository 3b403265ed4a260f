import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as v from "valibot";
import type { EngineOptions } from "./engine/engine-checkpointer.ts";
import { checkShape } from "./model/check-shape.ts";
import type { IdKind } from "./model/config.ts";
import { InvalidConfigError } from "./model/errors.ts";
import { optional } from "./model/id-shape.ts";
import { isObject } from "./model/value.ts";

/** Options of every checkpointer. An option that does not exist is an `InvalidConfigError`, never ignored. */
export interface CheckpointerOptions<
  Custom extends object,
  ThreadIdKind extends IdKind = "string",
  UserIdKind extends IdKind = "string",
> {
  /**
   * A Standard Schema (zod, valibot, arktype …) of the state's custom fields: it types every method, and checks and completes what is
   * written. What was stored under an older schema is read as it is.
   * @defaultValue none: the type parameter says what the fields are, and nothing is checked
   */
  readonly state?: StandardSchemaV1<unknown, Custom> | undefined;
  /** The type of thread ids (the seed's `id_type`); cannot be changed once tables exist. @defaultValue `"string"` */
  readonly idType?: ThreadIdKind | undefined;
  /** The type of user ids (the seed's `user_id_type`); cannot be changed once tables exist. @defaultValue `"string"` */
  readonly userIdType?: UserIdKind | undefined;
  /** Whether a call without `config.userId` is an error, instead of the application's own call that sees every thread. @defaultValue `false` */
  readonly requireUserId?: boolean | undefined;
  /**
   * How many threads' states this process keeps folded, 1 to 1,000,000 (the seed's `max_cached_threads`); the least recently used go
   * first. Losing one costs a read, never correctness. @defaultValue 1,000
   */
  readonly maxCachedThreads?: number | undefined;
  /** How much JSON text the kept states may stand for, in bytes, from 1 KiB; memory used is a small multiple of it. @defaultValue 64 MiB */
  readonly maxCachedBytes?: number | undefined;
}

const idKind = v.picklist(["string", "int", "bigint"]);

function between(from: number, to: number): v.GenericSchema<number> {
  return v.pipe(
    v.number(),
    v.check(
      (value) => Number.isSafeInteger(value) && value >= from && value <= to,
      `expected a whole number from ${from} to ${to}`,
    ),
  );
}

/** The shape of the options that every checkpointer has. */
export const checkpointerShape: Readonly<Record<keyof CheckpointerOptions<object>, v.GenericSchema>> = {
  state: optional(
    v.custom<StandardSchemaV1>(
      (schema) => (isObject(schema) || typeof schema === "function") && "~standard" in schema,
      "expected a Standard Schema, such as one of zod, valibot or arktype",
    ),
  ),
  idType: optional(idKind),
  userIdType: optional(idKind),
  requireUserId: optional(v.boolean()),
  maxCachedThreads: optional(between(1, 1_000_000)),
  maxCachedBytes: optional(between(1_024, Number.MAX_SAFE_INTEGER)),
};

/** The shape of options under one name, each unknown one refused. @throws InvalidConfigError naming the option */
export function checkOptions<T>(shape: v.GenericSchema<unknown, T>, options: unknown): T {
  return checkShape(shape, options, "options", (field, problem) => new InvalidConfigError(field, problem));
}

/** What the engine needs to know of the options, with the defaults filled in. */
export function engineOptions(options: CheckpointerOptions<object, IdKind, IdKind>): Omit<EngineOptions, "coldStore"> {
  return {
    state: options.state,
    idType: options.idType ?? "string",
    userIdType: options.userIdType ?? "string",
    requireUserId: options.requireUserId ?? false,
    maxCachedThreads: options.maxCachedThreads ?? 1_000,
    maxCachedBytes: options.maxCachedBytes ?? 64 * 1_024 * 1_024,
  };
}
