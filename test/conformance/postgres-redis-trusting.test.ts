import { afterAll, describe, inject, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { PgCheckpointer } from "../../src/index.ts";
import { deleteKeys, keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";

const [databaseUrl, cacheUrl] = [inject("databaseUrl"), inject("cacheUrl")];
const schema = schemaFor(import.meta.url);
const keyPrefix = keyPrefixFor(import.meta.url);
// What the kit asks must not depend on how busy the machine is.
const servers = { postgresDsn: databaseUrl, redisUrl: cacheUrl, schema, keyPrefix, redisTimeoutMs: 30_000 };

checkpointerConformance({
  test,
  describe,
  async make(options) {
    const tablePrefix = `${options.idType}_${options.userIdType}_`;
    const checkpointer = new PgCheckpointer({ ...options, ...servers, tablePrefix, maxStalenessMs: Infinity });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => Promise.all([dropSchema(databaseUrl, schema), deleteKeys(cacheUrl, keyPrefix)]));
