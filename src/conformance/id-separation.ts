import assert from "node:assert/strict";
import { Message } from "../index.ts";
import { textsOf, newConfig, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

/** Pairs of a thread and a namespace that are one text when they are joined. */
const joinable: readonly (readonly [thread: string, namespace: string])[] = [
  ["a:b", "c"],
  ["a", "b:c"],
  ["a:b:c", ""],
  ["a/b", "c"],
  ["a", "b/c"],
  ["a", ""],
  ["a ", ""],
  ["A", ""],
  ["a%", ""],
  ["a_", ""],
  ["'; drop table x; --", "\\"],
  ["{a}", "{b}"],
  ["\u00E9", "\u00E9"],
  ["e\u0301", "e\u0301"],
  ["null", "undefined"],
  ["__proto__", "constructor"],
];

/** Ids are compared whole, and never joined. */
export const idSeparation: Subject = {
  name: "separation of ids",
  promises: {
    async "threads and namespaces are never joined, folded or normalised"({ checkpointer, another }) {
      const salt = unique("salt");
      const configs = joinable.map(([thread, namespace]) => ({ threadId: `${salt}${thread}`, namespace }));
      for (const [index, config] of configs.entries()) await checkpointer.putState(config, stateWith({ index }));
      for (const reader of [checkpointer, await another()]) {
        for (const [index, config] of configs.entries()) {
          assert.equal((await reader.getState(config))?.["index"], index, JSON.stringify(config));
          assert.equal((await reader.getStateCache(config))?.["index"], index, JSON.stringify(config));
          assert.equal((await reader.listStates(config)).length, 1, JSON.stringify(config));
        }
      }
    },

    async "threads and users are never joined"({ checkpointer }) {
      const salt = unique("salt");
      const one = { threadId: `${salt}a:b`, userId: `${salt}c` };
      const other = { threadId: `${salt}a`, userId: `b:${salt}c` };
      for (const config of [one, other]) {
        await checkpointer.putMessages(config, [Message.text(config.threadId, { messageId: "m" })]);
        await checkpointer.putState(config, stateWith({ of: config.threadId }));
      }
      for (const config of [one, other]) {
        assert.deepEqual(textsOf(await checkpointer.listMessages(config)), [config.threadId]);
        assert.equal((await checkpointer.getState(config))?.["of"], config.threadId);
        const listed = await checkpointer.listThreads({ userId: config.userId });
        assert.deepEqual(
          listed.map((thread) => thread.threadId),
          [config.threadId],
        );
      }
    },

    async "deleting a thread leaves those whose ids begin with its id"({ checkpointer }) {
      const salt = unique("user1");
      const ids = [salt, `${salt}:conv2`, `${salt}/conv2`, `${salt}%`, `${salt}_`, `${salt}*`];
      for (const threadId of ids) {
        await checkpointer.checkpoint({ threadId }, { state: stateWith(), messages: numberedMessages(1) });
      }
      assert.equal(await checkpointer.deleteThread({ threadId: salt }), true);
      assert.equal(await checkpointer.getState({ threadId: salt }), null);
      for (const threadId of ids.slice(1)) {
        assert.ok(await checkpointer.getState({ threadId }), threadId);
        assert.equal((await checkpointer.listMessages({ threadId })).length, 1, threadId);
      }
    },

    async "clearing the state of a namespace leaves those whose names begin with its name"({ checkpointer }) {
      const config = newConfig();
      const names = ["plan", "plan:b", "plan%", "", "pla", "*"];
      for (const namespace of names) await checkpointer.putState({ ...config, namespace }, stateWith({ namespace }));
      await checkpointer.clearState({ ...config, namespace: "plan" });
      for (const namespace of names.slice(1)) {
        assert.equal((await checkpointer.getState({ ...config, namespace }))?.["namespace"], namespace);
      }
    },

    async "the same message id in two threads of two users is two messages"({ checkpointer }) {
      const [ada, bob] = [newConfig(), newConfig()];
      await says(checkpointer, ada, "of Ada");
      await says(checkpointer, bob, "of Bob");
      await says(checkpointer, bob, "of Bob, again");
      assert.deepEqual(textsOf(await checkpointer.listMessages(ada)), ["of Ada"]);
      assert.deepEqual(textsOf(await checkpointer.listMessages(bob)), ["of Bob, again"]);
      assert.equal(await checkpointer.deleteMessage(bob, "same"), true);
      assert.equal(Message.textOf((await checkpointer.getMessage(ada, "same")) as Message), "of Ada");
    },

    async "the same message id in two threads of one user is two messages"({ checkpointer }) {
      const one = newConfig();
      const two = { ...one, threadId: unique("thread") };
      await says(checkpointer, one, "in one");
      await says(checkpointer, two, "in two");
      await checkpointer.deleteThread(two);
      assert.deepEqual(textsOf(await checkpointer.listMessages(one)), ["in one"]);
    },

    async "message ids are compared whole"({ checkpointer }) {
      const config = newConfig();
      const ids = ["a", "A", "a ", "a:b", "\u00E9", "e\u0301", "__proto__", "constructor", "%", "'", "\u{1F600}"];
      await checkpointer.putMessages(
        config,
        ids.map((messageId) => Message.text(messageId, { messageId })),
      );
      assert.deepEqual(textsOf(await checkpointer.listMessages(config)), ids);
      for (const messageId of ids) {
        assert.equal(Message.textOf((await checkpointer.getMessage(config, messageId)) as Message), messageId);
      }
      assert.deepEqual(textsOf(await checkpointer.listMessages(config, { after: "__proto__" })), ids.slice(7));
    },

    async "ids as long as they may be are ids like others"({ checkpointer, another }) {
      // 412 bytes and 25 times 4: 512 bytes of UTF-8.
      const longId = (what: string): string => unique(what).padEnd(412, "x") + "\u{1F600}".repeat(25);
      const config = { threadId: longId("t"), userId: longId("u"), namespace: "n".repeat(255) };
      const message = Message.text("x", { messageId: longId("m") });
      await checkpointer.checkpoint(config, { state: stateWith({ n: 1 }), messages: [message] });
      const reader = await another();
      assert.equal((await reader.getState(config))?.["n"], 1);
      assert.equal((await reader.getStateCache(config))?.["n"], 1);
      await checkpointer.putStateCache(config, stateWith({ n: 2 }));
      assert.equal((await reader.getStateCache(config))?.["n"], 2);
      assert.equal((await reader.getMessage(config, message.messageId))?.messageId, message.messageId);
      assert.equal((await reader.listThreads({ userId: config.userId }))[0]?.threadId, config.threadId);
    },
  },
};

async function says(checkpointer: Checkpointer, config: { readonly threadId: string }, text: string): Promise<void> {
  await checkpointer.putMessages(config, [Message.text(text, { messageId: "same" })]);
}
