import assert from "node:assert/strict";
import { type AgentState, Message, versionOf } from "../index.ts";
import { sameExactly } from "./expectations.ts";
import { fieldsOf, newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { AnyFields, Subject } from "./subject.ts";

/** Putting, reading and clearing states. */
export const states: Subject = {
  name: "states",
  promises: {
    async "a state that was put is read as it was put, carrying its version"({ checkpointer }) {
      const config = newConfig();
      const state = stateWith({ context: numberedMessages(3), contextSummary: "three", plan: ["look", "leap"] });
      const written = fieldsOf(state);
      const put = await checkpointer.putState(config, state);
      const read = await checkpointer.getState(config);
      sameExactly(fieldsOf(read), written);
      sameExactly(read, put);
      assert.equal(versionOf(read as AgentState<AnyFields>), 1);
    },

    async "there is no state before the first is put"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.getState(config), null);
      await checkpointer.putThread(config);
      assert.equal(await checkpointer.getState(config), null);
    },

    async "a state makes its thread, which belongs to the caller"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const thread = await checkpointer.getThread(config);
      assert.equal(thread?.userId, config.userId);
      assert.equal(thread.threadId, config.threadId);
    },

    async "putState answers the object it was given, now at version 1, 2, 3"({ checkpointer }) {
      const config = newConfig();
      const state = stateWith();
      assert.equal(versionOf(state), undefined);
      for (const version of [1, 2, 3]) {
        state.context.push(Message.text(`turn ${version}`));
        assert.equal(await checkpointer.putState(config, state), state);
        assert.equal(versionOf(state), version);
      }
    },

    async "a frozen state is answered as a copy and not touched"({ checkpointer }) {
      const config = newConfig();
      const frozen = Object.freeze(stateWith({ plan: "stay" }));
      const put = await checkpointer.putState(config, frozen);
      assert.notEqual(put, frozen);
      assert.equal(versionOf(frozen), undefined);
      assert.equal(versionOf(put), 1);
      sameExactly(fieldsOf(put), fieldsOf(frozen));
    },

    async "a state that did not change is a version all the same"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ step: 1 }));
      await checkpointer.putState(config, state);
      assert.equal(versionOf(state), 2);
      sameExactly(await checkpointer.getState(config), state);
    },

    async "each namespace has a state and versions of its own"({ checkpointer }) {
      const config = newConfig();
      const planner = { ...config, namespace: "planner" };
      await checkpointer.putState(config, stateWith({ who: "main" }));
      await checkpointer.putState(config, stateWith({ who: "main again" }));
      await checkpointer.putState(planner, stateWith({ who: "planner" }));
      const main = await checkpointer.getState({ ...config, namespace: "" });
      const plan = await checkpointer.getState(planner);
      assert.equal(main?.["who"], "main again");
      assert.equal(plan?.["who"], "planner");
      assert.deepEqual([versionOf(main), versionOf(plan)], [2, 1]);
      assert.equal(await checkpointer.getState({ ...config, namespace: "critic" }), null);
    },

    async "clearing one namespace leaves the others"({ checkpointer }) {
      const config = newConfig();
      const planner = { ...config, namespace: "planner" };
      await checkpointer.putState(config, stateWith({ who: "main" }));
      await checkpointer.putState(planner, stateWith({ who: "planner" }));
      await checkpointer.clearState(planner);
      assert.equal(await checkpointer.getState(planner), null);
      assert.equal((await checkpointer.getState(config))?.["who"], "main");
    },

    async "fields that a state no longer has are gone"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ plan: "old", kept: 1 }));
      const state = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      delete state["plan"];
      await checkpointer.putState(config, state);
      const read = await (await another()).getState(config);
      assert.deepEqual(Object.keys(fieldsOf(read)), ["context", "contextSummary", "executionMeta", "kept"]);
    },

    async "a context may grow, be trimmed, be edited in the middle and be emptied"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const state = stateWith({ context: numberedMessages(10) });
      const edits: ((context: Message[]) => Message[])[] = [
        (context) => [...context, Message.text("appended")],
        (context) => context.slice(4),
        (context) => context.with(2, Message.text("edited")),
        (context) => [Message.text("system", { role: "system" }), ...context],
        (context) => context.toReversed(),
        (context) => [...context, ...context],
        () => [],
        () => [Message.text("anew")],
      ];
      for (const edit of edits) {
        state.context = edit(state.context);
        await checkpointer.putState(config, state);
        sameExactly(await reader.getState(config), state);
      }
    },

    async "summary and execution meta are kept with all their fields"({ checkpointer, another }) {
      const config = newConfig();
      const state = stateWith({
        contextSummary: "what was said",
        executionMeta: {
          step: 7,
          status: "interrupted",
          currentNode: "ask",
          interruptedNode: "tool",
          interruptReason: "approval",
          interruptData: { since: new Date(5), calls: new Set(["a"]) },
          internalData: { retries: 2n },
        },
      });
      const written = fieldsOf(state);
      await checkpointer.putState(config, state);
      sameExactly(fieldsOf(await (await another()).getState(config)), written);
    },

    async "after clearState there is no state, and the messages stay"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(2));
      await checkpointer.putState(config, stateWith({ context: numberedMessages(2) }));
      await checkpointer.clearState(config);
      assert.equal(await checkpointer.getState(config), null);
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ["0", "1"]);
    },

    async "versions go on counting after a clear, which is one of them"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ life: 1 }));
      await checkpointer.clearState(config);
      const state = await checkpointer.putState(config, stateWith({ life: 2 }));
      assert.equal(versionOf(state), 3);
      const cleared = (await checkpointer.listStates(config)).map((info) => info.cleared);
      assert.deepEqual(cleared, [false, true, false]);
      assert.equal(await checkpointer.getState(config, { version: 2 }), null);
      assert.equal((await checkpointer.getState(config, { version: 1 }))?.["life"], 1);
      assert.equal((await checkpointer.getState(config))?.["life"], 2);
    },

    async "clearing where there is no state does nothing"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.clearState(config);
      assert.equal(await checkpointer.getThread(config), null);
      await checkpointer.putState(config, stateWith());
      await checkpointer.clearState(config);
      await checkpointer.clearState(config);
      assert.equal((await checkpointer.listStates(config)).length, 2);
    },

    async "a write keeps the run that made it with the thread; a read does not"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState({ ...config, runId: "run-1" }, stateWith());
      assert.equal((await checkpointer.getThread(config))?.runId, "run-1");
      await checkpointer.getState({ ...config, runId: "run-2" });
      await checkpointer.putMessages(config, [Message.text("no run told")]);
      assert.equal((await checkpointer.getThread(config))?.runId, "run-1");
      await checkpointer.putMessages({ ...config, runId: "run-3" }, [Message.text("told")]);
      assert.equal((await checkpointer.getThread(config))?.runId, "run-3");
    },
  },
};
