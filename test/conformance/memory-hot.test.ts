import { describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import { InMemoryCheckpointer, MemoryColdStore } from "../../src/index.ts";

const storages = new Map<string, { store: MemoryColdStore; hotLog: MemoryHotLog }>();

checkpointerConformance({
  test,
  describe,
  idKinds: ["string", "int", "bigint"],
  async make(options) {
    const kinds = `${options.idType}_${options.userIdType}`;
    const storage = storages.get(kinds) ?? { store: new MemoryColdStore(), hotLog: new MemoryHotLog() };
    storages.set(kinds, storage);
    const checkpointer = new InMemoryCheckpointer({ ...options, ...storage });
    await checkpointer.setup();
    return checkpointer;
  },
});
