import { PGlite } from "@electric-sql/pglite";
import { afterAll, describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";

const database = new PGlite();

checkpointerConformance({
  test,
  describe,
  idKinds: ["string", "int", "bigint"],
  async make(options) {
    const tablePrefix = `${options.idType}_${options.userIdType}_`;
    const checkpointer = new PgCheckpointer({ ...options, pgPool: database, tablePrefix });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => database.close());
