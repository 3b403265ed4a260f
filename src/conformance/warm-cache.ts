import assert from "node:assert/strict";
import { type AgentState, InvalidConfigError, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { newConfig, numberedMessages, type OwnedConfig, stateWith, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

/** Loading states before anybody asks for them: it changes nothing but how long the first read takes. */
export const warmCache: Subject = {
  name: "warmCache",
  promises: {
    async "it loads the states of the user's threads, and says how many"({ checkpointer, another }) {
      const configs = await threadsOfOne(checkpointer, 5);
      const { userId } = configs[0] as OwnedConfig;
      for (const one of [await another(), checkpointer]) {
        assert.equal(await one.warmCache({ userId }), 5);
        for (const [index, config] of configs.entries()) {
          const read = (await one.getStateCache(config)) as AgentState<AnyFields>;
          assert.deepEqual([read["index"], versionOf(read)], [index, 1]);
        }
      }
      assert.equal(await checkpointer.warmCache({ userId: unique("nobody") }), 0);
    },

    async "without a user it loads everybody's"({ checkpointer, another }) {
      const configs = [newConfig(), newConfig()];
      for (const config of configs) await checkpointer.putState(config, stateWith({ of: config.userId }));
      const warmed = await another();
      for (const given of [{ limit: 2 }, { limit: 2, userId: undefined }]) {
        const count = await warmed.warmCache(given);
        assert.ok(count >= 1 && count <= 2, `loaded ${count}`);
      }
      assert.ok((await warmed.warmCache()) >= 1);
      for (const config of configs) assert.equal((await warmed.getStateCache(config))?.["of"], config.userId);
    },

    async "limit takes those that were written last, 100 unless it is said"({ checkpointer, another }) {
      const configs = await threadsOfOne(checkpointer, 103);
      const { userId } = configs[0] as OwnedConfig;
      const warmed = await another();
      assert.equal(await warmed.warmCache({ userId, limit: 2 }), 2);
      assert.equal(await warmed.warmCache({ userId }), 100);
      assert.equal(await warmed.warmCache({ userId, limit: undefined, namespace: undefined }), 100);
      assert.equal(await warmed.warmCache({ userId, limit: 10_000 }), 103);
      for (const index of [0, 50, 102]) {
        assert.equal((await warmed.getStateCache(configs[index] as OwnedConfig))?.["index"], index);
      }
    },

    async "threads without a state are not counted, and namespaces are apart"({ checkpointer, another }) {
      const { userId } = newConfig();
      const [main, planner, silent] = ["main", "planner", "silent"].map((name) => ({ threadId: unique(name), userId }));
      await checkpointer.putState(main as OwnedConfig, stateWith({ who: "main" }));
      await checkpointer.putState({ ...(planner as OwnedConfig), namespace: "planner" }, stateWith({ who: "planner" }));
      await checkpointer.putMessages(silent as OwnedConfig, numberedMessages(1));
      const warmed = await another();
      assert.equal(await warmed.warmCache({ userId }), 1);
      assert.equal(await warmed.warmCache({ userId, namespace: "planner" }), 1);
      assert.equal(await warmed.warmCache({ userId, namespace: "critic" }), 0);
      assert.equal((await warmed.getStateCache(main as OwnedConfig))?.["who"], "main");
      assert.equal(await warmed.getStateCache(planner as OwnedConfig), null);
      assert.equal(
        (await warmed.getStateCache({ ...(planner as OwnedConfig), namespace: "planner" }))?.["who"],
        "planner",
      );
      assert.equal(await warmed.getStateCache(silent as OwnedConfig), null);
    },

    async "what is written afterwards, by whomever, is read at once"({ checkpointer, another }) {
      const [config] = (await threadsOfOne(checkpointer, 1)) as [OwnedConfig];
      const warmed = await another();
      for (let n = 0; n < 5; n++) {
        assert.equal(await warmed.warmCache({ userId: config.userId }), 1);
        const put = await checkpointer.putState(config, stateWith({ n }));
        for (const reader of [warmed, checkpointer]) sameExactly(await reader.getStateCache(config), put);
      }
      await checkpointer.warmCache({ userId: config.userId });
      await checkpointer.deleteThread(config);
      for (const reader of [warmed, checkpointer]) assert.equal(await reader.getStateCache(config), null);
    },

    async "warming while others write brings nothing old back"({ checkpointer, another }) {
      const [config] = (await threadsOfOne(checkpointer, 1)) as [OwnedConfig];
      const warmed = await another();
      for (let n = 1; n <= 30; n++) {
        const warming = warmed.warmCache({ userId: config.userId });
        const put = await checkpointer.putState(config, stateWith({ n }));
        sameExactly(await checkpointer.getStateCache(config), put);
        assert.equal(await warming, 1);
        for (const reader of [warmed, checkpointer]) sameExactly(await reader.getStateCache(config), put);
      }
    },

    async "drafts stay, in whatever order"({ checkpointer, another }) {
      const [config] = (await threadsOfOne(checkpointer, 1)) as [OwnedConfig];
      const other = await another();
      for (let n = 1; n <= 5; n++) {
        const put = await checkpointer.putStateCache(config, stateWith({ n }));
        for (const one of [other, checkpointer]) {
          await one.warmCache({ userId: config.userId });
          sameExactly(await one.getStateCache(config), put);
        }
      }
      await checkpointer.release();
      const read = (await other.getState(config)) as AgentState<AnyFields>;
      assert.deepEqual([read["n"], versionOf(read)], [5, 6]);
    },

    async "another user reads nothing of what was loaded"({ checkpointer, another }) {
      const configs = await threadsOfOne(checkpointer, 3);
      const warmed = await another();
      await warmed.warmCache({ userId: configs[0]?.userId });
      for (const config of configs) {
        assert.equal(await warmed.getStateCache({ ...config, userId: unique("stranger") }), null);
      }
    },

    async "a wrong config is an InvalidConfigError that names the field"({ checkpointer, another }) {
      const strict = await another({ requireUserId: true });
      const wrong: [field: string, config: unknown][] = [
        ...[0, -1, 1.5, 10_001, Number.NaN, Number.POSITIVE_INFINITY, "10", null, 1n].map(
          (limit): [string, unknown] => {
            return ["config.limit", { limit }];
          },
        ),
        ["config.namespace", { namespace: 1 }],
        ["config.namespace", { namespace: "x".repeat(256) }],
        ["config.userId", { userId: "" }],
        ["config.userId", { userId: 7 }],
        ["config.threadId", { threadId: "a" }],
        ["config.count", { count: 1 }],
        ["config", "a"],
        ["config", 1],
      ];
      for (const [field, config] of wrong) {
        assert.equal((await rejection(checkpointer.warmCache(config as never), InvalidConfigError)).field, field);
      }
      assert.equal((await rejection(strict.warmCache(), InvalidConfigError)).field, "config.userId");
      assert.equal(await strict.warmCache({ userId: unique("user") }), 0);
    },
  },
};

/** Threads of a new user, each with one state that says which it is, the last one written last. */
async function threadsOfOne(checkpointer: Checkpointer, count: number): Promise<OwnedConfig[]> {
  const { userId } = newConfig();
  const configs = Array.from({ length: count }, () => ({ threadId: unique("thread"), userId }));
  for (const [index, config] of configs.entries()) {
    await checkpointer.putState(config, stateWith({ index }), { durability: "sync" });
  }
  return configs;
}
