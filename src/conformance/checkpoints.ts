import assert from "node:assert/strict";
import { type AgentState, ConflictError, Message, SerializationError, ValidationError, versionOf } from "../index.ts";
import { deeplyFrozen, rejection, sameExactly } from "./expectations.ts";
import { idsOf, newConfig, numberedMessages, type OwnedConfig, stateWith, textsOf, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

/** Whole turns: all or nothing. */
export const checkpoints: Subject = {
  name: "checkpoint",
  promises: {
    async "state, messages and thread are stored together and answered part by part"({ checkpointer, another }) {
      const config = newConfig();
      const state = stateWith({ context: numberedMessages(2) });
      const stored = await checkpointer.checkpoint(
        { ...config, runId: "run" },
        { state, messages: numberedMessages(2), thread: { threadName: "Name", metadata: { a: 1 } } },
        { metadata: { node: "plan" } },
      );
      assert.equal(stored.state, state);
      assert.equal(versionOf(state), 1);
      assert.deepEqual(idsOf(stored.messages), ["m0", "m1"]);
      deeplyFrozen(stored.messages[0]);
      const reader = await another();
      sameExactly(await reader.getState(config), state);
      sameExactly(await reader.listMessages(config), stored.messages);
      const thread = await reader.getThread(config);
      assert.deepEqual([thread?.threadName, thread?.metadata, thread?.runId], ["Name", { a: 1 }, "run"]);
    },

    async "metadata of the call is kept with the version; messages have their own"({ checkpointer }) {
      const config = newConfig();
      const messages = [Message.text("x", { metadata: { node: "own" } }), Message.text("y")];
      await checkpointer.checkpoint(config, { state: stateWith(), messages }, { metadata: { node: "plan", n: 1 } });
      assert.deepEqual((await checkpointer.listStates(config))[0]?.metadata, { node: "plan", n: 1 });
      const stored = await checkpointer.listMessages(config);
      assert.deepEqual(
        stored.map((message) => message.metadata),
        [{ node: "own" }, undefined],
      );
    },

    async "options without the state that they are for are a ValidationError"({ checkpointer }) {
      const config = newConfig();
      for (const options of [{ ifVersion: 3 }, { onConflict: "overwrite" }, { metadata: { n: 1 } }] as const) {
        await rejection(checkpointer.checkpoint(config, { messages: numberedMessages(1) }, options), ValidationError);
      }
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "parts left out are not touched"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.checkpoint(config, { thread: { threadName: "Name" } });
      assert.equal(await checkpointer.getState(config), null);
      const { state, messages } = await checkpointer.checkpoint(config, { messages: numberedMessages(1) });
      assert.deepEqual([state, idsOf(messages)], [null, ["m0"]]);
      const turn = await checkpointer.checkpoint(config, { state: stateWith({ n: 1 }) });
      assert.deepEqual([turn.state?.["n"], turn.messages], [1, []]);
      assert.equal((await checkpointer.getThread(config))?.threadName, "Name");
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ["0"]);
      assert.equal((await checkpointer.getState(config))?.["n"], 1);
    },

    async "no parts are no write"({ checkpointer }) {
      const config = newConfig();
      assert.deepEqual(await checkpointer.checkpoint(config, {}), { state: null, messages: [] });
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "when the state conflicts, neither messages nor thread are written"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "before", metadata: { a: 1 }, runId: "before" });
      const stale = await checkpointer.putState(config, stateWith({ n: 1 }));
      const copy = { ...stale };
      await (await another()).putState(config, { ...stale, n: 2 });
      await nothingIsWritten(checkpointer, config, async () => {
        const messages = [...numberedMessages(2), Message.text("x")];
        const parts = { state: copy, messages, thread: { threadName: "after", metadata: { b: 2 } } };
        const error = await rejection(checkpointer.checkpoint({ ...config, runId: "after" }, parts), ConflictError);
        assert.deepEqual([error.expected, error.actual], [1, 2]);
      });
    },

    async "when the conflict is only found by the store, neither messages nor thread are written"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const rival = await another();
      const state = await checkpointer.putState(config, stateWith());
      const reads = await Promise.all([checkpointer.getState(config), rival.getState(config)]);
      const outcomes = await Promise.allSettled(
        [checkpointer, rival].map((writer, index) =>
          writer.checkpoint(config, {
            state: reads[index] as AgentState<AnyFields>,
            messages: [Message.text(`turn of ${index}`)],
            thread: { threadName: `turn of ${index}` },
          }),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome.status === "fulfilled");
      assert.equal(outcomes.filter((outcome) => outcome.status === "fulfilled").length, 1);
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), [`turn of ${winner}`]);
      assert.equal((await checkpointer.getThread(config))?.threadName, `turn of ${winner}`);
      assert.equal((await checkpointer.listStates(config)).length, (versionOf(state) ?? 0) + 1);
    },

    async "ifVersion and overwrite hold for the whole turn"({ checkpointer }) {
      const config = newConfig();
      const old = { ...(await checkpointer.putState(config, stateWith({ n: 1 }))) };
      await checkpointer.putState(config, stateWith({ n: 2 }));
      await nothingIsWritten(checkpointer, config, async () => {
        const parts = { state: stateWith(), messages: numberedMessages(1) };
        await rejection(checkpointer.checkpoint(config, parts, { ifVersion: 1 }), ConflictError);
        await rejection(checkpointer.checkpoint(config, parts, { ifVersion: 0 }), ConflictError);
      });
      await checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(1) }, { ifVersion: 2 });
      await checkpointer.checkpoint(config, { state: old }, { onConflict: "overwrite" });
      assert.equal((await checkpointer.getState(config))?.["n"], 1);
    },

    async "a bad message in the batch leaves nothing of the turn"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.checkpoint(config, { state: stateWith({ n: 1 }), messages: numberedMessages(1) });
      const bad = { messageId: "bad", content: [] } as unknown as Message;
      const unstorable = { messageId: "bad", role: "user", content: [], raw: { run: () => 1 } } as const;
      await nothingIsWritten(checkpointer, config, async () => {
        const parts = (messages: readonly Message[]) => ({
          state: stateWith({ n: 2 }),
          messages,
          thread: { runId: "x" },
        });
        const [good] = [Message.text("good")];
        const first = await rejection(checkpointer.checkpoint(config, parts([good, bad])), ValidationError);
        assert.equal(first.field, "messages[1].role");
        const second = await rejection(checkpointer.checkpoint(config, parts([good, unstorable])), SerializationError);
        assert.equal(second.path, "messages[1].raw.run");
        await rejection(checkpointer.putMessages(config, [good, bad]), ValidationError);
      });
    },

    async "a bad state or thread leaves nothing of the turn"({ checkpointer }) {
      const config = newConfig();
      const messages = numberedMessages(2);
      const badState = { ...stateWith(), contextSummary: 7 } as unknown as AgentState<AnyFields>;
      const first = await rejection(checkpointer.checkpoint(config, { state: badState, messages }), ValidationError);
      assert.equal(first.field, "state.contextSummary");
      const thread = { threadName: 7 as unknown as string };
      const turn = checkpointer.checkpoint(config, { state: stateWith(), messages, thread });
      assert.equal((await rejection(turn, ValidationError)).field, "thread.threadName");
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "turns of many threads at once each succeed or fail by themselves"({ checkpointer }) {
      const owned = newConfig();
      const standing = { ...(await checkpointer.putState(owned, stateWith())) };
      await checkpointer.putState(owned, stateWith());
      const configs = Array.from({ length: 40 }, () => newConfig());
      const turns = configs.map((config, index) =>
        checkpointer.checkpoint(config, { state: stateWith({ index }), messages: numberedMessages(3) }),
      );
      const denied = checkpointer.checkpoint({ ...owned, userId: unique("user") }, { messages: numberedMessages(1) });
      const stale = checkpointer.checkpoint(owned, { state: standing, messages: numberedMessages(1) });
      const outcomes = await Promise.allSettled([...turns, denied, stale]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        [...configs.map(() => "fulfilled"), "rejected", "rejected"],
      );
      for (const [index, config] of configs.entries()) {
        assert.equal((await checkpointer.getState(config))?.["index"], index);
        assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ["0", "1", "2"]);
      }
      assert.deepEqual(await checkpointer.listMessages(owned), []);
    },
  },
};

/** The call leaves the thread exactly as it was. */
async function nothingIsWritten(
  checkpointer: Checkpointer,
  config: OwnedConfig,
  call: () => Promise<void>,
): Promise<void> {
  const look = async (): Promise<unknown[]> => [
    await checkpointer.getState(config),
    await checkpointer.listStates(config),
    await checkpointer.listMessages(config),
    await checkpointer.getThread(config),
  ];
  const before = await look();
  await call();
  sameExactly(await look(), before);
}
