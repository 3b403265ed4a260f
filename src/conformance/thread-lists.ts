import assert from "node:assert/strict";
import { type ListThreadsOptions, Message, NotFoundError, type ThreadInfo, ValidationError } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

/** Lists of threads: order, pages, metadata. */
export const threadLists: Subject = {
  name: "lists of threads",
  promises: {
    async "a user who has no threads lists none"({ checkpointer }) {
      assert.deepEqual(await checkpointer.listThreads({ userId: unique("user") }), []);
    },

    async "threads are listed as getThread answers them"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putThread(config, { threadName: "Name", metadata: { a: new Date(1) }, runId: "r" });
      sameExactly(await checkpointer.listThreads({ userId: config.userId }), [await checkpointer.getThread(config)]);
    },

    async "whatever was written last stands first"({ checkpointer }) {
      const { userId, threadIds } = await withThreads(checkpointer, 3);
      const [a, b, c] = threadIds as [string, string, string];
      const at = (threadId: string): { threadId: string; userId: string } => ({ threadId, userId });
      await checkpointer.putMessages(at(a), numberedMessages(2));
      await checkpointer.putState(at(b), stateWith());
      const writes: [string, () => Promise<unknown>][] = [
        [c, () => checkpointer.putThread(at(c), { threadName: "c" })],
        [a, () => checkpointer.putState(at(a), stateWith())],
        [b, () => checkpointer.putMessages(at(b), [Message.text("b")])],
        [a, () => checkpointer.putMessages(at(a), numberedMessages(1))],
        [b, () => checkpointer.clearState(at(b))],
        [c, () => checkpointer.checkpoint(at(c), { messages: [Message.text("c")] })],
        [a, () => checkpointer.deleteMessage(at(a), "m1")],
        [c, () => checkpointer.repairState(at(c))],
        [a, () => checkpointer.updateState(at(a), (state) => state)],
        [b, () => checkpointer.putState({ ...at(b), namespace: "planner" }, stateWith())],
        [c, () => checkpointer.putThread(at(c))],
      ];
      let order = (await checkpointer.listThreads({ userId })).map(idOf);
      for (const [threadId, write] of writes) {
        await write();
        order = [threadId, ...order.filter((other) => other !== threadId)];
        assert.deepEqual((await checkpointer.listThreads({ userId })).map(idOf), order, write.toString());
      }
    },

    async "a read moves nothing in the list"({ checkpointer }) {
      const { userId, threadIds } = await withThreads(checkpointer, 3);
      const before = await checkpointer.listThreads({ userId });
      const config = { threadId: threadIds[0] as string, userId };
      await checkpointer.getState(config);
      await checkpointer.getThread(config);
      await checkpointer.listMessages(config);
      await checkpointer.stats(config);
      sameExactly(await checkpointer.listThreads({ userId }), before);
    },

    async "a fork stands first, its source where it was"({ checkpointer }) {
      const { userId, threadIds } = await withThreads(checkpointer, 2);
      const [first, second] = threadIds as [string, string];
      const fork = unique("fork");
      await checkpointer.forkThread({ threadId: first, userId }, { threadId: fork, userId });
      assert.deepEqual((await checkpointer.listThreads({ userId })).map(idOf), [fork, second, first]);
    },

    async "given times order the list, whatever the threads were made in"({ checkpointer }) {
      const userId = unique("user");
      const years = [2003, 2001, 2005, 2002];
      for (const year of years) {
        await checkpointer.putThread(
          { threadId: unique(`t${year}`), userId },
          { updatedAt: `${year}-01-01T00:00:00Z` },
        );
      }
      const listed = (await checkpointer.listThreads({ userId })).map((thread) => thread.updatedAt.getUTCFullYear());
      assert.deepEqual(listed, [2005, 2003, 2002, 2001]);
    },

    async "pages of 10 by after give every thread once, also those of one instant"({ checkpointer }) {
      const userId = unique("user");
      const threadIds = Array.from({ length: 35 }, (_, index) => unique(`t${index}`));
      for (const [index, threadId] of threadIds.entries()) {
        const updatedAt = new Date(Date.UTC(2001, 0, 1 + Math.floor(index / 12)));
        await checkpointer.putThread({ threadId, userId }, { updatedAt });
      }
      const all = await checkpointer.listThreads({ userId });
      assert.deepEqual(all.map(idOf).toSorted(), threadIds.toSorted());
      const paged: ThreadInfo[] = [];
      for (;;) {
        const page = await checkpointer.listThreads({ userId }, { limit: 10, after: paged.at(-1)?.threadId });
        if (page.length === 0) break;
        paged.push(...page);
      }
      sameExactly(paged, all);
    },

    async "limit, offset, before and after cut the list"({ checkpointer }) {
      const { userId } = await withThreads(checkpointer, 6);
      const ids = (await checkpointer.listThreads({ userId })).map(idOf);
      const list = async (options: ListThreadsOptions): Promise<string[]> =>
        (await checkpointer.listThreads({ userId }, options)).map(idOf);
      assert.deepEqual(await list({ limit: 2 }), ids.slice(0, 2));
      assert.deepEqual(await list({ limit: 0 }), []);
      assert.deepEqual(await list({ offset: 4 }), ids.slice(4));
      assert.deepEqual(await list({ offset: 1, limit: 3 }), ids.slice(1, 4));
      assert.deepEqual(await list({ offset: 6 }), []);
      assert.deepEqual(await list({ before: ids[2] }), ids.slice(0, 2));
      assert.deepEqual(await list({ after: ids[3] }), ids.slice(4));
      assert.deepEqual(await list({ after: ids[1], before: ids[4] }), ids.slice(2, 4));
      assert.deepEqual(await list({ after: ids[0], offset: 1, limit: 1 }), [ids[2]]);
      assert.deepEqual(await list({ before: ids[0] }), []);
      assert.deepEqual(await list({ after: ids[5] }), []);
    },

    async "a cursor that the caller does not have is a NotFoundError"({ checkpointer }) {
      const { userId } = await withThreads(checkpointer, 2);
      const other = newConfig();
      await checkpointer.putThread(other);
      const after = await rejection(checkpointer.listThreads({ userId }, { after: unique("none") }), NotFoundError);
      assert.equal(after.field, "options.after");
      const before = await rejection(checkpointer.listThreads({ userId }, { before: other.threadId }), NotFoundError);
      assert.equal(before.field, "options.before");
    },

    async "metadata filters by containment"({ checkpointer }) {
      const userId = unique("user");
      const kept = {
        a: { kind: "chat", tags: ["x", "y"], deep: { n: 1, m: 2 } },
        b: { kind: "task", tags: ["y"], at: new Date(9), flag: true },
        c: { kind: "chat", empty: null, count: 0 },
      };
      for (const [name, metadata] of Object.entries(kept)) {
        await checkpointer.putThread({ threadId: unique(name), userId }, { metadata, threadName: name });
      }
      const list = async (metadata: Record<string, unknown>): Promise<string[]> =>
        (await checkpointer.listThreads({ userId }, { metadata })).map((thread) => thread.threadName ?? "");
      assert.deepEqual(await list({ kind: "chat" }), ["c", "a"]);
      assert.deepEqual(await list({ tags: ["y"] }), ["b", "a"]);
      assert.deepEqual(await list({ kind: "chat", tags: ["y"] }), ["a"]);
      assert.deepEqual(await list({ deep: { m: 2 } }), ["a"]);
      assert.deepEqual(await list({ at: new Date(9), flag: true }), ["b"]);
      assert.deepEqual(await list({ at: new Date(8) }), []);
      assert.deepEqual(await list({ empty: null }), ["c"]);
      assert.deepEqual(await list({ count: 0 }), ["c"]);
      assert.deepEqual(await list({ kind: "CHAT" }), []);
      assert.deepEqual(await list({ missing: null }), []);
      assert.deepEqual(await list({}), ["c", "b", "a"]);
    },

    async "a record in a metadata filter finds records, not values of other kinds"({ checkpointer }) {
      const userId = unique("user");
      const kept: Record<string, unknown> = {
        record: { n: 1, v: "1" },
        named: { $: "date", v: "1" },
        date: new Date(9),
        big: 1n,
        list: [new Date(9), { n: 1 }, new Map([["k", new Date(9)]])],
        text: "text",
      };
      for (const [threadName, deep] of Object.entries(kept)) {
        await checkpointer.putThread({ threadId: unique(threadName), userId }, { threadName, metadata: { deep } });
      }
      const list = async (deep: unknown): Promise<string[]> =>
        (await checkpointer.listThreads({ userId }, { metadata: { deep } })).map((thread) => thread.threadName ?? "");
      assert.deepEqual(await list({}), ["record"]);
      assert.deepEqual(await list({ v: "1" }), ["record"]);
      assert.deepEqual(await list({ n: 1, v: "1" }), ["record"]);
      assert.deepEqual(await list({ v: {} }), []);
      assert.deepEqual(await list([{}]), ["list"]);
      assert.deepEqual(await list([{}, { n: 1 }]), ["list"]);
      assert.deepEqual(await list([{ v: 9 }]), []);
      assert.deepEqual(await list([new Map([["k", {}]])]), []);
      assert.deepEqual(await list([new Map([["k", new Date(9)]]), {}]), ["list"]);
      assert.deepEqual(await list(1n), ["big"]);
    },

    async "a metadata filter with an empty record may be as deep as any value"({ checkpointer }) {
      const userId = unique("user");
      const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
        let value: unknown = {};
        for (let level = 1; level < depth; level++) value = wrap(value);
        return value;
      };
      const lists = nested(450, (inner) => [inner]);
      const records = nested(450, (inner) => ({ inner }));
      const config = { threadId: unique("deep"), userId };
      await checkpointer.putThread(config, { metadata: { lists, records } });
      const found = await checkpointer.listThreads({ userId }, { metadata: { lists, records } });
      assert.deepEqual(found.map(idOf), [config.threadId]);
      const maps = nested(450, (inner) => new Map([["k", inner]]));
      const error = await rejection(checkpointer.listThreads({ userId }, { metadata: { maps } }), ValidationError);
      assert.equal(error.field, "options.metadata");
    },

    async "a deleted thread is not listed"({ checkpointer }) {
      const { userId, threadIds } = await withThreads(checkpointer, 2);
      await checkpointer.deleteThread({ threadId: threadIds[1] as string, userId });
      assert.deepEqual((await checkpointer.listThreads({ userId })).map(idOf), [threadIds[0]]);
    },

    async "a call without a user lists every user's threads"({ checkpointer }) {
      const marked = { metadata: { mark: unique("mark") } };
      const configs = [newConfig(), newConfig(), { threadId: unique("ownerless") }];
      for (const config of configs) await checkpointer.putThread(config, marked);
      const expected = configs.map(idOf).toReversed();
      assert.deepEqual((await checkpointer.listThreads({}, marked)).map(idOf), expected);
      assert.deepEqual((await checkpointer.listThreads(undefined, marked)).map(idOf), expected);
    },
  },
};

async function withThreads(
  checkpointer: Checkpointer,
  count: number,
): Promise<{ readonly userId: string; readonly threadIds: readonly string[] }> {
  const userId = unique("user");
  const threadIds = Array.from({ length: count }, (_, index) => unique(`t${index}`));
  for (const threadId of threadIds) await checkpointer.putThread({ threadId, userId });
  return { userId, threadIds };
}

function idOf({ threadId }: { readonly threadId: string }): string {
  return threadId;
}
