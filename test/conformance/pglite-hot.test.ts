import { PGlite } from "@electric-sql/pglite";
import { afterAll, describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import { PgCheckpointer } from "../../src/index.ts";

const database = new PGlite();
const hotLogs = new Map<string, MemoryHotLog>();

checkpointerConformance({
  test,
  describe,
  idKinds: ["string", "int", "bigint"],
  async make(options) {
    const tablePrefix = `${options.idType}_${options.userIdType}_`;
    const hotLog = hotLogs.get(tablePrefix) ?? new MemoryHotLog();
    hotLogs.set(tablePrefix, hotLog);
    const checkpointer = new PgCheckpointer({ ...options, pgPool: database, tablePrefix, hotLog });
    await checkpointer.setup();
    return checkpointer;
  },
});

afterAll(() => database.close());
