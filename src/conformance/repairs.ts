import assert from "node:assert/strict";
import { NotFoundError, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { fieldsOf, newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { Subject } from "./subject.ts";

/** Rebuilding a state from the thread's messages. */
export const repairs: Subject = {
  name: "repairState",
  promises: {
    async "the context becomes all of the thread's messages, other fields stay"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(5));
      const state = stateWith({ context: numberedMessages(1, "other"), contextSummary: "kept", plan: ["kept"] });
      await checkpointer.putState(config, state);
      const repaired = await checkpointer.repairState(config);
      assert.equal(versionOf(repaired), 2);
      assert.deepEqual(textsOf(repaired.context), ["0", "1", "2", "3", "4"]);
      const { context: _before, ...kept } = fieldsOf(state);
      const { context: _after, ...others } = fieldsOf(repaired);
      sameExactly(others, kept);
      for (const reader of [checkpointer, await another()]) sameExactly(await reader.getState(config), repaired);
      assert.deepEqual(textsOf((await checkpointer.getState(config, { version: 1 }))?.context ?? []), ["0"]);
    },

    async "a thread without a state, or with a cleared one, gets a fresh one"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(2));
      const first = await checkpointer.repairState(config);
      sameExactly(fieldsOf(first), fieldsOf(stateWith({ context: await checkpointer.listMessages(config) })));
      await checkpointer.putState(config, stateWith({ plan: "gone" }));
      await checkpointer.clearState(config);
      const second = await checkpointer.repairState(config);
      assert.equal(versionOf(second), 4);
      assert.deepEqual([second["plan"], textsOf(second.context)], [undefined, ["0", "1"]]);
    },

    async "it writes over whatever stands, and its answer can be put again"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      await (await another()).putState(config, stateWith());
      const repaired = await checkpointer.repairState(config);
      assert.equal(versionOf(repaired), 3);
      repaired["next"] = true;
      await checkpointer.putState(config, repaired);
      assert.equal((await checkpointer.getState(config))?.["next"], true);
    },

    async "messages stay as they are"({ checkpointer }) {
      const config = newConfig();
      const put = await checkpointer.putMessages(config, numberedMessages(3));
      await checkpointer.repairState(config);
      sameExactly(await checkpointer.listMessages(config), put);
    },

    async "each namespace is repaired by itself"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(1));
      await checkpointer.putState(config, stateWith({ who: "main" }));
      const repaired = await checkpointer.repairState({ ...config, namespace: "planner" });
      assert.equal(repaired["who"], undefined);
      assert.deepEqual((await checkpointer.getState(config))?.context, []);
    },

    async "without a thread it is a NotFoundError, and makes none"({ checkpointer }) {
      const config = newConfig();
      await rejection(checkpointer.repairState(config), NotFoundError);
      assert.equal(await checkpointer.getThread(config), null);
    },
  },
};
