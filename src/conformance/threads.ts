import assert from "node:assert/strict";
import { Message, ValidationError } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { newConfig, newThread, numberedMessages, stateWith } from "./sample.ts";
import type { Subject } from "./subject.ts";

/** Threads' own fields. */
export const threads: Subject = {
  name: "threads",
  promises: {
    async "putThread makes a thread, and answers it as getThread does"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.getThread(config), null);
      const made = await checkpointer.putThread(config, {
        threadName: "Weather",
        metadata: { tags: ["a"], at: new Date(5) },
        runId: "run-1",
      });
      const { createdAt, updatedAt, ...fields } = made;
      assert.deepEqual(fields, {
        ...config,
        threadName: "Weather",
        metadata: { tags: ["a"], at: new Date(5) },
        runId: "run-1",
      });
      assert.ok(createdAt instanceof Date);
      assert.ok(updatedAt.getTime() >= createdAt.getTime());
      sameExactly(await checkpointer.getThread(config), made);
    },

    async "a thread without fields has no name, no metadata and no run"({ checkpointer }) {
      const thread = await checkpointer.putThread(newThread());
      assert.deepEqual([thread.userId, thread.threadName, thread.metadata, thread.runId], [null, null, {}, null]);
    },

    async "fields left out, or undefined, stay as they are"({ checkpointer }) {
      const config = newConfig();
      const made = await checkpointer.putThread(config, { threadName: "Name", metadata: { a: 1 }, runId: "run" });
      const same = await checkpointer.putThread(config);
      const undefinedFields = { threadName: undefined, metadata: undefined, runId: undefined };
      const again = await checkpointer.putThread(config, undefinedFields);
      for (const thread of [same, again]) {
        assert.deepEqual([thread.threadName, thread.metadata, thread.runId], ["Name", { a: 1 }, "run"]);
        assert.deepEqual(thread.createdAt, made.createdAt);
      }
    },

    async "null removes the name and the run"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "Name", runId: "run", metadata: { a: 1 } });
      const thread = await checkpointer.putThread(config, { threadName: null, runId: null });
      assert.deepEqual([thread.threadName, thread.runId, thread.metadata], [null, null, { a: 1 }]);
    },

    async "an empty name is a name"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "Name" });
      assert.equal((await checkpointer.putThread(config, { threadName: "" })).threadName, "");
    },

    async "metadata is merged key by key, and a key set to undefined is removed"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { metadata: { kept: 1, replaced: { a: 1 }, removed: true, nulled: 1 } });
      const thread = await checkpointer.putThread(config, {
        metadata: { replaced: { b: 2 }, removed: undefined, nulled: null, added: [1], absent: undefined },
      });
      assert.deepEqual(thread.metadata, { kept: 1, replaced: { b: 2 }, nulled: null, added: [1] });
      assert.deepEqual((await checkpointer.getThread(config))?.metadata, thread.metadata);
    },

    async "the run of the fields wins over the run of the config"({ checkpointer }) {
      const config = { ...newConfig(), runId: "of the config" };
      assert.equal((await checkpointer.putThread(config)).runId, "of the config");
      assert.equal((await checkpointer.putThread(config, { runId: "of the fields" })).runId, "of the fields");
      assert.equal((await checkpointer.putThread(config, { runId: null })).runId, null);
    },

    async "given times are kept: createdAt when the thread is made, updatedAt always"({ checkpointer }) {
      const config = newConfig();
      const made = await checkpointer.putThread(config, {
        createdAt: new Date("2001-02-03T04:05:06.789Z"),
        updatedAt: "2002-02-03T04:05:06.789Z",
      });
      assert.equal(made.createdAt.toISOString(), "2001-02-03T04:05:06.789Z");
      assert.equal(made.updatedAt.toISOString(), "2002-02-03T04:05:06.789Z");
      const again = await checkpointer.putThread(config, {
        createdAt: "1999-01-01T00:00:00Z",
        updatedAt: new Date("1999-01-01T00:00:00.001Z"),
      });
      assert.deepEqual(again.createdAt, made.createdAt);
      assert.equal(again.updatedAt.toISOString(), "1999-01-01T00:00:00.001Z");
    },

    async "given times are kept to the millisecond, in every year that can be given"({ checkpointer }) {
      const config = newConfig();
      for (const time of ["0001-01-01T00:00:00.001Z", "1969-12-31T23:59:59.999Z", "9999-12-30T23:59:59.123Z"]) {
        const made = await checkpointer.putThread(config, { createdAt: time, updatedAt: time });
        assert.equal(made.createdAt.toISOString(), time);
        assert.equal(made.updatedAt.toISOString(), time);
        await checkpointer.deleteThread(config);
      }
    },

    async "a write without a time moves updatedAt to now"({ checkpointer }) {
      const config = newConfig();
      const past = { updatedAt: "2001-01-01T00:00:00Z" };
      const made = await checkpointer.putThread(config, past);
      const writes: (() => Promise<unknown>)[] = [
        () => checkpointer.putState(config, stateWith()),
        () => checkpointer.updateState(config, (state) => state),
        () => checkpointer.repairState(config),
        () => checkpointer.clearState(config),
        () => checkpointer.putMessages(config, numberedMessages(1)),
        () => checkpointer.putMessages(config, numberedMessages(1)),
        () => checkpointer.deleteMessage(config, "m0"),
        () => checkpointer.putThread(config),
        () => checkpointer.checkpoint(config, { messages: [Message.text("x")] }),
        () => checkpointer.checkpoint(config, { thread: { threadName: "x" } }),
      ];
      for (const write of writes) {
        await checkpointer.putThread(config, past);
        await write();
        const thread = await checkpointer.getThread(config);
        assert.ok((thread?.updatedAt.getTime() ?? 0) >= made.createdAt.getTime(), write.toString());
        assert.deepEqual(thread?.createdAt, made.createdAt);
      }
    },

    async "a read, and a delete that finds nothing, do not move updatedAt"({ checkpointer }) {
      const config = newConfig();
      const { updatedAt } = await checkpointer.putThread(config, { updatedAt: "2001-01-01T00:00:00Z" });
      await checkpointer.getState(config);
      await checkpointer.listMessages(config);
      await checkpointer.listThreads({ userId: config.userId });
      await checkpointer.clearState(config);
      assert.equal(await checkpointer.deleteMessage(config, "none"), false);
      assert.deepEqual((await checkpointer.getThread(config))?.updatedAt, updatedAt);
    },

    async "a whole thread may be given back, changed"({ checkpointer }) {
      const config = newConfig();
      const made = await checkpointer.putThread(config, { threadName: "old", metadata: { a: 1 } });
      const put = await checkpointer.putThread(config, { ...made, threadName: "new" });
      sameExactly(put, { ...made, threadName: "new" });
    },

    async "another thread's or another user's id in the fields is a ValidationError"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "mine" });
      const { threadId } = config;
      const fails = async (field: string, call: Promise<unknown>): Promise<void> => {
        assert.equal((await rejection(call, ValidationError)).field, field);
      };
      await fails("fields.threadId", checkpointer.putThread(config, { threadId: "another", threadName: "x" }));
      await fails("fields.userId", checkpointer.putThread(config, { userId: "another", threadName: "x" }));
      await fails("fields.userId", checkpointer.putThread({ threadId }, { userId: "another", threadName: "x" }));
      const thread = await checkpointer.getThread(config);
      assert.deepEqual([thread?.threadName, thread?.userId], ["mine", config.userId]);
    },

    async "the application may give back a whole thread of a user's"({ checkpointer }) {
      const config = newConfig();
      const made = await checkpointer.putThread(config);
      const put = await checkpointer.putThread({ threadId: config.threadId }, { ...made, threadName: "by the app" });
      assert.deepEqual([put.threadName, put.userId], ["by the app", config.userId]);
    },

    async "a thread has its owner from its first write, and keeps him"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      await checkpointer.putThread({ threadId: config.threadId }, { threadName: "by the application" });
      await checkpointer.putMessages({ threadId: config.threadId }, [Message.text("by the application")]);
      assert.equal((await checkpointer.getThread(config))?.userId, config.userId);
      const ownerless = newThread();
      await checkpointer.putState(ownerless, stateWith());
      assert.equal((await checkpointer.getThread(ownerless))?.userId, null);
    },
  },
};
