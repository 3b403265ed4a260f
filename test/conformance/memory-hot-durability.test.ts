import { describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import { InMemoryCheckpointer, MemoryColdStore } from "../../src/index.ts";

describe.each(["async", "exit"] as const)("durability %s", (durability) => {
  const store = new MemoryColdStore();
  const hotLog = new MemoryHotLog();

  checkpointerConformance({
    test,
    describe,
    commitsLater: "the background sync commits drafts, each namespace by itself",
    async make(options) {
      const checkpointer = new InMemoryCheckpointer({ ...options, store, hotLog, durability });
      await checkpointer.setup();
      return checkpointer;
    },
  });
});
