import type { Pool, PoolClient, QueryConfig } from "pg";
import { InvalidConfigError } from "../../model/errors.ts";
import { binaryTextArray } from "./binary-array.ts";
import { codeOf, isLostReply } from "./sql-errors.ts";
import { LongTexts, type Row, type SqlDriver, type SqlSession, type Statement } from "./sql-driver.ts";

/** Where the connections come from. */
export type PgSource =
  /** A connection string; the pool is made at the first call. */
  | { readonly kind: "dsn"; readonly dsn: string }
  /** A pool of the caller's. */
  | { readonly kind: "pool"; readonly pool: Pool };

/** Options of {@link PgDriver}. */
export interface PgDriverOptions {
  /** Where the connections come from. */
  readonly source: PgSource;
  /** Whether `close()` ends the pool. */
  readonly close: boolean;
  /** Whether statements are prepared under names; given up by itself where a pooler does not keep them. */
  readonly preparedStatements: boolean;
}

/** Connections of a pool that we make. */
const OWN_POOL_SIZE = 10;

/** SQLSTATEs of a prepared statement that is gone, exists twice, or is out of date: what poolers and migrations do to them. */
const PREPARED_STATEMENT_LOST: ReadonlySet<unknown> = new Set(["26000", "42P05", "0A000"]);

/** All values as PostgreSQL writes them: parsers that somebody else has set on the driver do not reach us. */
const RAW_TYPES = { getTypeParser: () => (value: unknown) => value };

/** PostgreSQL through `pg`. */
export class PgDriver implements SqlDriver {
  /** Its clock counts microseconds. */
  readonly now = "now()";
  readonly #source: PgSource;
  readonly #close: boolean;
  #pool: Promise<Pool> | undefined;
  #poolNow: Pool | undefined;
  #named: boolean;
  #underWay = 0;

  constructor(options: PgDriverOptions) {
    this.#source = options.source;
    this.#close = options.close;
    this.#named = options.preparedStatements;
    if (this.#source.kind === "pool") {
      this.#poolNow = this.#source.pool;
      this.#pool = Promise.resolve(this.#source.pool);
      listenTo(this.#source.pool);
    }
  }

  isBusy(): boolean {
    const pool = this.#poolNow;
    if (pool === undefined) return this.#underWay > 0;
    return pool.waitingCount > 0 || this.#underWay >= (pool.options.max ?? OWN_POOL_SIZE);
  }

  async query(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    return await this.#connected((client) => this.#queryNamed(client, statement, values));
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return await this.#connected((client) => inTransaction(client, work));
  }

  async close(): Promise<void> {
    const pool = await this.#pool?.catch(() => undefined);
    if (pool === undefined) return;
    // A pool of ours that is left open keeps its listeners: nobody else could hear of its broken connections.
    if (this.#source.kind === "pool") stopListeningTo(pool);
    else if (this.#close) await pool.end();
  }

  async #connected<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      const pool = this.#poolNow ?? (await this.#open());
      return await onClient(await pool.connect(), work);
    } finally {
      this.#underWay--;
    }
  }

  async #queryNamed(client: PoolClient, statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    const named = this.#named && !statement.replan;
    try {
      return (await client.query<Row>(queryConfig(statement, values, named))).rows;
    } catch (error) {
      // These are raised before the statement runs, so sending it again does nothing twice.
      if (!named || !PREPARED_STATEMENT_LOST.has(codeOf(error))) throw error;
      this.#named = false;
      return (await client.query<Row>(queryConfig(statement, values, false))).rows;
    }
  }

  #open(): Promise<Pool> {
    // One promise for all first calls: each of them would otherwise make a pool of its own.
    this.#pool ??= this.#makePool();
    return this.#pool;
  }

  async #makePool(): Promise<Pool> {
    const { Pool: PgPool } = await loadPg();
    const dsn = this.#source.kind === "dsn" ? this.#source.dsn : "";
    const pool = new PgPool({ connectionString: dsn, max: OWN_POOL_SIZE, application_name: "agenity" });
    listenTo(pool);
    this.#poolNow = pool;
    return pool;
  }
}

async function loadPg(): Promise<Pick<typeof import("pg"), "Pool">> {
  try {
    const module = await import("pg");
    return module.default;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new InvalidConfigError("options.postgresDsn", "needs the driver: npm install pg");
  }
}

function queryConfig(statement: Statement, values: readonly unknown[], named: boolean): QueryConfig {
  const sent = values.map((value) => (value instanceof LongTexts ? binaryTextArray(value.texts) : value));
  const config: QueryConfig = { text: statement.text, values: sent, types: RAW_TYPES };
  return named ? { ...config, name: statement.name } : config;
}

/**
 * Not by `pool.query`, which closes the connection after every error: a turn that is refused would cost its neighbours a new connection,
 * with all its prepared statements.
 */
async function onClient<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
  // While it is lent out, nobody else listens to this client.
  client.on("error", ignoreIdleError);
  let isBroken = false;
  try {
    return await work(client);
  } catch (error) {
    isBroken = isLostReply(error) || error instanceof RollbackError;
    throw error;
  } finally {
    client.off("error", ignoreIdleError);
    client.release(isBroken);
  }
}

/** Not even a rollback got through: the connection must not be used again. */
class RollbackError extends Error {
  readonly code = "08006";
}

async function inTransaction<T>(client: PoolClient, work: (session: SqlSession) => Promise<T>): Promise<T> {
  const session: SqlSession = {
    query: async (statement, values) => (await client.query<Row>(queryConfig(statement, values, false))).rows,
  };
  await client.query("begin");
  try {
    const result = await work(session);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((cause: unknown) => {
      throw new RollbackError("a transaction could not be rolled back", { cause });
    });
    throw error;
  }
}

/** How many drivers a pool was lent to: one listener serves them all, for Node warns of more than ten. */
const lentTo = new WeakMap<Pool, number>();

/** A connection that breaks while it is idle must not end the process, and a lent pool may have nobody else listening. */
function listenTo(pool: Pool): void {
  const drivers = lentTo.get(pool) ?? 0;
  lentTo.set(pool, drivers + 1);
  if (drivers === 0) pool.on("error", ignoreIdleError).on("connect", bridge);
}

function stopListeningTo(pool: Pool): void {
  const drivers = (lentTo.get(pool) ?? 1) - 1;
  lentTo.set(pool, drivers);
  if (drivers === 0) pool.off("error", ignoreIdleError).off("connect", bridge);
}

/**
 * A connection may break in the very packet that says it is ready. Then the pool listens to it no longer, and whoever waits for it does not
 * yet: so we do, until he has got it.
 */
function bridge(client: PoolClient): void {
  client.on("error", ignoreIdleError);
  setImmediate(() => client.off("error", ignoreIdleError));
}

/** The pool drops the connection by itself; calls that need it get an error of their own. */
function ignoreIdleError(): void {}
