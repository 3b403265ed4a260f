import { describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { InMemoryCheckpointer, MemoryColdStore } from "../../src/index.ts";

const stores = new Map<string, MemoryColdStore>();

checkpointerConformance({
  test,
  describe,
  idKinds: ["string", "int", "bigint"],
  async make(options) {
    const kinds = `${options.idType}_${options.userIdType}`;
    const store = stores.get(kinds) ?? new MemoryColdStore();
    stores.set(kinds, store);
    return new InMemoryCheckpointer({ ...options, store });
  },
});
