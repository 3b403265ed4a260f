import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import {
  type GetStateOptions,
  InMemoryCheckpointer,
  MemoryColdStore,
  MemoryHotLog,
  PgCheckpointer,
  type ThreadConfig,
} from "../../src/index.ts";
import type { AnyFields } from "../../src/conformance/subject.ts";
import { deleteKeys } from "../servers/key-prefix-per-file.ts";
import { dropSchema } from "../servers/schema-per-file.ts";
import type { Playable } from "./playable.ts";

/** A back end, or the model of all of them. */
export interface Store {
  /** Prepares for checkpointers that find nothing, and answers what makes them. */
  readonly open: () => Promise<() => Playable>;
  /** Ends what serves it. */
  readonly close: () => Promise<void>;
}

/** Where the servers are, and what is the caller's own there. */
export interface Places {
  /** The PostgreSQL. */
  readonly databaseUrl: string;
  /** The Redis. */
  readonly cacheUrl: string;
  /** A schema that may be made and dropped. */
  readonly schema: string;
  /** What keys begin with. */
  readonly keyPrefix: string;
}

const TABLES = ["threads", "states", "messages", "tombstones"];

function emptied(prefix: string): string {
  return TABLES.map((name) => `delete from ${prefix}agent_${name};`).join("");
}

/** Reads the newest state through the cache. Where every answer is checked, nobody can tell the difference. */
class CacheReader extends PgCheckpointer<AnyFields> {
  override getState(config: ThreadConfig, options?: GetStateOptions): ReturnType<typeof this.getStateCache> {
    return options?.version === undefined ? super.getStateCache(config) : super.getState(config, options);
  }
}

/** What commits need not wait for here: nobody asks after a crash. */
function poolOf(connectionString: string): pg.Pool {
  return new pg.Pool({ connectionString, max: 2, options: "-c synchronous_commit=off" });
}

function memory(): Store {
  return {
    async open() {
      const store = new MemoryColdStore();
      return () => new InMemoryCheckpointer<AnyFields>({ store });
    },
    async close() {},
  };
}

async function onPostgres({ databaseUrl, schema }: Places): Promise<Store> {
  const pgPool = poolOf(databaseUrl);
  await new PgCheckpointer({ pgPool, schema }).setup();
  return {
    async open() {
      await pgPool.query(emptied(`${schema}.`));
      return () => new PgCheckpointer<AnyFields>({ pgPool, schema });
    },
    async close() {
      await pgPool.end();
      await dropSchema(databaseUrl, schema);
    },
  };
}

async function onPostgresWithRedis(places: Places): Promise<Store> {
  const { databaseUrl, cacheUrl } = places;
  const schema = `${places.schema}_cached`;
  const pgPool = poolOf(databaseUrl);
  const servers = { pgPool, schema, redisUrl: cacheUrl, redisTimeoutMs: 30_000, maxStalenessMs: 0 };
  await new PgCheckpointer({ pgPool, schema }).setup();
  let openings = 0;
  return {
    async open() {
      await pgPool.query(emptied(`${schema}.`));
      const keyPrefix = `${places.keyPrefix}${++openings}:`;
      return () => new CacheReader({ ...servers, keyPrefix });
    },
    async close() {
      await pgPool.end();
      await Promise.all([dropSchema(databaseUrl, schema), deleteKeys(cacheUrl, places.keyPrefix)]);
    },
  };
}

/** The one PGlite: it takes seconds to start, and so those who use it share it, each in a schema of its own. */
let pglite: { readonly pgPool: PGlite; users: number } | undefined;

function borrowPglite(): { readonly pgPool: PGlite; readonly giveBack: () => Promise<void> } {
  const borrowed = (pglite ??= { pgPool: new PGlite(), users: 0 });
  borrowed.users++;
  return {
    pgPool: borrowed.pgPool,
    async giveBack() {
      if (--borrowed.users > 0) return;
      pglite = undefined;
      await borrowed.pgPool.close();
    },
  };
}

async function onPglite({ schema }: Places): Promise<Store> {
  const { pgPool, giveBack } = borrowPglite();
  await new PgCheckpointer({ pgPool, schema }).setup();
  return {
    async open() {
      await pgPool.exec(emptied(`${schema}.`));
      return () => new PgCheckpointer<AnyFields>({ pgPool, schema });
    },
    close: giveBack,
  };
}

async function onPgliteWithHotLog(places: Places): Promise<Store> {
  const schema = `${places.schema}_cached`;
  const { pgPool, giveBack } = borrowPglite();
  await new PgCheckpointer({ pgPool, schema }).setup();
  return {
    async open() {
      await pgPool.exec(emptied(`${schema}.`));
      const hotLog = new MemoryHotLog();
      return () => new CacheReader({ pgPool, schema, hotLog, maxStalenessMs: 0 });
    },
    close: giveBack,
  };
}

/** Makes each back end, by name. */
export const storeMakers = {
  memory: async () => memory(),
  postgres: onPostgres,
  pglite: onPglite,
  "postgres-redis": onPostgresWithRedis,
  "pglite-hot": onPgliteWithHotLog,
} satisfies Readonly<Record<string, (places: Places) => Promise<Store>>>;

/** A back end's name. */
export type StoreName = keyof typeof storeMakers;
