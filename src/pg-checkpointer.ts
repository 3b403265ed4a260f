import type { PGlite } from "@electric-sql/pglite";
import type { Redis } from "ioredis";
import type { Pool } from "pg";
import * as v from "valibot";
import {
  between,
  cacheLifeMs,
  type CheckpointerOptions,
  checkOptions,
  checkpointerShape,
  engineOptions,
} from "./checkpointer-options.ts";
import { EngineCheckpointer } from "./engine/engine-checkpointer.ts";
import type { HotLog } from "./hot/hot-log.ts";
import { RedisHotLog } from "./hot/redis/redis-hot-log.ts";
import { readEnvironment } from "./environment.ts";
import type { IdKind, IdOf } from "./model/config.ts";
import { InvalidConfigError } from "./model/errors.ts";
import { optional } from "./model/id-shape.ts";
import type { NoCustomFields } from "./model/state.ts";
import { isObject } from "./model/value.ts";
import { PgDriver } from "./stores/postgres/pg-driver.ts";
import { PgliteDriver } from "./stores/postgres/pglite-driver.ts";
import { PostgresColdStore } from "./stores/postgres/postgres-cold-store.ts";
import { setupSql } from "./stores/postgres/setup-sql.ts";
import type { SqlDriver } from "./stores/postgres/sql-driver.ts";
import type { TableOptions } from "./stores/postgres/statements.ts";

/** A `Pool` of `pg`, by the members that tell it from other things; version 8.11 or later. */
export interface LentPool {
  /** Connections that it has. */
  readonly totalCount: number;
  /** Calls that wait for one. */
  readonly waitingCount: number;
  /** Lends a connection. */
  connect(): Promise<unknown>;
}

/** A `PGlite` of `@electric-sql/pglite`, by the members that tell it from other things; version 0.3 or later. */
export interface LentPglite {
  /** Settles when it can be used. */
  readonly waitReady: Promise<void>;
  /** Runs commands. */
  exec(query: string): Promise<unknown>;
}

/** A client of `ioredis`, for one server or a cluster, by the members that tell it from other things; version 6 or later. */
export interface LentRedis {
  /** How it is connected. */
  readonly status: string;
  /** Makes another client with the same settings. */
  duplicate(...settings: never[]): unknown;
}

/**
 * Options of {@link PgCheckpointer}. Of `postgresDsn`, `pgPool` and `dataDir` at most one may be given; without any, sessions are kept by an
 * embedded database in `./.agenity`.
 */
export interface PgCheckpointerOptions<
  Custom extends object,
  ThreadIdKind extends IdKind = "string",
  UserIdKind extends IdKind = "string",
> extends CheckpointerOptions<Custom, ThreadIdKind, UserIdKind> {
  /**
   * A PostgreSQL server (the seed's `postgres_dsn`): `postgresql://user:password@host:5432/database`; TLS through its parameters, such as
   * `?sslmode=verify-full`. A pool of 10 connections is made at the first call.
   */
  readonly postgresDsn?: string | undefined;
  /** A pool or an embedded database of yours (the seed's `pg_pool`). It stays open when this checkpointer is released. */
  readonly pgPool?: LentPool | LentPglite | undefined;
  /**
   * A folder for an embedded database, which needs no server; `memory://` keeps it in memory. One process at a time. What looks like the
   * address of a server is refused.
   */
  readonly dataDir?: string | undefined;
  /** The PostgreSQL schema of the tables (the seed's `schema`); `setup()` makes it where it is missing. @defaultValue `"public"` */
  readonly schema?: string | undefined;
  /** What the tables' names begin with; at most 32 bytes. @defaultValue `"agent_"` */
  readonly tablePrefix?: string | undefined;
  /**
   * Whether `release()` closes the connections that this checkpointer opened itself (the seed's `release_resources`). What was lent is
   * never closed. `false` leaves them to the end of the process. @defaultValue `true`
   */
  readonly releaseResources?: boolean | undefined;
  /**
   * Whether statements are prepared under names, which saves the server from planning each time. Given up by itself where a pooler in
   * transaction mode does not keep them; `false` never tries. @defaultValue `true`
   */
  readonly preparedStatements?: boolean | undefined;
  /**
   * Whether PostgreSQL itself keeps users apart as well, by row level security: `setup()` makes the policies, and every statement says for whom
   * it asks. The database user may be neither a superuser nor have BYPASSRLS; what is cached in Redis lies outside. Every program on these
   * tables must set it. @defaultValue `false`
   */
  readonly rowLevelSecurity?: boolean | undefined;
  /**
   * A Redis or Valkey server for the hot layer (the seed's `redis_url`): `redis://user:password@host:6379/0`, `rediss://` for TLS. Version 6.2
   * or later, no modules. While it is down, everything works from the database. @defaultValue none
   */
  readonly redisUrl?: string | undefined;
  /**
   * A client of yours (the seed's `redis`), for one server or a cluster. Connections of our own are made with its settings; it is never used
   * itself, and never closed. Cannot be combined with `redisUrl`.
   */
  readonly redis?: LentRedis | undefined;
  /**
   * What the keys in Redis begin with. The schema and the tables' prefix follow it, so checkpointers on different tables of one database can
   * share a Redis; for different databases, give different prefixes. At most 64 bytes. @defaultValue `"agenity:"`
   */
  readonly keyPrefix?: string | undefined;
  /**
   * How long an answer of Redis is waited for, in milliseconds, 10 to 60,000; beyond it the database answers. After a few such failures Redis
   * is left alone for a moment. @defaultValue 500
   */
  readonly redisTimeoutMs?: number | undefined;
}

/** Which tables {@link PgCheckpointer.setupSql} is to make, and for whom. */
export interface SetupSqlOptions extends Pick<
  PgCheckpointerOptions<object, IdKind, IdKind>,
  "schema" | "tablePrefix" | "idType" | "userIdType" | "rowLevelSecurity"
> {
  /** The role that the program runs as: it is granted what running needs, and no more. @defaultValue none: nothing is granted */
  readonly role?: string | undefined;
  /** The schema version that the tables have already. @defaultValue 0: there are none */
  readonly fromVersion?: number | undefined;
}

/** Identifiers of PostgreSQL end after 63 bytes; the longest of ours is the prefix and 20 bytes. */
const identifier = (maxBytes: number): v.GenericSchema<string> =>
  v.pipe(
    v.string(),
    v.check(
      (name) => Buffer.byteLength(name) <= maxBytes && !/[\0\p{Surrogate}]/u.test(name),
      `expected a name of at most ${maxBytes} bytes, without NUL`,
    ),
  );

const notAFolder = "expected a folder, or memory://; the address of a server belongs into postgresDsn or redisUrl";

const wholeName = v.pipe(identifier(63), v.minLength(1, "must not be empty"));
const tableNamePrefix = identifier(32);

const shape = v.strictObject({
  ...checkpointerShape,
  postgresDsn: optional(v.pipe(v.string(), v.check(isDsn, "expected postgresql://user:password@host:5432/database"))),
  pgPool: optional(v.custom<object>((pool) => isPool(pool) || isPglite(pool), "expected a Pool of `pg`, or a PGlite")),
  dataDir: optional(v.pipe(v.string(), v.minLength(1, "expected a folder"), v.check(isFolder, notAFolder))),
  schema: optional(wholeName),
  tablePrefix: optional(tableNamePrefix),
  releaseResources: optional(v.boolean()),
  preparedStatements: optional(v.boolean()),
  rowLevelSecurity: optional(v.boolean()),
  redisUrl: optional(
    v.pipe(v.string(), v.check(isRedisUrl, "expected redis://user:password@host:6379/0, or rediss://")),
  ),
  redis: optional(v.custom<object>(isRedis, "expected a client of ioredis, for one server or a cluster")),
  keyPrefix: optional(identifier(64)),
  redisTimeoutMs: optional(between(10, 60_000)),
});

const setupSqlShape = v.strictObject({
  schema: optional(wholeName),
  tablePrefix: optional(tableNamePrefix),
  idType: checkpointerShape.idType,
  userIdType: checkpointerShape.userIdType,
  rowLevelSecurity: optional(v.boolean()),
  role: optional(wholeName),
  fromVersion: optional(between(0, 1_000_000)),
});

/**
 * Sessions in PostgreSQL: on a server, through a pool of yours, or embedded. Call {@link PgCheckpointer.setup} once before anything else.
 *
 * @typeParam Custom - custom fields of the state
 * @typeParam ThreadIdKind - follows from option `idType`
 * @typeParam UserIdKind - follows from option `userIdType`
 */
export class PgCheckpointer<
  Custom extends object = NoCustomFields,
  ThreadIdKind extends IdKind = "string",
  UserIdKind extends IdKind = "string",
> extends EngineCheckpointer<Custom, IdOf<ThreadIdKind>, IdOf<UserIdKind>> {
  /** @throws InvalidConfigError naming the option that is wrong or unknown */
  constructor(options: PgCheckpointerOptions<Custom, ThreadIdKind, UserIdKind> = {}) {
    checkOptions(shape, options);
    refuseTwoSources(options);
    const engine = engineOptions(options, hotLogFor(options));
    super({ ...engine, coldStore: new PostgresColdStore(driverFor(options), tablesOf(options)) });
  }

  /**
   * What {@link PgCheckpointer.setup} does, as SQL for somebody who may create tables where the program may not: one transaction, to be run
   * by `psql` or any client.
   *
   * @throws InvalidConfigError naming the option that is wrong or unknown
   */
  static setupSql(options: SetupSqlOptions = {}): string {
    checkOptions(setupSqlShape, options);
    return setupSql(tablesOf(options), options.role ?? null, options.fromVersion ?? 0);
  }

  /**
   * A checkpointer on the servers that the environment names: `DATABASE_URL` (required), `CACHE_URL` (Redis; left out, there is no hot layer)
   * and `CACHE_TTL` (seconds).
   *
   * @param options - everything else
   * @throws InvalidConfigError naming the variable that is missing or wrong
   */
  static fromEnv<
    Custom extends object = NoCustomFields,
    ThreadIdKind extends IdKind = "string",
    UserIdKind extends IdKind = "string",
  >(
    options: Omit<
      PgCheckpointerOptions<Custom, ThreadIdKind, UserIdKind>,
      "postgresDsn" | "pgPool" | "dataDir" | "redisUrl" | "redis" | "hotLog" | "cacheTtl"
    > = {},
  ): PgCheckpointer<Custom, ThreadIdKind, UserIdKind> {
    const { databaseUrl, cacheUrl, cacheTtl } = readEnvironment(process.env);
    if (cacheUrl !== undefined && !isRedisUrl(cacheUrl)) {
      throw new InvalidConfigError("CACHE_URL", "expected redis://user:password@host:6379/0, or rediss://");
    }
    if (!isDsn(databaseUrl)) {
      throw new InvalidConfigError("DATABASE_URL", "expected postgresql://user:password@host:5432/database");
    }
    return new PgCheckpointer({ ...options, postgresDsn: databaseUrl, redisUrl: cacheUrl, cacheTtl });
  }
}

function tablesOf(options: Omit<SetupSqlOptions, "role" | "fromVersion">): TableOptions {
  const { schema = "public", tablePrefix = "agent_", idType = "string", userIdType = "string" } = options;
  return { schema, tablePrefix, idType, userIdType, rowLevelSecurity: options.rowLevelSecurity ?? false };
}

function hotLogFor(options: PgCheckpointerOptions<object, IdKind, IdKind>): HotLog | undefined {
  const { redisUrl, redis, hotLog } = options;
  const given = (["redisUrl", "redis", "hotLog"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw new InvalidConfigError(`options.${given[1]}`, `cannot be combined with ${given[0]}; give one of them`);
  if (redisUrl === undefined && redis === undefined) return hotLog;
  const { schema = "public", tablePrefix = "agent_", keyPrefix = "agenity:" } = options;
  return new RedisHotLog({
    source: redisUrl === undefined ? { kind: "client", client: redis as Redis } : { kind: "url", url: redisUrl },
    // Both may contain anything, so they are told apart by their lengths.
    keyPrefix: `${keyPrefix}${schema.length}.${schema}.${tablePrefix}:`,
    lifeMs: cacheLifeMs(options),
    timeoutMs: options.redisTimeoutMs,
  });
}

function driverFor(options: PgCheckpointerOptions<object, IdKind, IdKind>): SqlDriver {
  const { postgresDsn, pgPool } = options;
  const close = options.releaseResources ?? true;
  const preparedStatements = options.preparedStatements ?? true;
  if (postgresDsn !== undefined) {
    return new PgDriver({ source: { kind: "dsn", dsn: postgresDsn }, close, preparedStatements });
  }
  // The shape was checked by the members that tell these two apart; their whole types stay out of our public ones.
  if (isPool(pgPool)) {
    return new PgDriver({ source: { kind: "pool", pool: pgPool as Pool }, close: false, preparedStatements });
  }
  if (pgPool !== undefined) return new PgliteDriver({ kind: "database", database: pgPool as PGlite }, false);
  return new PgliteDriver({ kind: "folder", folder: options.dataDir ?? "./.agenity" }, close);
}

function refuseTwoSources(options: PgCheckpointerOptions<object, IdKind, IdKind>): void {
  const given = (["postgresDsn", "pgPool", "dataDir"] as const).filter((name) => options[name] !== undefined);
  if (given.length < 2) return;
  throw new InvalidConfigError(`options.${given[1]}`, `cannot be combined with ${given[0]}; give one of them`);
}

/** It is never quoted in an error: it may hold a password. */
function isDsn(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}

/** A folder is quoted where it cannot be opened, so whatever looks like the address of a server, with a password in it, is none. */
function isFolder(text: string): boolean {
  if (text.startsWith("memory://")) return !text.includes("\0");
  // One letter before a colon is a drive.
  return !/^\s*[a-z][\w+.-]+:|\bpassword\s*=|\0/i.test(text);
}

function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text);
}

function isRedis(value: unknown): value is LentRedis {
  return isObject(value) && "status" in value && "duplicate" in value;
}

function isPool(value: unknown): value is LentPool {
  return isObject(value) && "totalCount" in value && "waitingCount" in value && "connect" in value;
}

function isPglite(value: unknown): value is LentPglite {
  return isObject(value) && "waitReady" in value && "exec" in value;
}
