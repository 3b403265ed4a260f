import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { makePlainUser } from "../servers/plain-user.ts";
import { schemaFor } from "../servers/schema-per-file.ts";

const schema = schemaFor(import.meta.url);
const user = await makePlainUser(inject("databaseUrl"), schema);

checkpointerConformance({
  test,
  describe,
  async make(options) {
    const source = { postgresDsn: user.url, schema, rowLevelSecurity: true };
    const checkpointer = new PgCheckpointer({ ...options, ...source });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => user.drop());
