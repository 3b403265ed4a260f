import { PGlite } from "@electric-sql/pglite";
import { Redis } from "ioredis";
import pg from "pg";
import { portraitOf } from "../../src/conformance/portrait.ts";
import type { AnyFields, Checkpointer } from "../../src/conformance/subject.ts";
import { InMemoryCheckpointer, MemoryColdStore, PgCheckpointer } from "../../src/index.ts";
import { deleteKeys } from "../servers/key-prefix-per-file.ts";
import { dropSchema } from "../servers/schema-per-file.ts";

/** A storage, and what makes checkpointers on it that know nothing yet. */
export interface HostileStage {
  /** What it is called in reports. */
  readonly name: string;
  /** Makes a checkpointer. The caller releases it. */
  readonly open: () => Checkpointer;
  /** All that is stored, as text. */
  readonly dump: () => Promise<string>;
  /** Empties it. What a cache holds stays: no thread is made twice. */
  readonly clear: () => Promise<unknown>;
}

/** The storages that must agree on what they refuse. */
export interface HostileStages {
  /** All of them. */
  readonly stages: readonly HostileStage[];
  /** Ends what serves them. */
  readonly close: () => Promise<void>;
}

/** Where a test file's servers are. */
export interface HostileServers {
  /** The PostgreSQL. */
  readonly databaseUrl: string;
  /** The Redis. */
  readonly cacheUrl: string;
  /** The file's own schema. */
  readonly schema: string;
  /** The file's own prefix of keys. */
  readonly keyPrefix: string;
}

const TABLES = ["threads", "states", "messages", "tombstones"];

/** Prepares memory, PostgreSQL, PGlite, and PostgreSQL behind Redis. */
export async function openHostileStages({
  databaseUrl,
  cacheUrl,
  schema,
  keyPrefix,
}: HostileServers): Promise<HostileStages> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
  const redis = new Redis(cacheUrl);
  const pglite = new PGlite();
  let store = new MemoryColdStore();
  const tiers = { pgPool: pool, schema, tablePrefix: "tiers_", redis, keyPrefix, redisTimeoutMs: 30_000 };
  const openings = {
    memory: () => new InMemoryCheckpointer<AnyFields>({ store }),
    PostgreSQL: () => new PgCheckpointer<AnyFields>({ pgPool: pool, schema, tablePrefix: "plain_" }),
    PGlite: () => new PgCheckpointer<AnyFields>({ pgPool: pglite, tablePrefix: "plain_" }),
    "PostgreSQL with Redis": () => new PgCheckpointer<AnyFields>(tiers),
  };
  for (const open of Object.values(openings)) await open().setup();
  const rowsOf = async (query: (text: string) => Promise<{ rows: unknown[] }>, prefix: string): Promise<unknown[]> => {
    const texts = TABLES.map((name) => `select row_to_json(t)::text as row from ${prefix}${name} t order by 1`);
    return await Promise.all(texts.map(async (text) => (await query(text)).rows));
  };
  const ask = (text: string): Promise<{ rows: unknown[] }> => pool.query(text);
  const dumps = {
    memory: () => portraitOfAll(openings.memory()),
    PostgreSQL: async () => JSON.stringify(await rowsOf(ask, `${schema}.plain_`)),
    PGlite: async () => JSON.stringify(await rowsOf((text) => pglite.query(text), "plain_")),
    "PostgreSQL with Redis": async () => JSON.stringify(await rowsOf(ask, `${schema}.tiers_`)),
  };
  const emptied = (prefix: string): string => TABLES.map((name) => `delete from ${prefix}${name};`).join("");
  const clears = {
    memory: async () => void (store = new MemoryColdStore()),
    PostgreSQL: () => pool.query(emptied(`${schema}.plain_`)),
    PGlite: () => pglite.exec(emptied("plain_")),
    "PostgreSQL with Redis": () => pool.query(emptied(`${schema}.tiers_`)),
  };
  const names = Object.keys(openings) as (keyof typeof openings)[];
  return {
    stages: names.map((name) => ({ name, open: openings[name], dump: dumps[name], clear: clears[name] })),
    async close() {
      redis.disconnect();
      await pool.end();
      await pglite.close();
      await Promise.all([dropSchema(databaseUrl, schema), deleteKeys(cacheUrl, keyPrefix)]);
    },
  };
}

/** Memory has no other dump than all that can be read. */
async function portraitOfAll(checkpointer: Checkpointer): Promise<string> {
  const threads = await checkpointer.listThreads({}, { limit: Number.MAX_SAFE_INTEGER });
  const parts = threads.map(async ({ threadId }) => [
    await checkpointer.listStates({ threadId }),
    await checkpointer.listMessages({ threadId }),
  ]);
  return portraitOf([threads, await Promise.all(parts), await checkpointer.stats()]);
}
