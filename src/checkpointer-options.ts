import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as v from "valibot";
import type { EngineOptions } from "./engine/engine-checkpointer.ts";
import { checkShape } from "./model/check-shape.ts";
import type { HotLog } from "./hot/hot-log.ts";
import type { Durability } from "./model/call-options.ts";
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
  /**
   * A hot layer of your own, such as a {@link MemoryHotLog} in front of an embedded database. It is released with the checkpointer. Cannot be
   * combined with `redisUrl` or `redis`. @defaultValue none: every read goes to the database
   */
  readonly hotLog?: HotLog | undefined;
  /**
   * How long an answer of `getStateCache` may be trusted after what it holds was known to be the newest, in milliseconds: no answer was ever
   * out of date for longer. 0: every answer is checked with the database, which moves no body (linearizable); `Infinity`: until `cacheTtl`.
   * Processes with different values may share a cache. Without a hot layer it has no effect. @defaultValue 60,000
   */
  readonly maxStalenessMs?: number | undefined;
  /**
   * How long the cache keeps a thread that nobody writes, in seconds, from 1 to 31,536,000 (the seed's `cache_ttl`). Reading does not prolong
   * it; losing an entry costs a read of the database. Drafts are kept until they are committed. @defaultValue 86,400
   */
  readonly cacheTtl?: number | undefined;
  /**
   * How long `getStateCache` answers from this process's own memory, without a round trip, in milliseconds, up to 60,000. It adds to
   * `maxStalenessMs`; what this process writes itself is always seen. @defaultValue 0: never
   */
  readonly nearTtlMs?: number | undefined;
  /**
   * When `putState` and `updateState` are durable; a call can say otherwise. Anything but `"sync"` needs a hot layer, and a Redis that does
   * not evict keys without a lifetime: `setup()` refuses any other, and `putStateCache` under `"sync"` commits at once there. @defaultValue `"sync"`
   */
  readonly durability?: Durability | undefined;
}

const idKind = v.picklist(["string", "int", "bigint"]);

/** Whole numbers in a range. */
export function between(from: number, to: number): v.GenericSchema<number> {
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
  hotLog: optional(
    v.custom<HotLog>(
      (log) => isObject(log) && "tell" in log && "draft" in log,
      "expected a HotLog, such as a MemoryHotLog",
    ),
  ),
  maxStalenessMs: optional(
    v.pipe(
      v.number(),
      v.check((ms) => ms >= 0, "expected milliseconds, 0 or more; Infinity: until cacheTtl"),
    ),
  ),
  cacheTtl: optional(between(1, 31_536_000)),
  nearTtlMs: optional(between(0, 60_000)),
  durability: optional(v.picklist(["sync", "async", "exit"])),
};

/** The shape of options under one name, each unknown one refused. @throws InvalidConfigError naming the option */
export function checkOptions<T>(shape: v.GenericSchema<unknown, T>, options: unknown): T {
  return checkShape(shape, options, "options", (field, problem) => new InvalidConfigError(field, problem));
}

/** How long the cache keeps a thread, in milliseconds. */
export function cacheLifeMs(options: CheckpointerOptions<object, IdKind, IdKind>): number {
  return (options.cacheTtl ?? 86_400) * 1_000;
}

/**
 * What the engine needs to know of the options, with the defaults filled in.
 * @param hotLog - the hot layer, if there is one
 * @throws InvalidConfigError where the options need a hot layer and there is none
 */
export function engineOptions(
  options: CheckpointerOptions<object, IdKind, IdKind>,
  hotLog: HotLog | undefined = options.hotLog,
): Omit<EngineOptions, "coldStore"> {
  return {
    hot: hotOptions(options, hotLog),
    state: options.state,
    idType: options.idType ?? "string",
    userIdType: options.userIdType ?? "string",
    requireUserId: options.requireUserId ?? false,
    maxCachedThreads: options.maxCachedThreads ?? 1_000,
    maxCachedBytes: options.maxCachedBytes ?? 64 * 1_024 * 1_024,
  };
}

function hotOptions(
  options: CheckpointerOptions<object, IdKind, IdKind>,
  hotLog: HotLog | undefined,
): EngineOptions["hot"] {
  const durability = options.durability ?? "sync";
  if (hotLog === undefined) {
    if (durability === "sync") return null;
    throw new InvalidConfigError(
      "options.durability",
      `"${durability}" needs a hot layer; give redisUrl, redis or hotLog`,
    );
  }
  // What the cache no longer has cannot be trusted either.
  const maxAgeMs = Math.min(options.maxStalenessMs ?? 60_000, cacheLifeMs(options));
  return { log: hotLog, maxAgeMs, nearTtlMs: options.nearTtlMs ?? 0, durability };
}
