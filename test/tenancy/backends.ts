import { PGlite } from "@electric-sql/pglite";
import { afterAll, inject } from "vitest";
import pg from "pg";
import { InMemoryCheckpointer, MemoryColdStore, MemoryHotLog, PgCheckpointer } from "../../src/index.ts";
import type { PgCheckpointerOptions } from "../../src/index.ts";
import { deleteKeys, keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { makePlainUser } from "../servers/plain-user.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import type { Open } from "./matrix.ts";
import type { Fields } from "./owned-thread.ts";

/** Those that differ from another one only in when a cache is asked; tried where `AGENITY_TESTS` is `full`. */
const SELDOM: ReadonlySet<string> = new Set([
  "PGlite with a hot log in memory",
  "PostgreSQL and Redis, every answer checked",
  "PostgreSQL and Redis, answers of this process trusted",
]);

/** Everything that sessions can be kept in, each with storage of its own; cleared away at the file's end. */
export async function backends(moduleUrl: string): Promise<Readonly<Record<string, Open>>> {
  const [databaseUrl, cacheUrl] = [inject("databaseUrl"), inject("cacheUrl")];
  const [schema, keyPrefix] = [schemaFor(moduleUrl), keyPrefixFor(moduleUrl)];
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const plainUser = await makePlainUser(databaseUrl, `${schema}_walled`);
  const plainPool = new pg.Pool({ connectionString: plainUser.url, max: 10 });
  const embedded = new PGlite();
  const store = new MemoryColdStore();
  const hotLog = new MemoryHotLog();

  afterAll(async () => {
    await Promise.all([pool.end(), plainPool.end()]);
    await plainUser.drop();
    await Promise.all([embedded.close(), dropSchema(databaseUrl, schema), deleteKeys(cacheUrl, keyPrefix)]);
  });

  const postgres = (tablePrefix: string, options: PgCheckpointerOptions<Fields>): Open => {
    return async (given) => {
      const all = { pgPool: pool, schema, tablePrefix, ...options, ...given };
      const checkpointer = new PgCheckpointer<Fields>(all);
      await checkpointer.setup();
      return checkpointer;
    };
  };
  // What the cache answers must not depend on how busy the machine is.
  const redis = { redisUrl: cacheUrl, keyPrefix, redisTimeoutMs: 30_000 };
  const all: Record<string, Open> = {
    memory: async (given) => new InMemoryCheckpointer<Fields>({ store, ...given }),
    PostgreSQL: postgres("plain_", {}),
    "PostgreSQL, with row level security": postgres("agent_", {
      ...{ pgPool: plainPool, schema: `${schema}_walled`, rowLevelSecurity: true },
    }),
    PGlite: postgres("plain_", { pgPool: embedded }),
    "PGlite with a hot log in memory": postgres("hot_", { pgPool: embedded, hotLog }),
    "PostgreSQL and Redis, every answer checked": postgres("checked_", { ...redis, maxStalenessMs: 0 }),
    "PostgreSQL and Redis, answers trusted": postgres("trusted_", { ...redis, maxStalenessMs: 60_000 }),
    "PostgreSQL and Redis, answers of this process trusted": postgres("near_", { ...redis, nearTtlMs: 60_000 }),
    "PostgreSQL and Redis, drafts": postgres("drafts_", { ...redis, durability: "async" }),
  };
  const isFull = process.env["AGENITY_TESTS"] === "full";
  return Object.fromEntries(Object.entries(all).filter(([name]) => isFull || !SELDOM.has(name)));
}
