import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { startPostgres18 } from "../servers/postgres-18.ts";

const server = await startPostgres18();
const pool = new pg.Pool({ connectionString: server.url, max: 1 });

// Names that must be quoted, and a pool of one connection that prepares no statements.
const names = { schema: "Agent State", tablePrefix: `"Ä; drop table $1 {{x}} '--` };

test("the server is PostgreSQL 18", async () => {
  const { rows } = await pool.query<{ server_version: string }>("show server_version");
  expect(rows[0]?.server_version).toMatch(/^18\./);
});

checkpointerConformance({
  test,
  describe,
  async make(options) {
    const checkpointer = new PgCheckpointer({ ...options, ...names, pgPool: pool, preparedStatements: false });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(async () => {
  await pool.end();
  await server.stop();
});
