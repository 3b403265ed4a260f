import assert from "node:assert/strict";
import { type AgentState, Message, versionOf } from "../index.ts";
import { sameExactly } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { AnyFields, Subject } from "./subject.ts";

interface Rich {
  readonly plan: { steps: string[] };
  readonly at: Date;
  readonly seen: Map<string, unknown[]>;
  readonly bytes: Uint8Array;
}

function rich(): Rich & AnyFields {
  return { plan: { steps: ["a"] }, at: new Date(1), seen: new Map([["k", [1]]]), bytes: new Uint8Array([1]) };
}

/** Changes everything in place that can be changed. */
function spoil(state: AgentState<AnyFields>): void {
  const { plan, at, seen, bytes } = state as unknown as Rich;
  plan.steps.push("spoilt");
  at.setTime(999);
  seen.get("k")?.push("spoilt");
  seen.set("spoilt", []);
  bytes[0] = 99;
  state.context.push(Message.text("spoilt"));
  state["spoilt"] = true;
  state.contextSummary = "spoilt";
}

/** What is stored is nobody's to change: input is copied, answers are copies. */
export const copies: Subject = {
  name: "copies",
  promises: {
    async "what happens to a state after the call has begun changes nothing stored"({ checkpointer, another }) {
      const config = newConfig();
      const state = stateWith({ ...rich(), context: numberedMessages(1) });
      const expected = structuredClone(state);
      const call = checkpointer.putState(config, state);
      spoil(state);
      await call;
      spoil(state);
      for (const reader of [checkpointer, await another()]) {
        assert.deepStrictEqual(structuredClone(await reader.getState(config)), expected);
      }
    },

    async "what happens to messages, metadata and arrays after the call has begun changes nothing stored"({
      checkpointer,
    }) {
      const config = newConfig();
      const content = [{ type: "text" as const, text: "said" }];
      const metadata = { tags: ["a"] };
      const messages: Message[] = [{ messageId: "m", role: "user", content, metadata }];
      const shared = { node: ["plan"] };
      const call = checkpointer.putMessages(config, messages, { metadata: shared });
      content.push({ type: "text", text: "not said" });
      metadata.tags.push("not a tag");
      shared.node.push("not a node");
      messages.push(Message.text("not put"));
      await call;
      content.push({ type: "text", text: "not said" });
      const expected = { messageId: "m", role: "user", content: [{ type: "text", text: "said" }] };
      assert.deepEqual(await checkpointer.listMessages(config), [
        { ...expected, metadata: { node: ["plan"], tags: ["a"] } },
      ]);
    },

    async "what happens to a turn, its thread, its options and its config after the call has begun changes nothing"({
      checkpointer,
    }) {
      const config = newConfig();
      const given: { threadId: string; userId: string } = { ...config };
      const thread = { threadName: "Name", metadata: { tags: ["a"] } as AnyFields };
      const parts = { state: stateWith(rich()), messages: numberedMessages(2), thread };
      const options = { metadata: { node: ["plan"] } };
      const call = checkpointer.checkpoint(given, parts, options);
      given.threadId = newConfig().threadId;
      given.userId = "spoilt";
      thread.threadName = "spoilt";
      (thread.metadata["tags"] as string[]).push("spoilt");
      thread.metadata["spoilt"] = true;
      parts.messages.pop();
      spoil(parts.state);
      options.metadata.node.push("spoilt");
      await call;
      const stored = await checkpointer.getThread(config);
      assert.deepEqual([stored?.threadName, stored?.metadata], ["Name", { tags: ["a"] }]);
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ["0", "1"]);
      assert.deepEqual((await checkpointer.getState(config))?.["plan"], { steps: ["a"] });
      assert.deepEqual((await checkpointer.listStates(config))[0]?.metadata, { node: ["plan"] });
    },

    async "what is done to an answer changes nothing stored, neither here nor elsewhere"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ ...rich(), context: numberedMessages(1) }));
      await checkpointer.putState(config, stateWith({ ...rich(), context: numberedMessages(2) }));
      const other = await another();
      const expected = await other.getState(config);
      const first = await other.getState(config, { version: 1 });
      for (const reader of [checkpointer, other]) {
        for (const version of [1, 2, undefined]) {
          spoil((await reader.getState(config, { version })) as AgentState<AnyFields>);
        }
        sameExactly(await reader.getState(config), expected);
        sameExactly(await reader.getState(config, { version: 2 }), expected);
        sameExactly(await reader.getState(config, { version: 1 }), first);
      }
    },

    async "each answer is a new object with containers of its own"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ ...rich(), context: numberedMessages(2) }));
      const one = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      const two = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      for (const key of ["context", "executionMeta", "plan", "at", "seen", "bytes"]) {
        assert.notEqual(one[key], two[key], key);
        assert.deepStrictEqual(one[key], two[key]);
      }
    },

    async "a long conversation's messages are a list of the answer's own, however they are looked at"({
      checkpointer,
    }) {
      const config = newConfig();
      const said = Array.from({ length: 300 }, (_, index) => Message.text(`message ${index}`));
      await checkpointer.putState(config, Object.assign(stateWith(), { context: said }));
      const read = async () => (await checkpointer.getState(config)) ?? assert.fail("the state is gone");
      const one = await read();
      one.context.pop();
      assert.equal(one.context.length, 299);
      assert.equal((await read()).context.length, 300);
      assert.equal({ ...(await read()) }.context.length, 300);
      assert.deepEqual(JSON.parse(JSON.stringify(await read())).context, JSON.parse(JSON.stringify(said)));
      assert.deepEqual(Object.keys(await read()), Object.keys(one));
      const replaced = await read();
      replaced.context = said.slice(0, 1);
      assert.equal(replaced.context.length, 1);
      const frozen = Object.freeze(await read());
      frozen.context.pop();
      assert.equal(frozen.context.length, 299);
      assert.throws(() => Object.assign(frozen, { context: [] }), TypeError);
      const put = await checkpointer.putState(config, one);
      assert.equal(put.context.length, 299);
    },

    async "an answer may be changed in place and put back"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ ...rich(), context: numberedMessages(1) }));
      const reader = await another();
      await reader.getState(config);
      const state = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      spoil(state);
      await checkpointer.putState(config, state);
      assert.equal(versionOf(state), 2);
      for (const other of [checkpointer, reader, await another()]) sameExactly(await other.getState(config), state);
    },

    async "a state may be put, changed in place and put again"({ checkpointer, another }) {
      const config = newConfig();
      const state = stateWith({ ...rich(), context: numberedMessages(1) });
      const reader = await another();
      for (let turn = 1; turn <= 3; turn++) {
        await checkpointer.putState(config, state);
        sameExactly(await reader.getState(config), state);
        spoil(state);
      }
    },

    async "a Date or a Map in a message cannot be changed behind the store's back"({ checkpointer, another }) {
      const config = newConfig();
      const raw = { at: new Date(1), seen: new Map([["k", 1]]) };
      const message: Message = { messageId: "m", role: "user", content: [], raw };
      await checkpointer.checkpoint(config, { state: stateWith({ context: [message] }), messages: [message] });
      raw.at.setTime(999);
      const readers = [checkpointer, await another()];
      for (const reader of [...readers, ...readers]) {
        const read = await reader.getState(config);
        const listed = await reader.listMessages(config);
        for (const found of [read?.context[0], listed[0]]) {
          const seen = found?.raw as typeof raw;
          assert.deepStrictEqual(seen, { at: new Date(1), seen: new Map([["k", 1]]) });
          seen.at.setTime(999);
          seen.seen.set("spoilt", 1);
        }
      }
    },

    async "threads, histories and filters are not shared either"({ checkpointer }) {
      const config = newConfig();
      const fields = Object.freeze({ threadName: "Name", metadata: Object.freeze({ tags: Object.freeze(["a"]) }) });
      const made = await checkpointer.putThread(config, fields);
      await checkpointer.putState(config, stateWith(), { metadata: { tags: ["a"] } });
      (made.metadata["tags"] as string[]).push("spoilt");
      made.createdAt.setTime(0);
      for (const thread of [
        await checkpointer.getThread(config),
        ...(await checkpointer.listThreads({ userId: config.userId })),
      ]) {
        assert.deepEqual(thread?.metadata, { tags: ["a"] });
        assert.notEqual(thread.createdAt.getTime(), 0);
        thread.metadata.tags.push("spoilt");
      }
      const [info] = await checkpointer.listStates(config);
      assert.ok(info);
      (info.metadata["tags"] as string[]).push("spoilt");
      assert.deepEqual((await checkpointer.listStates(config))[0]?.metadata, { tags: ["a"] });
      assert.deepEqual((await checkpointer.getThread(config))?.metadata, { tags: ["a"] });
    },

    async "no call changes or freezes its config, its messages, its metadata or its options"({ checkpointer }) {
      const config = newConfig();
      const given = {
        config,
        user: { userId: config.userId },
        fork: { ...newConfig(), userId: config.userId },
        messages: [{ messageId: "m", role: "user" as const, content: [], metadata: { tags: ["a"] } }],
        kept: { metadata: { node: ["plan"] } },
        thread: { threadName: "Name", metadata: { tags: ["a"] } },
        filter: { metadata: { tags: ["a"] }, limit: 5 },
        page: { after: "m", role: ["user" as const], since: new Date(1) },
      };
      const before = structuredClone(given);
      await checkpointer.putThread(config, given.thread);
      await checkpointer.putMessages(config, given.messages, given.kept);
      await checkpointer.putState(config, stateWith({ context: [...given.messages] }), given.kept);
      await checkpointer.updateState(config, (state) => state, given.kept);
      const { messages, thread } = given;
      await checkpointer.checkpoint(config, { state: stateWith(), messages, thread }, given.kept);
      await checkpointer.listMessages(config, given.page);
      await checkpointer.listStates(config, given.kept);
      await checkpointer.listThreads(given.user, given.filter);
      await checkpointer.stats(given.user);
      await checkpointer.forkThread(config, given.fork);
      await checkpointer.repairState(config);
      await checkpointer.deleteMessage(config, "m");
      await checkpointer.clearState(config);
      await checkpointer.deleteThread(config);
      assert.deepStrictEqual(given, before);
      nothingFrozen(given);
    },

    async "putThread does not change what it was given"({ checkpointer }) {
      const config = newConfig();
      const metadata = { kept: 1, removed: undefined };
      const fields = { threadName: "Name", metadata, updatedAt: new Date(5) };
      await checkpointer.putThread(config, fields);
      assert.deepStrictEqual(fields, { threadName: "Name", metadata, updatedAt: new Date(5) });
      assert.deepStrictEqual(metadata, { kept: 1, removed: undefined });
    },
  },
};

function nothingFrozen(value: unknown, path = "given"): void {
  if (typeof value !== "object" || value === null) return;
  assert.ok(!Object.isFrozen(value), `${path} is frozen`);
  for (const [key, item] of Object.entries(value)) nothingFrozen(item, `${path}.${key}`);
}
