import assert from "node:assert/strict";
import { type AgentState, Message, versionOf } from "../index.ts";
import { eventually, sameExactly } from "./expectations.ts";
import { fieldsOf, newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { AnyFields, Subject } from "./subject.ts";

type State = AgentState<AnyFields>;

/** States that need not wait for the database, and how they get there. Without a hot layer they are in it at once: that is allowed. */
export const drafts: Subject = {
  name: "drafts",
  promises: {
    async "a draft is read by cached reads, here and elsewhere, carrying its version"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const other = await another();
      assert.equal((await other.getStateCache(config))?.["n"], 1);
      const state = (await checkpointer.getState(config)) as State;
      Object.assign(state, { n: 2, plan: ["draft"] });
      assert.equal(await checkpointer.putStateCache(config, state), state);
      assert.equal(versionOf(state), 2);
      for (const reader of [checkpointer, other, await another()])
        sameExactly(await reader.getStateCache(config), state);
    },

    async "drafts follow on one another, and each is a version"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      for (let n = 2; n <= 20; n++) {
        Object.assign(state, { n, scratch: n % 5 === 0 ? "x".repeat(400) : null });
        state.context.push(Message.text(`turn ${n}`));
        await checkpointer.putStateCache(config, state);
        assert.equal(versionOf(state), n);
        sameExactly(await other.getStateCache(config), state);
      }
      await checkpointer.release();
      sameExactly(await other.getState(config), state);
      assert.equal((await other.getState(config, { version: 7 }))?.["n"], 7);
      const versions = (await other.listStates(config)).map((info) => info.version);
      assert.deepEqual(
        versions,
        Array.from({ length: 20 }, (_, index) => 20 - index),
      );
    },

    async "two checkpointers take turns, each on the other's drafts"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()] as const;
      await checkpointer.putState(config, stateWith({ turns: [] }));
      for (let turn = 0; turn < 12; turn++) {
        const [writer, reader] = turn % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
        const state = (await writer.getStateCache(config)) as State;
        (state["turns"] as number[]).push(turn);
        await writer.putStateCache(config, state);
        sameExactly(await reader.getStateCache(config), state);
      }
      for (const one of pair) await one.release();
      const read = (await (await another()).getState(config)) as State;
      assert.deepEqual(
        read["turns"],
        Array.from({ length: 12 }, (_, turn) => turn),
      );
      assert.equal(versionOf(read), 13);
    },

    async "the first write of a thread makes it, for everybody"({ checkpointer, another }) {
      const config = newConfig();
      const state = await checkpointer.putStateCache(config, stateWith({ first: true }));
      assert.equal(versionOf(state), 1);
      const other = await another();
      assert.equal((await other.getThread(config))?.userId, config.userId);
      sameExactly(await other.getState(config), state);
      sameExactly(await other.getStateCache(config), state);
    },

    async "who made a draft sees it in everything that he asks"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, { ...state, n: 2 });
      assert.equal((await checkpointer.getState(config))?.["n"], 2);
      await checkpointer.putStateCache(config, stateWith({ n: 3 }));
      assert.equal((await checkpointer.getState(config, { version: 3 }))?.["n"], 3);
      await checkpointer.putStateCache(config, stateWith({ n: 4 }));
      assert.equal((await checkpointer.listStates(config)).length, 4);
      await checkpointer.putStateCache(config, stateWith({ n: 5 }));
      assert.equal((await checkpointer.stats(config)).versions, 5);
    },

    async "a draft is committed by itself after a while"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, state);
      await eventually("the draft is committed", async () => versionOf((await other.getState(config)) as State) === 2);
    },

    async "release commits what was drafted, of every thread"({ checkpointer, another }) {
      const configs = Array.from({ length: 12 }, () => newConfig());
      for (const [index, config] of configs.entries()) {
        const state = await checkpointer.putState(config, stateWith({ n: 0 }));
        await checkpointer.putStateCache(config, { ...state, n: index });
      }
      await checkpointer.release();
      const other = await another();
      for (const [index, config] of configs.entries()) assert.equal((await other.getState(config))?.["n"], index);
    },

    async "a sync write on a draft commits both"({ checkpointer, another }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, Object.assign(state, { n: 2 }));
      await checkpointer.putState(config, Object.assign(state, { n: 3 }), { durability: "sync" });
      const other = await another();
      sameExactly(await other.getState(config), state);
      assert.equal((await other.getState(config, { version: 2 }))?.["n"], 2);
      sameExactly(await other.getStateCache(config), state);
    },

    async "a sync write on another's draft commits both"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, stateWith({ n: 2 }));
      const state = (await other.getStateCache(config)) as State;
      await other.putState(config, Object.assign(state, { n: 3 }), { durability: "sync" });
      assert.equal(versionOf(state), 3);
      for (const reader of [await another(), other, checkpointer]) {
        sameExactly(await reader.getState(config), state);
        assert.equal((await reader.getState(config, { version: 2 }))?.["n"], 2);
      }
    },

    async "a call chooses its durability"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }), { durability: "sync" });
      const add = (state: State | null): void => void ((state as State)["n"] = ((state as State)["n"] as number) + 1);
      await checkpointer.updateState(config, add, { durability: "async" });
      await checkpointer.updateState(config, add, { durability: "exit" });
      await checkpointer.updateState(config, add);
      const state = (await checkpointer.getStateCache(config)) as State;
      assert.deepEqual([state["n"], versionOf(state)], [4, 4]);
      await checkpointer.putState(config, Object.assign(state, { n: 5 }), { durability: "async" });
      await checkpointer.putState(config, Object.assign(state, { n: 6 }), { durability: "sync" });
      const read = (await (await another()).getState(config)) as State;
      assert.deepEqual([read["n"], versionOf(read)], [6, 6]);
    },

    async "with exit, the state that ends a run is durable, and all before it"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const exit = { durability: "exit" } as const;
      for (const status of ["completed", "interrupted", "error"] as const) {
        const state = (await checkpointer.getStateCache(config)) ?? stateWith();
        const before = versionOf(state) ?? 0;
        for (const step of [1, 2, 3]) {
          state.executionMeta = { step, status: "running" };
          await checkpointer.putStateCache(config, state, exit);
        }
        state.executionMeta = { step: 4, status };
        await checkpointer.putStateCache(config, state, exit);
        sameExactly(await other.getState(config), state);
        assert.equal(versionOf(state), before + 4);
        assert.equal((await other.getState(config, { version: before + 2 }))?.executionMeta.step, 2);
      }
    },

    async "with exit, release commits a run that has not ended"({ checkpointer, another }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putState(config, Object.assign(state, { n: 2 }), { durability: "exit" });
      await checkpointer.release();
      sameExactly(await (await another()).getState(config), state);
    },

    async "metadata of a draft is kept with its version"({ checkpointer, another }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith(), { metadata: { step: 0 } });
      const odd = { step: 1, at: new Date(5), nul: "\0", lone: "\uD83D", $: { big: 1n } };
      await checkpointer.putStateCache(config, state, { metadata: odd });
      await checkpointer.putStateCache(config, state);
      await checkpointer.release();
      const other = await another();
      const kept = (await other.listStates(config)).map((info) => info.metadata);
      assert.deepStrictEqual(kept, [{}, odd, { step: 0 }]);
      const found = await other.listStates(config, { metadata: { step: 1 } });
      assert.deepEqual(
        found.map((info) => info.version),
        [2],
      );
    },

    async "what happens to a state after the call has begun does not matter"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const state = stateWith({ plan: { steps: ["a"] }, context: numberedMessages(1) });
      const expected = structuredClone(fieldsOf(state));
      const call = checkpointer.putStateCache(config, state);
      (state["plan"] as { steps: string[] }).steps.push("spoilt");
      state.context.push(Message.text("spoilt"));
      await call;
      state["spoilt"] = true;
      const other = await another();
      for (const reader of [checkpointer, other]) {
        assert.deepEqual(structuredClone(fieldsOf(await reader.getStateCache(config))), expected);
      }
      await checkpointer.release();
      assert.deepEqual(textsOf((await other.getState(config))?.context ?? []), ["0"]);
    },

    async "a frozen state is answered as a copy and not touched"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const frozen = Object.freeze(stateWith({ plan: "stay" }));
      const put = await checkpointer.putStateCache(config, frozen);
      assert.notEqual(put, frozen);
      assert.deepEqual([versionOf(frozen), versionOf(put)], [undefined, 2]);
    },

    async "a draft may be large, and each namespace has its own"({ checkpointer, another }) {
      const config = newConfig();
      const planner = { ...config, namespace: "planner" };
      for (const part of [config, planner]) await checkpointer.putState(part, stateWith());
      const large = await checkpointer.putStateCache(config, stateWith({ text: "\u00E9\0\u{1F600}".repeat(150_000) }));
      const small = await checkpointer.putStateCache(planner, stateWith({ text: "small" }));
      const other = await another();
      sameExactly(await other.getStateCache(config), large);
      sameExactly(await other.getStateCache(planner), small);
      await checkpointer.release();
      sameExactly(await other.getState(config), large);
      sameExactly(await other.getState(planner), small);
    },
  },
};
