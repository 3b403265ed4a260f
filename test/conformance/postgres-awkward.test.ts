import pg from "pg";
import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { dropSchema } from "../servers/schema-per-file.ts";

const databaseUrl = inject("databaseUrl");
const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });

// Names that must be quoted, and a pool of one connection that prepares no statements.
const names = { schema: "Agent State", tablePrefix: `"Ä; drop table $1 {{x}} '--` };

checkpointerConformance({
  test,
  describe,
  async make(options) {
    const checkpointer = new PgCheckpointer({ ...options, ...names, pgPool: pool, preparedStatements: false });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => pool.end().then(() => dropSchema(databaseUrl, names.schema)));
