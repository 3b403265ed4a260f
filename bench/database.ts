import { randomBytes } from "node:crypto";
import pg from "pg";
import { startPostgres } from "../test/servers/postgres.ts";

/** A real PostgreSQL server, a schema of this run's own on it, and a pool. */
export interface BenchDatabase extends AsyncDisposable {
  /** Connection string. */
  readonly url: string;
  /** Emptied and dropped at the end. */
  readonly schema: string;
  /** A pool of ten connections, lent to both sides of a comparison. */
  readonly pool: pg.Pool;
}

/** The server that `DATABASE_URL` names, or one that is started for this run. */
export async function openDatabase(): Promise<BenchDatabase> {
  const server = await startPostgres();
  const schema = `bench_${randomBytes(4).toString("hex")}`;
  const pool = new pg.Pool({ connectionString: server.url, max: 10 });
  pool.on("error", () => {}); // the server may be stopped while a connection is closing
  await pool.query(`create schema ${schema}`);
  return {
    url: server.url,
    schema,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.query(`drop schema ${schema} cascade`);
      await pool.end();
      await server.stop();
    },
  };
}
