import type { PGlite, Transaction } from "@electric-sql/pglite";
import { InvalidConfigError, StorageUnavailableError } from "../../model/errors.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { LongTexts, type Row, type SqlDriver, type SqlSession, type Statement } from "./sql-driver.ts";

/** Where the database is. */
export type PgliteSource =
  /** A folder; it is made and opened at the first call. */
  | { readonly kind: "folder"; readonly folder: string }
  /** A database of the caller's. */
  | { readonly kind: "database"; readonly database: PGlite };

/**
 * Its clock counts milliseconds, and more than one write may come in one. The last instant is kept as a setting of the one session that
 * there is; after a rollback of the first write, it is an empty text.
 */
const LATER_THAN_BEFORE = `set_config('agenity.now', greatest(
  now(), nullif(current_setting('agenity.now', true), '')::timestamptz + interval '1 microsecond'
)::text, false)::timestamptz`;

/** PostgreSQL inside this process, through PGlite. It has one connection: whatever waits, travels together. */
export class PgliteDriver implements SqlDriver {
  readonly now: string = LATER_THAN_BEFORE;
  readonly #source: PgliteSource;
  readonly #close: boolean;
  #database: Promise<PGlite> | undefined;
  #lock: FolderLock | undefined;
  #underWay = 0;

  /** @param close - whether {@link PgliteDriver.close} closes the database */
  constructor(source: PgliteSource, close: boolean) {
    this.#source = source;
    this.#close = close;
  }

  isBusy(): boolean {
    return this.#underWay > 0;
  }

  async query(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
    return await this.#counted(async (database) => (await database.query<Row>(statement.text, plain(values))).rows);
  }

  async transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return await this.#counted(
      async (database) => await database.transaction((transaction) => work(sessionOf(transaction))),
    );
  }

  async close(): Promise<void> {
    const database = await this.#database?.catch(() => undefined);
    if (database !== undefined && this.#close) {
      await database.close();
      await this.#lock?.release();
    }
  }

  async #counted<T>(work: (database: PGlite) => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work(await this.#open());
    } finally {
      this.#underWay--;
    }
  }

  #open(): Promise<PGlite> {
    if (this.#source.kind === "database") return Promise.resolve(this.#source.database);
    if (this.#database === undefined) {
      const opening = this.#openFolder(this.#source.folder);
      this.#database = opening;
      // What could not be opened now may be free later.
      opening.catch(() => (this.#database = undefined));
    }
    return this.#database;
  }

  async #openFolder(folder: string): Promise<PGlite> {
    const { PGlite: Database } = await loadPglite();
    // Such as `memory://`: nobody else can open it.
    const isPrivate = /^\w+:\/\//.test(folder);
    if (!isPrivate) this.#lock = await lockFolder(folder);
    try {
      return await Database.create(folder);
    } catch (cause) {
      await this.#lock?.release();
      const name = cause instanceof Error ? cause.name : "an unknown error";
      throw new StorageUnavailableError(`the embedded database in ${folder} cannot be opened (${name})`, {
        retryable: false,
      });
    }
  }
}

function sessionOf(transaction: Transaction): SqlSession {
  return { query: async (statement, values) => (await transaction.query<Row>(statement.text, plain(values))).rows };
}

function plain(values: readonly unknown[]): unknown[] {
  return values.map((value) => (value instanceof LongTexts ? value.texts : value));
}

async function loadPglite(): Promise<typeof import("@electric-sql/pglite")> {
  try {
    return await import("@electric-sql/pglite");
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new InvalidConfigError("options.dataDir", "the embedded database needs: npm install @electric-sql/pglite");
  }
}
