import assert from "node:assert/strict";
import { type ListMessagesOptions, Message, NotFoundError } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { idsOf, newConfig, numberedMessages, type OwnedConfig, textsOf } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

/** Listing messages: order, pages, filters. */
export const messagePages: Subject = {
  name: "pages of messages",
  promises: {
    async "pages of 10 by after give all 200 messages of a batch once, in order"({ checkpointer }) {
      const config = await withMessages(checkpointer, 200);
      const all: Message[] = [];
      for (;;) {
        const page = await checkpointer.listMessages(config, { limit: 10, after: all.at(-1)?.messageId });
        if (page.length === 0) break;
        all.push(...page);
      }
      assert.deepEqual(textsOf(all), textsOf(numberedMessages(200)));
    },

    async "pages of 10 by offset give all 200 messages of a batch once, in order"({ checkpointer }) {
      const config = await withMessages(checkpointer, 200);
      const all: Message[] = [];
      for (let offset = 0; offset < 200; offset += 10) {
        all.push(...(await checkpointer.listMessages(config, { limit: 10, offset })));
      }
      assert.deepEqual(textsOf(all), textsOf(numberedMessages(200)));
      assert.deepEqual(await checkpointer.listMessages(config, { offset: 200 }), []);
    },

    async "pages of 10 by before, newest first, give all 200 messages once, in reverse"({ checkpointer }) {
      const config = await withMessages(checkpointer, 200);
      const all: Message[] = [];
      for (;;) {
        const before = all.at(-1)?.messageId;
        const page = await checkpointer.listMessages(config, { limit: 10, before, order: "desc" });
        if (page.length === 0) break;
        all.push(...page);
      }
      assert.deepEqual(textsOf(all), textsOf(numberedMessages(200)).toReversed());
    },

    async "without a limit all messages are listed, however many"({ checkpointer }) {
      const config = await withMessages(checkpointer, 1_200);
      assert.equal((await checkpointer.listMessages(config)).length, 1_200);
    },

    async "limit 0 lists no messages"({ checkpointer }) {
      const config = await withMessages(checkpointer, 3);
      assert.deepEqual(await checkpointer.listMessages(config, { limit: 0 }), []);
    },

    async "before and after leave out the messages that they name"({ checkpointer }) {
      const config = await withMessages(checkpointer, 6);
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ after: "m1", before: "m4" }), ["m2", "m3"]);
      assert.deepEqual(await list({ before: "m2" }), ["m0", "m1"]);
      assert.deepEqual(await list({ after: "m5" }), []);
      assert.deepEqual(await list({ before: "m0" }), []);
      assert.deepEqual(await list({ after: "m4", before: "m1" }), []);
      assert.deepEqual(await list({ before: "m5", limit: 2 }), ["m0", "m1"]);
      assert.deepEqual(await list({ after: "m1", order: "desc", limit: 2 }), ["m5", "m4"]);
      assert.deepEqual(await list({ after: "m0", offset: 1, limit: 2 }), ["m2", "m3"]);
    },

    async "a cursor that the thread does not have is a NotFoundError"({ checkpointer }) {
      const config = await withMessages(checkpointer, 2);
      const other = await withMessages(checkpointer, 1, "other");
      assert.deepEqual(idsOf(await checkpointer.listMessages(other)), ["other0"]);
      const after = await rejection(checkpointer.listMessages(config, { after: "other0" }), NotFoundError);
      assert.equal(after.field, "options.after");
      const before = await rejection(checkpointer.listMessages(config, { before: "m9", after: "m0" }), NotFoundError);
      assert.equal(before.field, "options.before");
      await checkpointer.deleteMessage(config, "m0");
      await rejection(checkpointer.listMessages(config, { after: "m0" }), NotFoundError);
    },

    async "a page that is empty for another reason is no error"({ checkpointer }) {
      const config = await withMessages(checkpointer, 2);
      assert.deepEqual(await checkpointer.listMessages(config, { after: "m0", search: "nowhere" }), []);
      assert.deepEqual(await checkpointer.listMessages(config, { after: "m0", limit: 0 }), []);
    },

    async "cursors keep their place when messages come, go and are replaced"({ checkpointer }) {
      const config = await withMessages(checkpointer, 4);
      const first = await checkpointer.listMessages(config, { limit: 2 });
      await checkpointer.deleteMessage(config, "m2");
      await checkpointer.putMessages(config, [
        Message.text("again", { messageId: "m1" }),
        Message.text("new", { messageId: "n" }),
      ]);
      const rest = await checkpointer.listMessages(config, { after: first.at(-1)?.messageId });
      assert.deepEqual(idsOf(rest), ["m3", "n"]);
    },

    async "newest first is the same list backwards"({ checkpointer }) {
      const config = await withMessages(checkpointer, 20);
      const forwards = await checkpointer.listMessages(config, { order: "asc" });
      sameExactly(await checkpointer.listMessages(config, { order: "desc" }), forwards.toReversed());
      sameExactly(await checkpointer.listMessages(config), forwards);
    },

    async "role filters by one role or several"({ checkpointer }) {
      const config = newConfig();
      const roles = ["system", "user", "assistant", "tool", "user"] as const;
      await checkpointer.putMessages(
        config,
        roles.map((role, index) => Message.text(role, { role, messageId: `m${index}` })),
      );
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ role: "user" }), ["m1", "m4"]);
      assert.deepEqual(await list({ role: ["tool", "system"] }), ["m0", "m3"]);
      assert.deepEqual(await list({ role: [] }), []);
      assert.deepEqual(await list({ role: "user", limit: 1, order: "desc" }), ["m4"]);
    },

    async "since is inclusive, until is not; both take Dates and milliseconds"({ checkpointer }) {
      const config = newConfig();
      const times = [1_000, 2_000, 2_000.5, 3_000];
      await checkpointer.putMessages(
        config,
        times.map((timestamp) => Message.text("x", { messageId: `at${timestamp}`, timestamp })),
      );
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ since: 2_000 }), ["at2000", "at2000.5", "at3000"]);
      assert.deepEqual(await list({ since: new Date(2_000), until: new Date(3_000) }), ["at2000", "at2000.5"]);
      assert.deepEqual(await list({ until: 2_000 }), ["at1000"]);
      assert.deepEqual(await list({ since: 2_000, until: 2_000 }), []);
      assert.deepEqual(await list({ since: -1 }), ["at1000", "at2000", "at2000.5", "at3000"]);
    },

    async "a message without a timestamp is filtered by when it was stored"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, [{ messageId: "m", role: "user", content: [] }]);
      const stored = (await checkpointer.getThread(config))?.updatedAt.getTime() as number;
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ since: stored - 1_000, until: stored + 1_000 }), ["m"]);
      assert.deepEqual(await list({ until: stored - 1_000 }), []);
      assert.deepEqual(await list({ since: stored + 1_000 }), []);
      assert.equal((await checkpointer.getMessage(config, "m"))?.timestamp, undefined);
    },

    async "a message that is replaced by one without a timestamp is filtered by the time that it had"({
      checkpointer,
    }) {
      const config = newConfig();
      const said = { messageId: "m", role: "user", content: [] } as const;
      await checkpointer.putMessages(config, [{ ...said, timestamp: 1_000 }]);
      await checkpointer.putMessages(config, [said]);
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ since: 1_000, until: 1_001 }), ["m"]);
      assert.deepEqual(await list({ since: 1_001 }), []);
      assert.equal((await checkpointer.getMessage(config, "m"))?.timestamp, undefined);
    },

    async "messages stand in the order in which they were put, whatever their timestamps"({ checkpointer }) {
      const config = newConfig();
      const times = [5, 3, 3, 9, 1];
      await checkpointer.putMessages(
        config,
        times.map((timestamp, index) => Message.text("x", { messageId: `m${index}`, timestamp })),
      );
      assert.deepEqual(await listIn(checkpointer, config)({}), ["m0", "m1", "m2", "m3", "m4"]);
    },

    async "filters come first, then order, then offset and limit"({ checkpointer }) {
      const config = newConfig();
      const batch = Array.from({ length: 12 }, (_, index) =>
        Message.text(index % 3 === 0 ? "match" : "miss", {
          messageId: `m${index}`,
          role: index % 2 === 0 ? "user" : "assistant",
          timestamp: index,
        }),
      );
      await checkpointer.putMessages(config, batch);
      const list = listIn(checkpointer, config);
      assert.deepEqual(await list({ search: "match", offset: 1, limit: 2 }), ["m3", "m6"]);
      assert.deepEqual(await list({ search: "match", order: "desc", offset: 1, limit: 2 }), ["m6", "m3"]);
      assert.deepEqual(await list({ search: "match", role: "user", since: 1 }), ["m6"]);
      assert.deepEqual(await list({ search: "match", after: "m2", before: "m9" }), ["m3", "m6"]);
    },
  },
};

async function withMessages(checkpointer: Checkpointer, count: number, prefix = "m"): Promise<OwnedConfig> {
  const config = newConfig();
  await checkpointer.putMessages(config, numberedMessages(count, prefix));
  return config;
}

function listIn(checkpointer: Checkpointer, config: OwnedConfig): (options: ListMessagesOptions) => Promise<string[]> {
  return async (options) => idsOf(await checkpointer.listMessages(config, options));
}
