import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { type OwnPostgresServer, startPostgresServer } from "../servers/postgres.ts";
import { type RedisServer, startRedisServer } from "../servers/redis.ts";

/** How many clients PostgreSQL serves: the workers' pools could not take that many. */
const MAX_CONNECTIONS = 90;

/** PostgreSQL's code for it. */
const TOO_MANY_CONNECTIONS = "53300";

/** The user that the workers are to PostgreSQL. */
const ROLE = "agent";

/** Where all tables are. */
export const SCHEMA = "torture";

/** What all keys in Redis begin with. */
export const KEY_PREFIX = "torture:";

/** The servers of a run, which it breaks. */
export class Servers implements AsyncDisposable {
  readonly postgres: OwnPostgresServer;
  readonly redis: RedisServer;
  /** PostgreSQL's address for the workers: no superuser, and not patient with locks. */
  readonly workerDsn: string;
  readonly #control: Redis;

  private constructor(postgres: OwnPostgresServer, redis: RedisServer, workerDsn: string) {
    this.postgres = postgres;
    this.redis = redis;
    this.workerDsn = workerDsn;
    this.#control = new Redis(redis.url, { maxRetriesPerRequest: null });
    this.#control.on("error", () => {}); // it is killed on purpose
  }

  static async start(): Promise<Servers> {
    // Without fsync: what is killed here are processes, and what they have written stays with the operating system.
    const settings = [`max_connections=${MAX_CONNECTIONS}`, "fsync=off", "synchronous_commit=on"];
    const postgres = await startPostgresServer(settings);
    const redis = await startRedisServer();
    const workerDsn = new URL(postgres.url);
    workerDsn.username = ROLE;
    workerDsn.password = randomBytes(12).toString("hex");
    const servers = new Servers(postgres, redis, workerDsn.href);
    await servers.sql(
      `create role ${ROLE} login password '${workerDsn.password}'`,
      `alter role ${ROLE} set lock_timeout = '300ms'`,
      `create schema ${SCHEMA} authorization ${ROLE}`,
    );
    return servers;
  }

  /** Runs statements as superuser, in one session. */
  async sql(...statements: string[]): Promise<void> {
    const client = await superuserSession(this.postgres.url);
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  /** A session of the superuser's that stays open. */
  session(): Promise<pg.Client> {
    return superuserSession(this.postgres.url);
  }

  /** Takes all connections that are left; answers how to give them back. */
  async takeConnections(): Promise<() => Promise<void>> {
    const taken: pg.Client[] = [];
    try {
      while (taken.length < MAX_CONNECTIONS) taken.push(await connected(this.workerDsn));
    } catch {
      // that was the last one
    }
    return async () => {
      await Promise.all(taken.map((client) => client.end().catch(() => {})));
    };
  }

  /** Redis loses all that it holds, and runs on. */
  async flushRedis(): Promise<void> {
    await this.#control.flushall();
  }

  /** Redis saves what it holds: what a replica would have that receives nothing from here on. */
  async saveRedis(): Promise<void> {
    await this.#control.save();
  }

  /** Redis starts again with what it has saved last, under another replication id, as a replica would that takes over. */
  async restartRedisSaved(): Promise<void> {
    await this.redis.restart();
    const [, folder = ""] = await this.#control.config("GET", "dir");
    rmSync(join(folder, "dump.rdb"), { force: true });
  }

  /** The keys that list drafts. */
  async draftKeys(): Promise<string[]> {
    return await this.#control.keys(`${KEY_PREFIX}*:dirty`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.disconnect();
    await Promise.all([this.postgres.stop(), this.redis.stop()]);
  }
}

/** A session of the superuser's: while all connections are taken, those that end give way to it. */
async function superuserSession(connectionString: string): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connected(connectionString);
    } catch (error) {
      const isFull = error instanceof pg.DatabaseError && error.code === TOO_MANY_CONNECTIONS;
      if (!isFull || attempt === 100) throw error;
      await wait(50);
    }
  }
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {}); // its server may be killed
  await client.connect();
  return client;
}
