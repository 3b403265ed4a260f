import pg from "pg";
import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { startPgBouncer } from "../servers/pgbouncer.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";

const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);
const pooler = await startPgBouncer(databaseUrl);
const pool = new pg.Pool({ connectionString: pooler.url });

// In transaction mode, which hands another client's connection on with everything that was left in it. Without prepared statements less can go
// wrong, and the kit passes so elsewhere.
describe.each(process.env["AGENITY_TESTS"] === "full" ? [true, false] : [true])(
  "preparedStatements %s",
  (preparedStatements) => {
    checkpointerConformance({
      test,
      describe,
      async make(options) {
        const tablePrefix = `prepared_${preparedStatements}_`;
        const source = { pgPool: pool, preparedStatements };
        const checkpointer = new PgCheckpointer({ ...options, ...source, schema, tablePrefix });
        await checkpointer.setup();
        return checkpointer;
      },
    });
  },
);

afterAll(async () => {
  await pool.end();
  await dropSchema(databaseUrl, schema);
  await pooler.stop();
});
