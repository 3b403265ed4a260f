import assert from "node:assert/strict";
import { AccessDeniedError, type AgentState, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { newConfig, newThread, numberedMessages, type OwnedConfig, stateWith, textsOf, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

type State = AgentState<AnyFields>;

/** What is done to a thread whose newest states are drafts: they are states like others. */
export const threadsWithDrafts: Subject = {
  name: "threads with drafts",
  promises: {
    async "clearState ends the draft too, and counts on from it"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const other = await another();
      assert.equal((await other.getStateCache(config))?.["n"], 3);
      await checkpointer.clearState(config);
      for (const reader of [checkpointer, other]) {
        assert.equal(await reader.getStateCache(config), null);
        assert.equal(await reader.getState(config), null);
      }
      const cleared = (await other.listStates(config)).map((info) => info.cleared);
      assert.deepEqual(cleared, [true, false, false, false]);
      assert.equal((await other.getState(config, { version: 3 }))?.["n"], 3);
      assert.equal(versionOf(await other.putStateCache(config, stateWith())), 5);
    },

    async "deleteThread deletes drafts, and nothing of them comes back"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const other = await another();
      assert.equal((await other.getStateCache(config))?.["n"], 3);
      assert.equal(await checkpointer.deleteThread(config), true);
      for (const reader of [checkpointer, other]) assert.equal(await reader.getStateCache(config), null);
      await checkpointer.release();
      const later = await another();
      for (const reader of [other, later]) {
        assert.equal(await reader.getState(config), null);
        assert.equal(await reader.getStateCache(config), null);
        assert.deepEqual(await reader.listThreads({ userId: config.userId }), []);
      }
      assert.equal(versionOf(await later.putStateCache(config, stateWith({ n: "anew" }))), 1);
      assert.equal((await other.getStateCache(config))?.["n"], "anew");
    },

    async "another one's deletion deletes drafts too"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const other = await another();
      assert.equal(await other.deleteThread(config), true);
      for (const reader of [checkpointer, other]) assert.equal(await reader.getStateCache(config), null);
      await checkpointer.release();
      assert.equal(await other.getThread(config), null);
      assert.deepEqual(await other.listThreads({ userId: config.userId }), []);
    },

    async "a fork has the draft"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const [whole, part] = [unique("fork"), unique("fork")].map((threadId) => ({ ...config, threadId }));
      await checkpointer.forkThread(config, whole as OwnedConfig);
      await checkpointer.putStateCache(config, stateWith({ n: 4 }));
      await checkpointer.forkThread(config, part as OwnedConfig, { version: 4 });
      const other = await another();
      assert.equal((await other.getStateCache(whole as OwnedConfig))?.["n"], 3);
      assert.equal((await other.getState(part as OwnedConfig))?.["n"], 4);
      assert.equal((await other.getStateCache(part as OwnedConfig))?.["n"], 4);
    },

    async "repairState keeps the draft's fields, and its version before its own"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      await checkpointer.putMessages(config, numberedMessages(2));
      const repaired = await checkpointer.repairState(config);
      assert.deepEqual([repaired["n"], versionOf(repaired), textsOf(repaired.context)], [3, 4, ["0", "1"]]);
      const other = await another();
      sameExactly(await other.getStateCache(config), repaired);
      assert.equal((await other.getState(config, { version: 3 }))?.["n"], 3);
    },

    async "updateState is given the draft"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const written = await checkpointer.updateState(
        config,
        (state) => ({ ...(state as State), n: ((state as State)["n"] as number) + 1 }),
        { durability: "sync" },
      );
      assert.deepEqual([written?.["n"], versionOf(written as State)], [4, 4]);
      const other = await another();
      assert.equal((await other.getState(config))?.["n"], 4);
      assert.equal((await other.getState(config, { version: 3 }))?.["n"], 3);
    },

    async "a whole turn on a draft commits both"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const state = (await checkpointer.getStateCache(config)) as State;
      const parts = {
        state: Object.assign(state, { n: 4 }),
        messages: numberedMessages(2),
        thread: { threadName: "Name" },
      };
      await checkpointer.checkpoint(config, parts, { metadata: { turn: true } });
      assert.equal(versionOf(state), 4);
      const other = await another();
      sameExactly(await other.getState(config), state);
      assert.deepEqual(textsOf(await other.listMessages(config)), ["0", "1"]);
      assert.equal((await other.getThread(config))?.threadName, "Name");
      const metadata = (await other.listStates(config)).map((info) => info.metadata);
      assert.deepEqual(metadata, [{ turn: true }, {}, {}, {}]);
    },

    async "a fresh state over a draft is the version behind it"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const put = await checkpointer.putState(config, stateWith({ n: "fresh" }), { durability: "sync" });
      assert.equal(versionOf(put), 4);
      const other = await another();
      sameExactly(await other.getState(config), put);
      assert.equal((await other.getState(config, { version: 3 }))?.["n"], 3);
      assert.equal((await other.listThreads({ userId: config.userId })).length, 1);
    },

    async "messages may be put between drafts"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      await checkpointer.putMessages(config, numberedMessages(2));
      await checkpointer.putStateCache(config, stateWith({ n: 4 }));
      await checkpointer.release();
      const other = await another();
      assert.equal((await other.getState(config))?.["n"], 4);
      assert.deepEqual(textsOf(await other.listMessages(config)), ["0", "1"]);
    },

    async "a draft keeps the run that made it with the thread"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState({ ...config, runId: "run-1" }, stateWith());
      await checkpointer.putStateCache({ ...config, runId: "run-2" }, stateWith());
      await checkpointer.putStateCache({ ...config, runId: "run-2" }, stateWith());
      assert.equal((await checkpointer.getThread(config))?.runId, "run-2");
      await checkpointer.putStateCache(config, stateWith());
      await checkpointer.putStateCache({ ...config, runId: "run-3" }, stateWith());
      await checkpointer.release();
      assert.equal((await (await another()).getThread(config))?.runId, "run-3");
    },

    async "another user's drafts are denied, and nothing is written"({ checkpointer, another }) {
      const owned = await drafted(checkpointer);
      const nobody = newThread();
      await checkpointer.putState(nobody, stateWith({ n: 3 }));
      const state = (await checkpointer.getStateCache(owned)) as State;
      for (const config of [owned, nobody]) {
        const stranger = { threadId: config.threadId, userId: unique("stranger") };
        for (const writer of [checkpointer, await another()]) {
          const attempts = [
            writer.putStateCache(stranger, stateWith({ n: "stolen" })),
            writer.putStateCache(stranger, { ...state, n: "stolen" }),
            writer.putStateCache(stranger, { ...state }, { onConflict: "overwrite" }),
            writer.putStateCache(stranger, stateWith(), { ifVersion: 0 }),
            writer.putStateCache({ ...stranger, namespace: "unused" }, stateWith()),
            writer.putState(stranger, stateWith({ n: "stolen" }), { durability: "async" }),
            writer.updateState(stranger, () => stateWith({ n: "stolen" }), { durability: "async" }),
          ];
          for (const attempt of attempts) await rejection(attempt, AccessDeniedError);
          assert.equal(await writer.getStateCache(stranger), null);
          assert.deepEqual(await writer.listThreads({ userId: stranger.userId }), []);
        }
        assert.equal((await checkpointer.getStateCache(config))?.["n"], 3);
      }
      assert.equal((await checkpointer.listStates(owned)).length, 3);
      assert.equal(await checkpointer.getState({ ...owned, namespace: "unused" }), null);
    },

    async "the application drafts on every thread, and the owner stays"({ checkpointer, another }) {
      const config = await drafted(checkpointer);
      const application = { threadId: config.threadId };
      const state = (await checkpointer.getStateCache(application)) as State;
      await checkpointer.putStateCache(application, { ...state, n: 4 });
      const other = await another();
      for (const reader of [checkpointer, other]) assert.equal((await reader.getStateCache(config))?.["n"], 4);
      await checkpointer.release();
      assert.equal((await other.getState(config))?.["n"], 4);
      assert.equal((await other.getThread(config))?.userId, config.userId);
    },
  },
};

/** A thread with one committed state, and two that were drafted on it. */
async function drafted(checkpointer: Checkpointer): Promise<OwnedConfig> {
  const config = newConfig();
  const state = await checkpointer.putState(config, stateWith({ n: 1 }), { durability: "sync" });
  for (const n of [2, 3]) await checkpointer.putStateCache(config, Object.assign(state, { n }));
  return config;
}
