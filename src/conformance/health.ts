import assert from "node:assert/strict";
import type { Health } from "../index.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { Subject } from "./subject.ts";

/** Asking a checkpointer how it is. */
export const health: Subject = {
  name: "health",
  promises: {
    async "a database that answers is available"({ checkpointer }) {
      const { database } = await checkpointer.health();
      assert.deepEqual(database, { isAvailable: true, errorCode: null });
    },

    async "the hot layer is null, or tells whether it is used and counts what happened"({ checkpointer }) {
      const told = await checkpointer.health();
      assert.deepEqual(Object.keys(told).toSorted(), ["database", "hotLayer"]);
      if (told.hotLayer === null) return;
      const { isOpen, ...counts } = told.hotLayer;
      assert.equal(typeof isOpen, "boolean");
      assert.deepEqual(Object.keys(counts).toSorted(), [
        "damagedCount",
        "draftConflictCount",
        "failureCount",
        "flushFailureCount",
        "pendingDraftCount",
        "rollbackCount",
      ]);
      for (const count of Object.values(counts)) assert.ok(Number.isSafeInteger(count) && count >= 0);
    },

    async "work that goes well is counted nowhere, and no draft is left behind it"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, stateWith({ n: 2 }));
      await reader.getStateCache(config);
      await checkpointer.getState(config);
      await checkpointer.clearState(config);
      await checkpointer.deleteThread(config);
      for (const one of [checkpointer, reader]) {
        const { hotLayer } = await one.health();
        if (hotLayer === null) continue;
        const { isOpen, ...counts } = hotLayer;
        assert.ok(isOpen);
        assert.deepEqual(counts, {
          damagedCount: 0,
          draftConflictCount: 0,
          failureCount: 0,
          flushFailureCount: 0,
          pendingDraftCount: 0,
          rollbackCount: 0,
        });
      }
    },

    async "it may be asked at any time, without a user, and by many at once"({ checkpointer, another }) {
      const strict = await another({ requireUserId: true });
      const config = newConfig();
      const work = Array.from({ length: 10 }, (_, n) => checkpointer.putState(config, stateWith({ n })));
      const told = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 ? strict : checkpointer).health()),
      );
      await Promise.all(work);
      const available = told.map((one: Health) => one.database.isAvailable);
      assert.deepEqual(
        available,
        Array.from({ length: 10 }, () => true),
      );
    },
  },
};
