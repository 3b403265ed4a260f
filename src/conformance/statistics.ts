import assert from "node:assert/strict";
import { Message } from "../index.ts";
import { newConfig, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Subject } from "./subject.ts";

/** Counts and sizes. */
export const statistics: Subject = {
  name: "stats",
  promises: {
    async "threads, messages and versions of a user are counted, clears included"({ checkpointer }) {
      const config = newConfig();
      const second = { ...config, threadId: unique("second") };
      await checkpointer.putMessages(config, numberedMessages(3));
      await checkpointer.putState(config, stateWith());
      await checkpointer.putState({ ...config, namespace: "planner" }, stateWith());
      await checkpointer.clearState(config);
      await checkpointer.checkpoint(second, { state: stateWith(), messages: numberedMessages(2) });
      const { threads, messages, versions } = await checkpointer.stats({ userId: config.userId });
      assert.deepEqual([threads, messages, versions], [2, 5, 4]);
    },

    async "one thread may be asked for alone"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(2) });
      await checkpointer.putThread({ ...config, threadId: unique("second") });
      const { threads, messages, versions } = await checkpointer.stats(config);
      assert.deepEqual([threads, messages, versions], [1, 2, 1]);
      assert.deepEqual(await checkpointer.stats({ threadId: config.threadId }), await checkpointer.stats(config));
      assert.equal((await checkpointer.stats({ ...config, threadId: unique("none") })).threads, 0);
    },

    async "bytes grow by what is written, and go with what is deleted"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(1) });
      const small = await checkpointer.stats(config);
      await checkpointer.putMessages(config, [Message.text("\u{1F600}".repeat(1_000), { messageId: "big" })]);
      const withMessage = await checkpointer.stats(config);
      assert.ok(withMessage.messageBytes >= small.messageBytes + 4_000);
      assert.ok(withMessage.messageBytes < small.messageBytes + 5_000);
      assert.equal(withMessage.stateBytes, small.stateBytes);
      await checkpointer.updateState(config, (state) => ({ ...(state ?? stateWith()), plan: "x".repeat(3_000) }));
      const withState = await checkpointer.stats(config);
      assert.ok(withState.stateBytes >= withMessage.stateBytes + 3_000);
      assert.ok(withState.stateBytes < withMessage.stateBytes + 4_000);
      await checkpointer.deleteMessage(config, "big");
      assert.equal((await checkpointer.stats(config)).messageBytes, small.messageBytes);
      await checkpointer.deleteThread(config);
      const gone = { threads: 0, messages: 0, versions: 0, stateBytes: 0, messageBytes: 0 };
      assert.deepEqual(await checkpointer.stats({ userId: config.userId }), gone);
    },

    async "a turn that appends to a long conversation weighs what it adds"({ checkpointer }) {
      const config = newConfig();
      const state = stateWith({ context: numberedMessages(500) });
      await checkpointer.putState(config, state);
      const before = await checkpointer.stats(config);
      for (let turn = 0; turn < 10; turn++) {
        state.context.push(Message.text(`turn ${turn}`));
        await checkpointer.putState(config, state);
      }
      const after = await checkpointer.stats(config);
      assert.ok(after.stateBytes - before.stateBytes < before.stateBytes / 10);
    },

    async "without a user every user's threads are counted"({ checkpointer }) {
      const before = await checkpointer.stats();
      await checkpointer.putThread(newConfig());
      await checkpointer.putThread({ threadId: unique("ownerless") });
      const after = await checkpointer.stats({});
      assert.ok(after.threads >= before.threads + 2);
    },
  },
};
