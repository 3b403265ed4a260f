import assert from "node:assert/strict";
import { type AgentState, ConflictError, Message, versionOf } from "../index.ts";
import { deeplyFrozen, rejection, sameExactly } from "./expectations.ts";
import { newConfig, newThread, numberedMessages, stateWith, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

type State = AgentState<AnyFields>;

/** Cached reads: with a hot layer or without, what was acknowledged is in them, whoever wrote it. */
export const cachedStates: Subject = {
  name: "cached states",
  promises: {
    async "a state that was put is read as it was put, carrying its version"({ checkpointer, another }) {
      const config = newConfig();
      const put = await checkpointer.putState(config, stateWith({ context: numberedMessages(3), plan: ["look"] }));
      for (const reader of [checkpointer, await another(), checkpointer]) {
        const read = await reader.getStateCache(config);
        sameExactly(read, put);
        assert.equal(versionOf(read as State), 1);
      }
    },

    async "there is none before the first is put, however often it was asked for"({ checkpointer, another }) {
      const config = newConfig();
      const readers = [checkpointer, await another()];
      for (const reader of [...readers, ...readers]) assert.equal(await reader.getStateCache(config), null);
      await checkpointer.putThread(config);
      for (const reader of readers) assert.equal(await reader.getStateCache(config), null);
      const put = await checkpointer.putState(config, stateWith({ n: 1 }));
      for (const reader of readers) sameExactly(await reader.getStateCache(config), put);
    },

    async "what a checkpointer has written itself, by whichever method, it reads at once"({ checkpointer }) {
      const config = newConfig();
      const writes: (() => Promise<unknown>)[] = [
        () => checkpointer.putState(config, stateWith({ by: 0 })),
        () => checkpointer.updateState(config, (state) => ({ ...(state as State), by: 1 })),
        () => checkpointer.checkpoint(config, { state: stateWith({ by: 2 }), messages: numberedMessages(1) }),
        () => checkpointer.putStateCache(config, stateWith({ by: 3 })),
        () => checkpointer.repairState(config).then((state) => checkpointer.putState(config, { ...state, by: 4 })),
      ];
      for (const [by, write] of writes.entries()) {
        await write();
        assert.equal((await checkpointer.getStateCache(config))?.["by"], by);
      }
    },

    async "what another one has written is read at once, although a copy is held here"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()] as const;
      await checkpointer.putState(config, stateWith({ turns: [] }));
      for (let turn = 0; turn < 20; turn++) {
        const [writer, reader] = turn % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
        const state = (await writer.getStateCache(config)) as State;
        (state["turns"] as number[]).push(turn);
        state.context.push(Message.text(`turn ${turn}`));
        if (turn % 7 === 6) state.context.splice(0, 3);
        await writer.putState(config, state);
        sameExactly(await reader.getStateCache(config), state);
      }
    },

    async "a reader that fell many versions behind catches up"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 0 }));
      assert.equal((await reader.getStateCache(config))?.["n"], 0);
      for (let n = 1; n <= 50; n++) {
        Object.assign(state, { n, scratch: String(n).repeat(500) });
        state.context.push(Message.text(`turn ${n}`));
        await checkpointer.putState(config, state);
      }
      for (const one of [reader, await another()]) sameExactly(await one.getStateCache(config), state);
    },

    async "another's clears and what follows on them are seen at once"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      for (const life of [1, 2, 3]) {
        await checkpointer.putState(config, stateWith({ life }));
        assert.equal((await reader.getStateCache(config))?.["life"], life);
        await checkpointer.clearState(config);
        for (const one of [reader, checkpointer]) assert.equal(await one.getStateCache(config), null);
      }
    },

    async "another's deletions and new beginnings are seen at once, in every namespace"({ checkpointer, another }) {
      const config = newConfig();
      const parts = [config, { ...config, namespace: "planner" }];
      const reader = await another();
      for (const life of [1, 2, 3]) {
        for (const part of parts) {
          await checkpointer.putState(part, stateWith({ life }));
          const read = (await reader.getStateCache(part)) as State;
          assert.deepEqual([read["life"], versionOf(read)], [life, 1]);
        }
        await checkpointer.deleteThread(config);
        for (const part of parts) {
          for (const one of [reader, checkpointer]) assert.equal(await one.getStateCache(part), null);
        }
      }
    },

    async "a fork is read at once where its thread was known not to exist, or to be deleted"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const reader = await another();
      for (const state of [1, 2]) await checkpointer.putState(config, stateWith({ state }));
      const fresh = { ...config, threadId: unique("fork") };
      const deleted = { ...config, threadId: unique("fork") };
      await checkpointer.putState(deleted, stateWith({ state: "old" }));
      assert.ok(await reader.getStateCache(deleted));
      await checkpointer.deleteThread(deleted);
      for (const target of [fresh, deleted]) {
        for (const one of [reader, checkpointer]) assert.equal(await one.getStateCache(target), null);
        await checkpointer.forkThread(config, target, { version: 1 });
        for (const one of [checkpointer, reader]) assert.equal((await one.getStateCache(target))?.["state"], 1);
      }
      await reader.putState(fresh, stateWith({ state: "own" }));
      assert.equal((await checkpointer.getStateCache(fresh))?.["state"], "own");
      assert.equal((await checkpointer.getStateCache(config))?.["state"], 2);
    },

    async "each namespace has a state of its own"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const names = ["", "planner", "planner:b", "*"];
      for (const namespace of names) await checkpointer.putState({ ...config, namespace }, stateWith({ namespace }));
      for (const namespace of [...names, ...names]) {
        const read = await reader.getStateCache({ ...config, namespace });
        assert.deepEqual([read?.["namespace"], versionOf(read as State)], [namespace, 1]);
      }
      assert.equal(await reader.getStateCache({ ...config, namespace: "critic" }), null);
    },

    async "the answer is yours to change, and its messages are frozen"({ checkpointer, another }) {
      const config = newConfig();
      const fields = {
        plan: { steps: ["a"] },
        at: new Date(1),
        seen: new Map([["k", [1]]]),
        bytes: new Uint8Array([1]),
      };
      await checkpointer.putState(config, stateWith({ ...fields, context: numberedMessages(2) }));
      const expected = await checkpointer.getState(config);
      const readers = [checkpointer, await another()];
      for (const reader of [...readers, ...readers]) {
        const read = (await reader.getStateCache(config)) as State;
        sameExactly(read, expected);
        deeplyFrozen(read.context[0]);
        read.context.push(Message.text("spoilt"));
        (read["plan"] as typeof fields.plan).steps.push("spoilt");
        (read["at"] as Date).setTime(999);
        (read["seen"] as typeof fields.seen).get("k")?.push(2);
        (read["bytes"] as Uint8Array)[0] = 99;
        read["spoilt"] = true;
      }
    },

    async "an answer can be put: a compare-and-swap on the version that it carries"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const mine = (await checkpointer.getStateCache(config)) as State;
      const theirs = (await other.getStateCache(config)) as State;
      await other.putState(config, { ...theirs, n: 2 });
      const error = await rejection(checkpointer.putState(config, { ...mine, n: 3 }), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 2]);
      const again = (await checkpointer.getStateCache(config)) as State;
      assert.equal(again["n"], 2);
      assert.equal(versionOf(await checkpointer.putState(config, { ...again, n: 3 })), 3);
      assert.equal((await other.getStateCache(config))?.["n"], 3);
    },

    async "another user reads nothing, whoever has read it before"({ checkpointer, another }) {
      const [owner, nobody] = [newConfig(), newThread()];
      const stranger = unique("stranger");
      const readers = [checkpointer, await another()];
      for (const config of [owner, nobody]) {
        await checkpointer.putState(config, stateWith({ secret: true }));
        for (const reader of [...readers, ...readers]) {
          assert.equal((await reader.getStateCache(config))?.["secret"], true);
          assert.equal((await reader.getStateCache({ threadId: config.threadId }))?.["secret"], true);
          assert.equal(await reader.getStateCache({ ...config, userId: stranger }), null);
        }
        const fresh = await another();
        assert.equal(await fresh.getStateCache({ ...config, userId: stranger }), null);
      }
      await checkpointer.deleteThread(owner);
      await checkpointer.putState({ ...owner, userId: stranger }, stateWith({ secret: false }));
      for (const reader of readers) {
        assert.equal(await reader.getStateCache(owner), null);
        assert.equal((await reader.getStateCache({ ...owner, userId: stranger }))?.["secret"], false);
      }
    },

    async "a checkpointer that keeps a single copy reads as one that keeps many"({ checkpointer, another }) {
      const small = await another({ maxCachedThreads: 1 });
      const configs = [newConfig(), newConfig(), newConfig()];
      for (const round of [1, 2, 3]) {
        for (const config of configs) {
          const state = (await small.getStateCache(config)) ?? stateWith({ rounds: [] });
          (state["rounds"] as number[]).push(round);
          await (round === 2 ? checkpointer : small).putState(config, state);
        }
      }
      for (const config of configs) assert.deepEqual((await small.getStateCache(config))?.["rounds"], [1, 2, 3]);
    },

    async "readers at work while another writes see only whole versions, and never go back"({ checkpointer, another }) {
      const config = newConfig();
      const readers = [checkpointer, await another(), await another()];
      const state = await checkpointer.putState(config, stateWith({ n: 0, twin: 0 }));
      const work = { isDone: false };
      const writing = (async (): Promise<void> => {
        for (let n = 1; n <= 60; n++) {
          Object.assign(state, { n, twin: n, scratch: n % 3 === 0 ? "x".repeat(500) : n });
          await checkpointer.putState(config, state);
        }
      })().finally(() => (work.isDone = true));
      const reading = readers.map(async (reader) => {
        for (let seen = 0; !work.isDone;) seen = await readOnward(reader, config, seen);
      });
      await Promise.all([writing, ...reading]);
      for (const reader of readers) sameExactly(await reader.getStateCache(config), state);
    },
  },
};

/** Reads once; a whole version, and none older than what was seen. */
async function readOnward(reader: Checkpointer, config: ReturnType<typeof newConfig>, seen: number): Promise<number> {
  const read = (await reader.getStateCache(config)) as State;
  assert.equal(read["n"], read["twin"]);
  assert.equal(read["n"], (versionOf(read) ?? 0) - 1);
  const found = read["n"];
  assert.ok(found >= seen, `read ${found} after ${seen}`);
  return found;
}
