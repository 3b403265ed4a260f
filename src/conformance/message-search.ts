import assert from "node:assert/strict";
import { type ContentBlock, Message } from "../index.ts";
import { idsOf, messageOf, newConfig, type OwnedConfig } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

const DECOMPOSED = "Cafe\u0301";
const COMPOSED = "Caf\u00E9";

/** Searching what was said. */
export const messageSearch: Subject = {
  name: "search of messages",
  promises: {
    async "case does not count, in any alphabet"({ checkpointer }) {
      await finds(checkpointer, "Das CAFÉ am Ösentor", ["café", "CAFÉ", "Café", "ösentor", "das café am"]);
      await finds(checkpointer, "Привет, МИР", ["привет", "мир", "ПРИВЕТ, мир"]);
    },

    async "a letter is found however it ends a word"({ checkpointer }) {
      await finds(checkpointer, "ΟΔΥΣΣΕΥΣ", ["Ο", "ΟΔΥΣ", "ΟΔΥΣΣΕΥΣ", "οδυσσευς", "οδυσ", "ΣΣ"]);
    },

    async "composed and decomposed letters are the same"({ checkpointer }) {
      await finds(checkpointer, `one ${COMPOSED} please`, [COMPOSED, DECOMPOSED, DECOMPOSED.toUpperCase()]);
      await finds(checkpointer, `one ${DECOMPOSED} please`, [COMPOSED, DECOMPOSED, COMPOSED.toUpperCase()]);
    },

    async "scripts without spaces and letters beyond the first plane are found"({ checkpointer }) {
      await finds(checkpointer, "今日の天気はどう？", ["天気", "天気は", "今日"]);
      await finds(checkpointer, "good \u{1F600} day", ["\u{1F600}", "\u{1F600} day"]);
    },

    async "quotes, backslashes, newlines and tabs are found as they are"({ checkpointer }) {
      await finds(checkpointer, 'he said "C:\\new" and\nleft\tthen', [
        '"C:\\new"',
        "\\",
        '"',
        "and\nleft",
        "left\tthen",
      ]);
    },

    async "percent and underscore stand for themselves"({ checkpointer }) {
      await finds(checkpointer, "100% of my_file", ["100%", "% of", "my_file", "_"]);
      await misses(checkpointer, "100 of my file", ["%", "_", "1%f", "my_file", ".*", "1.*f"]);
    },

    async "NUL and lone surrogates in a message or a search do no harm"({ checkpointer }) {
      await finds(checkpointer, "before\0after \uD83D end", ["before", "after", "end", "before\0after", "\uD83D end"]);
    },

    async "names of fields, types and roles are not what was said"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, [
        Message.create({
          role: "assistant",
          content: [
            { type: "text", text: "hello", annotations: [{ type: "annotation", kind: "note", refs: [] }] },
            { type: "tool_call", id: "1", name: "look", args: { where: [new Date(0), 1n, new Map([["k", "v"]])] } },
            { type: "tool_result", callId: "1", output: { found: true, nothing: null } },
          ],
          metadata: {},
        }),
      ]);
      const words = ["type", "annotations", "content", "role", "assistant", "tool_result", "messageId", "where"];
      for (const search of [...words, "callId", "output", "null", "true", "bigint", "map", "$", "{", "["]) {
        assert.deepEqual(await checkpointer.listMessages(config, { search }), [], search);
      }
      assert.equal((await checkpointer.listMessages(config, { search: "hello" })).length, 1);
    },

    async "what blocks of every type say is found"({ checkpointer }) {
      const media = { kind: "url", url: "https://example.com/hidden" } as const;
      const said: readonly ContentBlock[] = [
        { type: "text", text: "NEEDLE" },
        { type: "image", media, altText: "a needle" },
        { type: "audio", media, transcript: "the needle" },
        { type: "document", media, text: "needle" },
        { type: "document", media, excerpt: "my needle" },
        { type: "tool_call", id: "1", name: "sew", args: { with: [{ what: "Needle" }] } },
        { type: "tool_result", callId: "1", output: new Map([["found", ["needle"]]]) },
        { type: "reasoning", summary: "needle?" },
        { type: "error", message: "no needle" },
      ];
      const config = newConfig();
      const batch = said.map((block) => messageOf(block));
      await checkpointer.putMessages(config, batch);
      assert.deepEqual(idsOf(await checkpointer.listMessages(config, { search: "needle" })), idsOf(batch));
      assert.deepEqual(await checkpointer.listMessages(config, { search: "needles" }), []);
    },

    async "an empty search finds all"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putMessages(config, [Message.text("a"), Message.create({ role: "user", content: [] })]);
      assert.equal((await checkpointer.listMessages(config, { search: "" })).length, 2);
    },

    async "a search looks at nobody else's messages"({ checkpointer }) {
      const mine = newConfig();
      const other = { threadId: newConfig().threadId, userId: mine.userId };
      await checkpointer.putMessages(mine, [Message.text("shared word", { messageId: "mine" })]);
      await checkpointer.putMessages(other, [Message.text("shared word", { messageId: "other" })]);
      assert.deepEqual(idsOf(await checkpointer.listMessages(mine, { search: "shared" })), ["mine"]);
    },
  },
};

async function finds(checkpointer: Checkpointer, text: string, searches: readonly string[]): Promise<void> {
  const config = await saying(checkpointer, text);
  for (const search of searches) {
    const found = idsOf(await checkpointer.listMessages(config, { search }));
    assert.deepEqual(found, ["said"], `${JSON.stringify(search)} in ${JSON.stringify(text)}`);
  }
}

async function misses(checkpointer: Checkpointer, text: string, searches: readonly string[]): Promise<void> {
  const config = await saying(checkpointer, text);
  for (const search of searches) {
    const found = idsOf(await checkpointer.listMessages(config, { search }));
    assert.deepEqual(found, [], `${JSON.stringify(search)} in ${JSON.stringify(text)}`);
  }
}

async function saying(checkpointer: Checkpointer, text: string): Promise<OwnedConfig> {
  const config = newConfig();
  await checkpointer.putMessages(config, [
    Message.text("quite another thing", { messageId: "silent" }),
    Message.text(text, { messageId: "said" }),
  ]);
  return config;
}
