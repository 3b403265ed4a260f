import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, inject, vi } from "vitest";
import { PgCheckpointer, type PgCheckpointerOptions } from "../../../src/index.ts";
import { dropSchema, schemaFor } from "../../servers/schema-per-file.ts";

/** The custom fields of these tests' states. */
export interface Fields {
  note?: unknown;
}

/** A checkpointer as these tests use it. */
export type Checkpointer = PgCheckpointer<Fields>;

/** Parts of a connection string to be replaced. */
export interface DsnParts {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly database?: string;
  /** What the server shows as the connection's name. */
  readonly applicationName?: string;
  /** Settings of the session, such as `lock_timeout`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Other parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The server as a test file sees it: a schema of its own, and a superuser's look into it. Cleared away at the file's end. */
export class Database {
  readonly url: string = inject("databaseUrl");
  readonly schema: string;
  readonly #admin = new pg.Pool({ connectionString: inject("databaseUrl"), max: 2 });
  readonly #opened: Checkpointer[] = [];
  readonly #pools: pg.Pool[] = [];
  readonly #roles: string[] = [];

  /** @param moduleUrl - of the test file */
  constructor(moduleUrl: string) {
    this.schema = schemaFor(moduleUrl);
    this.#admin.on("error", () => {});
    afterAll(() => this.#clearAway());
  }

  /** Runs SQL as the superuser and answers its rows; `{{name}}` stands for a table of the default prefix. */
  async rows(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => this.table(name));
    return (await this.#admin.query<Record<string, unknown>>(filled, [...values])).rows;
  }

  /** The one value of the one row. */
  async value(text: string, values: readonly unknown[] = []): Promise<unknown> {
    const [row = {}] = await this.rows(text, values);
    return Object.values(row)[0];
  }

  /** A superuser's connection of the caller's own, for transactions. */
  async connect(): Promise<pg.PoolClient> {
    return await this.#admin.connect();
  }

  /** A table of the default prefix. */
  table(name: string): string {
    return `${pg.escapeIdentifier(this.schema)}.${pg.escapeIdentifier(`agent_${name}`)}`;
  }

  /** The connection string with some parts replaced. */
  dsn(parts: DsnParts = {}): string {
    const url = new URL(this.url);
    if (parts.user !== undefined) url.username = encodeURIComponent(parts.user);
    if (parts.password !== undefined) url.password = encodeURIComponent(parts.password);
    if (parts.host !== undefined) url.host = parts.host;
    if (parts.database !== undefined) url.pathname = `/${encodeURIComponent(parts.database)}`;
    if (parts.applicationName !== undefined) url.searchParams.set("application_name", parts.applicationName);
    const settings = Object.entries(parts.settings ?? {}).map(([name, value]) => `-c ${name}=${value}`);
    if (settings.length > 0) url.searchParams.set("options", settings.join(" "));
    for (const [name, value] of Object.entries(parts.parameters ?? {})) url.searchParams.set(name, value);
    // The driver reads the blanks between settings only in this form.
    return url.href.replaceAll("+", "%20");
  }

  /** A checkpointer on this schema; released at the file's end. */
  open(options: PgCheckpointerOptions<Fields> = {}): Checkpointer {
    const source = options.pgPool === undefined ? { postgresDsn: this.url } : {};
    const checkpointer: Checkpointer = new PgCheckpointer({ schema: this.schema, ...source, ...options });
    this.#opened.push(checkpointer);
    return checkpointer;
  }

  /** A pool to lend; ended at the file's end. */
  pool(config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: this.url, ...config });
    this.#pools.push(pool);
    return pool;
  }

  /** A role that may log in, with nothing but these attributes and these rights on the tables. */
  async role(
    rights: readonly string[],
    attributes = "",
  ): Promise<{ readonly user: string; readonly password: string }> {
    const user = `${this.schema}_${this.#roles.length}`;
    const password = `secret-${randomUUID()}`;
    await this.rows(`create role ${pg.escapeIdentifier(user)} login password '${password}' ${attributes}`);
    this.#roles.push(user);
    if (rights.length > 0) {
      const schema = pg.escapeIdentifier(this.schema);
      await this.rows(`grant usage on schema ${schema} to ${pg.escapeIdentifier(user)}`);
      await this.rows(`grant ${rights.join(", ")} on all tables in schema ${schema} to ${pg.escapeIdentifier(user)}`);
    }
    return { user, password };
  }

  /** How many connections of a name the server has. */
  async connections(applicationName: string): Promise<number> {
    const text = "select count(*)::integer from pg_stat_activity where application_name = $1";
    return Number(await this.value(text, [applicationName]));
  }

  /** Ends all connections of a name, as an administrator or a restart does; how many there were. */
  async terminate(applicationName: string): Promise<number> {
    const ended = await this.rows(
      "select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
      [applicationName],
    );
    const left = "select count(*)::integer from pg_stat_activity where pid = any ($1)";
    const pids = ended.map((row) => row["pid"]);
    await vi.waitUntil(async () => (await this.value(left, [pids])) === 0, { timeout: 30_000 });
    return ended.length;
  }

  /** Waits until a connection of a name waits for somebody's lock. */
  async waitsForLock(applicationName: string): Promise<void> {
    const text =
      "select count(*)::integer from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'";
    await vi.waitUntil(async () => Number(await this.value(text, [applicationName])) > 0, { timeout: 30_000 });
  }

  async #clearAway(): Promise<void> {
    for (const checkpointer of this.#opened) await checkpointer.release();
    for (const pool of this.#pools) await pool.end();
    await dropSchema(this.url, this.schema);
    for (const role of this.#roles) await this.rows(`drop role ${pg.escapeIdentifier(role)}`);
    await this.#admin.end();
  }
}
