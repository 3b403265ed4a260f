import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import { PgCheckpointer, type PgCheckpointerOptions } from "../../../src/index.ts";
import { type RedisServer, startRedisServer } from "../../servers/redis.ts";
import { Database } from "../postgres/database.ts";
import { content, holding, plant, saying } from "./planted.ts";

/** A checkpointer as these tests use it. */
export type Checkpointer = PgCheckpointer<AnyFields>;

/** A thread, and whose. */
export interface Owned {
  /** The thread. */
  readonly threadId: string;
  /** The owner. */
  readonly userId: string;
}

/** PostgreSQL and Redis, both with passwords that are planted. Cleared away at the file's end. */
export class Ground {
  /** The look of somebody who may see all. */
  readonly database: Database;
  /** The password of the address that checkpointers get, with what a URL must escape. */
  readonly databasePassword: string = plant("database");
  /** The same of Redis. */
  readonly cachePassword: string = plant("cache");
  readonly #opened: Checkpointer[] = [];
  #cache: RedisServer | undefined;
  #address = "";
  #threads = 0;

  /** @param moduleUrl - of the test file */
  constructor(moduleUrl: string) {
    this.database = new Database(moduleUrl);
    beforeAll(() => this.#begin());
    afterAll(async () => {
      await Promise.allSettled(this.#opened.map((checkpointer) => checkpointer.release()));
      await this.#cache?.stop();
    });
  }

  /** The passwords. */
  get passwords(): readonly string[] {
    return [this.databasePassword, this.cachePassword, decodeURIComponent(new URL(this.database.url).password)];
  }

  /** The Redis, to be broken. */
  get cache(): RedisServer {
    if (this.#cache === undefined) throw new Error("it begins with the file's first test");
    return this.#cache;
  }

  /** The address of the database, with a password that it takes. */
  get postgresDsn(): string {
    return this.#address;
  }

  /** The address of Redis, with the password, or another one. */
  redisUrl(password: string = this.cachePassword): string {
    return `redis://:${encodeURIComponent(password)}@127.0.0.1:${this.cache.port}/0`;
  }

  /** A checkpointer that knows nothing yet, on both. */
  open(options: PgCheckpointerOptions<AnyFields> = {}): Checkpointer {
    const { postgresDsn, database } = this;
    const source = options.pgPool === undefined ? { postgresDsn, schema: database.schema } : {};
    const redis = "redisUrl" in options ? {} : { redisUrl: this.redisUrl() };
    const checkpointer: Checkpointer = new PgCheckpointer<AnyFields>({
      ...source,
      ...redis,
      redisTimeoutMs: 30_000,
      ...options,
    });
    this.#opened.push(checkpointer);
    return checkpointer;
  }

  /** A thread that nobody has made. */
  newConfig(): Owned {
    return { threadId: `thread-${++this.#threads}`, userId: "owner" };
  }

  /** A thread with a state, messages and a name, all of which hold what is secret. */
  async filled(checkpointer: Checkpointer = this.open()): Promise<Owned> {
    const config = this.newConfig();
    await checkpointer.checkpoint(
      config,
      {
        state: holding(),
        messages: [saying()],
        thread: { threadName: content.name, metadata: { note: content.metadata } },
      },
      { metadata: { note: content.metadata } },
    );
    return config;
  }

  async #begin(): Promise<void> {
    this.#cache = await startRedisServer();
    const control = new Redis(this.#cache.url);
    await control.config("SET", "requirepass", this.cachePassword);
    control.disconnect();
    const { user } = await this.database.role([], "superuser");
    await this.database.rows(
      `alter role ${pg.escapeIdentifier(user)} password ${pg.escapeLiteral(this.databasePassword)}`,
    );
    this.#address = this.database.dsn({ user, password: this.databasePassword });
    await this.open().setup();
  }
}
