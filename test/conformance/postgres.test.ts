import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";

const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);

checkpointerConformance({
  test,
  describe,
  idKinds: ["string", "int", "bigint"],
  async make(options) {
    const tablePrefix = `${options.idType}_${options.userIdType}_`;
    const checkpointer = new PgCheckpointer({ ...options, postgresDsn: databaseUrl, schema, tablePrefix });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => dropSchema(databaseUrl, schema));
