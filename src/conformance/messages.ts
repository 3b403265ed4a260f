import assert from "node:assert/strict";
import { Message } from "../index.ts";
import { deeplyFrozen, sameExactly } from "./expectations.ts";
import { idsOf, newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

/** Putting, replacing and deleting messages. */
export const messages: Subject = {
  name: "messages",
  promises: {
    async "a batch of 200 messages is listed in the order in which it was put"({ checkpointer }) {
      const config = newConfig();
      const batch = numberedMessages(200);
      await checkpointer.putMessages(config, batch);
      sameExactly(await checkpointer.listMessages(config), batch);
    },

    async "batches stand one behind the other"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(3, "a"));
      await (await another()).putMessages(config, numberedMessages(3, "b"));
      await checkpointer.putMessages(config, numberedMessages(2, "c"));
      const ids = ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1"];
      assert.deepEqual(idsOf(await checkpointer.listMessages(config)), ids);
    },

    async "batches put at once are all there, each in one piece"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      const prefixes = Array.from({ length: 10 }, (_, index) => `batch${index}-`);
      await Promise.all(
        prefixes.map((prefix, index) =>
          (writers[index % 2] as Checkpointer).putMessages(config, numberedMessages(5, prefix)),
        ),
      );
      const ids = idsOf(await checkpointer.listMessages(config));
      const pieces = Array.from({ length: 10 }, (_, piece) => ids.slice(piece * 5, piece * 5 + 5));
      for (const piece of pieces) {
        const prefix = piece[0]?.slice(0, -1) ?? "";
        assert.deepEqual(piece, idsOf(numberedMessages(5, prefix)));
      }
      assert.equal(new Set(ids).size, 50);
    },

    async "messages make their thread, which belongs to the caller"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(1));
      assert.equal((await checkpointer.getThread(config))?.userId, config.userId);
    },

    async "putMessages answers the messages as stored, frozen, in order"({ checkpointer }) {
      const config = newConfig();
      const loose = {
        messageId: "loose",
        role: "user",
        content: [{ type: "text", text: "x" }],
        raw: { n: [1] },
      } as const;
      const put = await checkpointer.putMessages(config, [loose, ...numberedMessages(2)]);
      assert.deepEqual(idsOf(put), ["loose", "m0", "m1"]);
      deeplyFrozen(put[0]);
      assert.ok(!Object.isFrozen(loose));
      sameExactly(put, await checkpointer.listMessages(config));
    },

    async "messages that are read are frozen to the last leaf"({ checkpointer }) {
      const config = newConfig();
      const message = Message.create({
        role: "tool",
        content: [{ type: "tool_result", callId: "1", output: { rows: [{ n: 1 }] } }],
        metadata: { tags: ["a"] },
      });
      await checkpointer.putMessages(config, [message]);
      await checkpointer.putState(config, stateWith({ context: [message] }));
      deeplyFrozen(await checkpointer.getMessage(config, message.messageId));
      deeplyFrozen((await checkpointer.listMessages(config))[0]);
      deeplyFrozen((await checkpointer.getState(config))?.context[0]);
    },

    async "the same id again replaces every field of the message and keeps its place"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, [
        ...numberedMessages(1, "before"),
        Message.create({
          messageId: "m",
          role: "assistant",
          content: [{ type: "text", text: "streaming" }],
          toolCalls: [{ id: "1", name: "search", args: { q: "x" } }],
          reasoning: "thinking",
          usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
          metadata: { partial: true },
          timestamp: 1_000,
          delta: true,
          raw: { finish: null },
          parsedContent: { a: 1 },
        }),
        ...numberedMessages(1, "after"),
      ]);
      const final = Message.create({
        messageId: "m",
        role: "tool",
        content: [{ type: "text", text: "whole" }],
        toolCalls: [],
        usage: { promptTokens: 9, completionTokens: 9, totalTokens: 18 },
        metadata: { partial: false },
        timestamp: 2_000,
      });
      await checkpointer.putMessages(config, [final]);
      sameExactly(await checkpointer.getMessage(config, "m"), final);
      assert.deepEqual(idsOf(await checkpointer.listMessages(config)), ["before0", "m", "after0"]);
      assert.deepEqual(idsOf(await checkpointer.listMessages(config, { role: "tool" })), ["m"]);
      assert.deepEqual(await checkpointer.listMessages(config, { search: "streaming" }), []);
      assert.deepEqual(await checkpointer.listMessages(config, { until: 2_000 }), []);
    },

    async "of one id twice in a call the last wins, at the place of the first"({ checkpointer }) {
      const config = newConfig();
      const batch = [
        Message.text("first", { messageId: "twice" }),
        Message.text("between", { messageId: "once" }),
        Message.text("last", { messageId: "twice", role: "assistant" }),
      ];
      const put = await checkpointer.putMessages(config, batch);
      sameExactly(put, [batch[2], batch[1]]);
      sameExactly(await checkpointer.listMessages(config), put);
    },

    async "putting the same batch again changes nothing"({ checkpointer }) {
      const config = newConfig();
      const batch = numberedMessages(20);
      await checkpointer.putMessages(config, batch);
      await checkpointer.putMessages(config, batch.toReversed());
      sameExactly(await checkpointer.listMessages(config), batch);
    },

    async "metadata of the call lies under that of each message"({ checkpointer }) {
      const config = newConfig();
      const own = Message.text("own", { messageId: "own", metadata: { node: "mine", kept: 1 } });
      const bare = Message.text("bare", { messageId: "bare" });
      const put = await checkpointer.putMessages(config, [own, bare], { metadata: { node: "theirs", step: 3 } });
      assert.deepEqual(put[0]?.metadata, { node: "mine", step: 3, kept: 1 });
      assert.deepEqual(put[1]?.metadata, { node: "theirs", step: 3 });
      sameExactly(await checkpointer.listMessages(config), put);
      assert.deepEqual(own.metadata, { node: "mine", kept: 1 });
      assert.equal(bare.metadata, undefined);
    },

    async "getMessage answers null for a message that is not there"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.getMessage(config, "m0"), null);
      await checkpointer.putMessages(config, numberedMessages(1));
      assert.equal(await checkpointer.getMessage(config, "m1"), null);
    },

    async "deleteMessage deletes one message, and says whether there was one"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.deleteMessage(config, "m1"), false);
      await checkpointer.putMessages(config, numberedMessages(3));
      assert.equal(await checkpointer.deleteMessage(config, "m1"), true);
      assert.equal(await checkpointer.getMessage(config, "m1"), null);
      assert.deepEqual(idsOf(await checkpointer.listMessages(config)), ["m0", "m2"]);
      assert.equal(await checkpointer.deleteMessage(config, "m1"), false);
    },

    async "a deleted message that is put again stands at the end"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(3));
      await checkpointer.deleteMessage(config, "m0");
      await checkpointer.putMessages(config, numberedMessages(1));
      assert.deepEqual(idsOf(await checkpointer.listMessages(config)), ["m1", "m2", "m0"]);
    },

    async "states that hold a deleted or replaced message keep it"({ checkpointer, another }) {
      const config = newConfig();
      const context = numberedMessages(2);
      await checkpointer.checkpoint(config, { messages: context, state: stateWith({ context }) });
      await checkpointer.deleteMessage(config, "m0");
      await checkpointer.putMessages(config, [Message.text("replaced", { messageId: "m1" })]);
      assert.deepEqual(textsOf((await (await another()).getState(config))?.context ?? []), ["0", "1"]);
    },

    async "messages belong to the thread, whichever namespace puts or lists them"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages({ ...config, namespace: "planner" }, numberedMessages(1, "a"));
      await checkpointer.putMessages(config, numberedMessages(1, "b"));
      assert.deepEqual(idsOf(await checkpointer.listMessages(config)), ["a0", "b0"]);
      assert.deepEqual(idsOf(await checkpointer.listMessages({ ...config, namespace: "other" })), ["a0", "b0"]);
    },

    async "no messages put are no messages listed"({ checkpointer }) {
      const config = newConfig();
      assert.deepEqual(await checkpointer.listMessages(config), []);
      assert.deepEqual(await checkpointer.putMessages(config, []), []);
      assert.deepEqual(await checkpointer.listMessages(config), []);
    },
  },
};
