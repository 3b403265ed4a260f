import pg from "pg";
import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { startPgBouncer } from "../servers/pgbouncer.ts";
import { makePlainUser } from "../servers/plain-user.ts";
import { schemaFor } from "../servers/schema-per-file.ts";

const schema = schemaFor(import.meta.url);
const user = await makePlainUser(inject("databaseUrl"), schema);
const pooler = await startPgBouncer(user.url);
const pool = new pg.Pool({ connectionString: pooler.url });

interface Way {
  readonly preparedStatements: boolean;
  readonly rowLevelSecurity: boolean;
}

/** With both more can go wrong than with one of them. */
const usual: readonly Way[] = [{ preparedStatements: true, rowLevelSecurity: true }];
const others: readonly Way[] = [
  { preparedStatements: false, rowLevelSecurity: true },
  { preparedStatements: true, rowLevelSecurity: false },
  { preparedStatements: false, rowLevelSecurity: false },
];

// In transaction mode, which hands another client's connection on with everything that was left in it.
describe.each(process.env["AGENITY_TESTS"] === "full" ? [...usual, ...others] : usual)(
  "preparedStatements $preparedStatements, rowLevelSecurity $rowLevelSecurity",
  (way) => {
    checkpointerConformance({
      test,
      describe,
      async make(options) {
        const tablePrefix = `${way.preparedStatements}_${way.rowLevelSecurity}_`;
        const checkpointer = new PgCheckpointer({ ...options, ...way, pgPool: pool, schema, tablePrefix });
        await checkpointer.setup();
        return checkpointer;
      },
    });
  },
);

afterAll(async () => {
  await pool.end();
  await pooler.stop();
  await user.drop();
});
