import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { lua } from "../../../src/generated/lua.ts";
import { keyNames, type KeyNames, prefixText } from "../../../src/hot/redis/key-names.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { createState, PgCheckpointer, type PgCheckpointerOptions } from "../../../src/index.ts";
import type { ColdStore } from "../../../src/stores/cold-store.ts";
import { PgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { PostgresColdStore } from "../../../src/stores/postgres/postgres-cold-store.ts";
import { deleteKeys, keyPrefixFor } from "../../servers/key-prefix-per-file.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "../../servers/redis.ts";
import { dropSchema, schemaFor } from "../../servers/schema-per-file.ts";
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
import { type Config, Process, until, type Writes, written } from "./process.ts";

/** Settings of a process. */
export type ProcessOptions = Pick<
  PgCheckpointerOptions<Writes>,
  "maxStalenessMs" | "cacheTtl" | "maxCachedThreads" | "durability" | "redisTimeoutMs"
>;

/** What PostgreSQL has of a thread: the writes in each version, oldest first. */
export interface Outcome {
  /** Of the thread itself. */
  readonly history: readonly string[];
  /** Of the threads that its drafts were saved as. */
  readonly forks: readonly (readonly string[])[];
}

/** The servers of one test file, and the processes of the replay that is on. */
export class Stage {
  /** A Redis that the replays may break, where one was asked for. */
  own: RedisServer | undefined;
  readonly #schema: string;
  readonly #keyPrefix: string;
  readonly #ends: (() => unknown)[] = [];
  #cacheUrl = "";
  #sql: pg.Pool | undefined;
  #control: Redis | undefined;
  #threads = 0;

  /** @param ownRedis - how a Redis of the file's own is to be started; left out: the one that all share is used */
  constructor(moduleUrl: string, ownRedis?: RedisServerOptions) {
    this.#schema = schemaFor(moduleUrl);
    this.#keyPrefix = keyPrefixFor(moduleUrl);
    beforeAll(() => this.#open(ownRedis));
    afterEach(() => this.#clear());
    afterAll(() => this.#close());
  }

  /** A Redis client that is no part of the replay. */
  get control(): Redis {
    if (this.#control === undefined) throw new Error("the stage is not open");
    return this.#control;
  }

  /** A thread, of which PostgreSQL has one version, the write `o`. */
  async thread(): Promise<Config> {
    this.#threads++;
    const config: Config = { threadId: `thread-${this.#threads}`, userId: `user-${this.#threads}` };
    const unaware = await this.unaware();
    await unaware.putState(config, createState<Writes>({ o: true }));
    return config;
  }

  /** A process, and its links to both servers. */
  async process(config: Config, options: ProcessOptions = {}): Promise<Process> {
    const postgres = await startTcpProxy(inject("databaseUrl"));
    const redis = await startTcpProxy(this.#cacheUrl);
    const checkpointer = new PgCheckpointer<Writes>({
      ...options,
      postgresDsn: postgres.url,
      redisUrl: redis.url,
      schema: this.#schema,
      keyPrefix: this.#keyPrefix,
    });
    this.#ends.push(async () => {
      postgres.release();
      redis.release();
      await checkpointer.release();
      postgres.close();
      redis.close();
    });
    await checkpointer.setup();
    const made = new Process(checkpointer, { postgres, redis }, config);
    await made.reachesRedis();
    return made;
  }

  /** Some processes with the same settings. */
  async processes<const N extends readonly unknown[]>(
    config: Config,
    names: N,
    options: ProcessOptions = {},
  ): Promise<{ [K in keyof N]: Process }> {
    const made = await Promise.all(names.map(() => this.process(config, options)));
    return made as unknown as { [K in keyof N]: Process };
  }

  /** A process that knows of no Redis. */
  async unaware(): Promise<PgCheckpointer<Writes>> {
    const checkpointer = new PgCheckpointer<Writes>({ postgresDsn: inject("databaseUrl"), schema: this.#schema });
    this.#ends.push(() => checkpointer.release());
    await checkpointer.setup();
    return checkpointer;
  }

  /** A write all of whose commands to Redis are lost. */
  async writesUnaware(config: Config, name: string): Promise<void> {
    const unaware = await this.unaware();
    await unaware.putState(config, createState<Writes>({ [name]: true }));
  }

  /** The parts of a checkpointer that reach the servers: for a process whose other parts a replay chooses. */
  async ports(): Promise<{ readonly store: ColdStore; readonly hotLog: RedisHotLog }> {
    const driver = new PgDriver({
      source: { kind: "dsn", dsn: inject("databaseUrl") },
      close: true,
      preparedStatements: true,
    });
    const tables = {
      schema: this.#schema,
      tablePrefix: "agent_",
      idType: "string",
      userIdType: "string",
      rowLevelSecurity: false,
    } as const;
    const store = new PostgresColdStore(driver, tables);
    const source = { kind: "url", url: this.#cacheUrl } as const;
    const hotLog = new RedisHotLog({ source, keyPrefix: this.#hotPrefix, lifeMs: 86_400_000 });
    this.#ends.push(() => Promise.all([store.release(), hotLog.release()]));
    await Promise.all([store.setup(), hotLog.setup(false)]);
    return { store, hotLog };
  }

  /** PostgreSQL loses what it has acknowledged of a thread, beyond a version. */
  async losesTail({ threadId }: Config, version: number): Promise<void> {
    const schema = pg.escapeIdentifier(this.#schema);
    await this.#sql?.query(`delete from ${schema}.agent_states where thread_id = $1 and version > $2`, [
      threadId,
      version,
    ]);
  }

  /** Redis starts again with what it has saved last. */
  async failsOver(): Promise<void> {
    await this.own?.restart();
    await until("Redis is there again", async () => (await this.control.ping().catch(() => "")) === "PONG");
    await this.#loadScripts();
  }

  /** Waits until so many processes are connected to Redis, and know which server it is. */
  async untilConnected(count: number): Promise<void> {
    await until("all are connected", async () => {
      const clients = String(await this.control.client("LIST")).split("\n");
      return clients.filter((line) => / name=agenity .* cmd=(time|evalsha) /.test(line)).length === count;
    });
  }

  /** The keys of a thread in Redis. */
  keysOf({ threadId }: Config): KeyNames {
    return keyNames(prefixText(this.#hotPrefix), { threadId, namespace: "" });
  }

  /** Flushes until Redis has no drafts of a thread. Answers what PostgreSQL has then: of the thread, and of each that drafts were saved as. */
  async flushed(config: Config): Promise<Outcome> {
    const flusher = await this.process(config, { durability: "exit" });
    await until("there are no drafts", async () => {
      await flusher.checkpointer.getState(config);
      return !(await this.isDirty(config));
    });
    const unaware = await this.unaware();
    const threads = (await unaware.listThreads({ userId: config.userId })).map(({ threadId }) => threadId);
    const forks = threads.filter((threadId) => threadId.startsWith(`${config.threadId}~`));
    return {
      history: await historyOf(unaware, config),
      forks: await Promise.all(forks.map((threadId) => historyOf(unaware, { ...config, threadId }))),
    };
  }

  /** Whether Redis has a thread among those with drafts. */
  async isDirty(config: Config): Promise<boolean> {
    const { dirty, member } = this.keysOf(config);
    return (await this.control.zscore(dirty, member)) !== null;
  }

  /** Redis's clock, in milliseconds. */
  async timeMs(): Promise<number> {
    const [seconds, microseconds] = await this.control.time();
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  }

  /** Waits until Redis's clock shows a time. */
  async untilMs(timeMs: number): Promise<void> {
    await until("time passes", async () => (await this.timeMs()) > timeMs);
  }

  get #hotPrefix(): string {
    return `${this.#keyPrefix}${this.#schema.length}.${this.#schema}.agent_:`;
  }

  async #open(ownRedis: RedisServerOptions | undefined): Promise<void> {
    if (ownRedis !== undefined) this.own = await startRedisServer(ownRedis);
    this.#cacheUrl = this.own?.url ?? inject("cacheUrl");
    this.#control = new Redis(this.#cacheUrl);
    this.#control.on("error", () => {}); // its server may be restarted
    await this.#loadScripts();
    await dropSchema(inject("databaseUrl"), this.#schema);
    this.#sql = new pg.Pool({ connectionString: inject("databaseUrl"), max: 1 });
    const unaware = await this.unaware();
    await unaware.putState({ threadId: "another", userId: "ada" }, createState<Writes>({ another: true }));
  }

  /** So that each command is one request: a server that does not know a script is asked twice. */
  async #loadScripts(): Promise<void> {
    for (const { text } of Object.values(lua)) await this.control.script("LOAD", text);
  }

  async #clear(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  async #close(): Promise<void> {
    await this.#sql?.end();
    this.#control?.disconnect();
    if (this.own === undefined) await deleteKeys(this.#cacheUrl, this.#keyPrefix);
    await this.own?.stop();
    await dropSchema(inject("databaseUrl"), this.#schema);
  }
}

async function historyOf(reader: PgCheckpointer<Writes>, config: Config): Promise<string[]> {
  const versions = (await reader.listStates(config)).map(({ version }) => version).toReversed();
  const states = versions.map((version) => reader.getState(config, { version }));
  return (await Promise.all(states)).map(written);
}
