import assert from "node:assert/strict";
import { type AgentState, ConflictError, versionOf } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { AnyFields, Subject } from "./subject.ts";

/** Deleting a thread, and making another one under its id. */
export const recreation: Subject = {
  name: "deleting threads and making them again",
  promises: {
    async "deleteThread deletes states, messages and the thread, and says whether there was one"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.deleteThread(config), false);
      await checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(2), thread: {} });
      await checkpointer.putState({ ...config, namespace: "planner" }, stateWith());
      assert.equal(await checkpointer.deleteThread(config), true);
      assert.equal(await checkpointer.getThread(config), null);
      assert.equal(await checkpointer.getState(config), null);
      assert.equal(await checkpointer.getState({ ...config, namespace: "planner" }), null);
      assert.equal(await checkpointer.getState(config, { version: 1 }), null);
      assert.deepEqual(await checkpointer.listStates(config), []);
      assert.deepEqual(await checkpointer.listMessages(config), []);
      assert.equal(await checkpointer.getMessage(config, "m0"), null);
      assert.deepEqual(await checkpointer.listThreads({ userId: config.userId }), []);
      assert.equal(await checkpointer.deleteThread(config), false);
    },

    async "a thread made again begins anew: versions, messages, fields"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "old", metadata: { old: true }, runId: "old" });
      await checkpointer.putMessages(config, numberedMessages(3));
      await checkpointer.putState(config, stateWith());
      await checkpointer.putState(config, stateWith());
      await checkpointer.deleteThread(config);
      const state = await checkpointer.putState(config, stateWith());
      assert.equal(versionOf(state), 1);
      assert.equal((await checkpointer.listStates(config)).length, 1);
      await checkpointer.putMessages(config, numberedMessages(2));
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ["0", "1"]);
      const thread = await checkpointer.getThread(config);
      assert.deepEqual([thread?.threadName, thread?.metadata, thread?.runId], [null, {}, null]);
    },

    async "a thread made again may belong to another user"({ checkpointer }) {
      const config = newConfig();
      const heir = { ...config, userId: newConfig().userId };
      await checkpointer.putState(config, stateWith({ secret: true }));
      await checkpointer.deleteThread(config);
      await checkpointer.putState(heir, stateWith({ secret: false }));
      assert.equal(await checkpointer.getState(config), null);
      assert.equal((await checkpointer.getState(heir))?.["secret"], false);
    },

    async "a state of the deleted thread conflicts: the thread stays deleted"({ checkpointer, another }) {
      const config = newConfig();
      const rival = await another();
      const state = await checkpointer.putState(config, stateWith());
      await rival.deleteThread(config);
      const error = await rejection(checkpointer.putState(config, state), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 0]);
      assert.equal(await rival.getThread(config), null);
    },

    async "a state of the deleted thread conflicts with the thread made again, at the same version too"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const rival = await another();
      await checkpointer.putState(config, stateWith({ life: 1 }));
      const old = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      await rival.deleteThread(config);
      await rival.putState(config, stateWith({ life: 2 }));
      await rejection(checkpointer.putState(config, old), ConflictError);
      await rejection(rival.putState(config, old), ConflictError);
      for (const reader of [checkpointer, rival]) assert.equal((await reader.getState(config))?.["life"], 2);
    },

    async "a near copy of the deleted thread is never answered for the one made again"({ checkpointer, another }) {
      const config = newConfig();
      const rival = await another();
      for (const life of [1, 2, 3]) {
        await rival.putState(config, stateWith({ life, only: { [`life${life}`]: life } }));
        assert.deepEqual((await checkpointer.getState(config))?.["only"], { [`life${life}`]: life });
        assert.equal((await checkpointer.getState(config, { version: 1 }))?.["life"], life);
        await rival.deleteThread(config);
        assert.equal(await checkpointer.getState(config), null);
      }
    },
  },
};
