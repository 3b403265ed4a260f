import assert from "node:assert/strict";
import { type ContentBlock, type MediaReference, Message } from "../index.ts";
import { sameExactly } from "./expectations.ts";
import { messageOf, newConfig, stateWith } from "./sample.ts";
import type { Checkpointer, Promises, Subject } from "./subject.ts";

const media: MediaReference = {
  kind: "url",
  url: "https://example.com/a.png?x=1&y=%20",
  fileId: "file-1",
  dataBase64: "AAEC",
  mimeType: "image/png",
  sizeBytes: 3,
  sha256: "ab".repeat(32),
  filename: "ä b.png",
  width: 640,
  height: 480,
  durationMs: 1.5,
  page: 1,
};

const annotation: ContentBlock = {
  type: "annotation",
  kind: "citation",
  refs: [{ url: "https://example.com", fileId: "file-2", page: 2, index: 0, title: "A title" }],
  spans: [
    [0, 4],
    [9, 12],
  ],
};

/** One block of each type, with every field that it has. */
const blocks: readonly ContentBlock[] = [
  { type: "text", text: "Hello \u{1F30D}\n", annotations: [annotation] },
  { type: "image", media, altText: "a picture", boundingBox: [0, 0.5, 10, 20] },
  { type: "audio", media, transcript: "a voice", sampleRate: 44_100, channelCount: 2 },
  { type: "video", media, thumbnail: { kind: "file_id", fileId: "thumb" } },
  { type: "document", media, text: "the text", pages: [1, 2, 5], excerpt: "a passage" },
  { type: "data", mimeType: "application/octet-stream", dataBase64: "//79", media },
  { type: "tool_call", id: "call-1", name: "search", args: { q: ["x", null], deep: { n: 1 } }, toolType: "remote" },
  { type: "tool_result", callId: "call-1", output: { rows: [1, 2n] }, isError: false, status: "completed" },
  { type: "reasoning", summary: "because", details: ["one", "two"] },
  annotation,
  { type: "error", message: "it broke", code: "E_BROKE", data: { at: new Date(1) } },
];

const everything: Message = {
  messageId: "everything",
  role: "assistant",
  content: blocks,
  toolCalls: [{ id: "call-1", name: "search", args: { q: "x", since: new Date(3) } }],
  reasoning: "step by step",
  usage: {
    promptTokens: 10,
    completionTokens: 20,
    totalTokens: 30,
    reasoningTokens: 5,
    cacheCreationInputTokens: 1,
    cacheReadInputTokens: 2,
    imageTokens: 3,
    audioTokens: 4,
  },
  metadata: { tags: new Set(["a"]), nested: { deep: [undefined] } },
  timestamp: 1_700_000_000_123.5,
  delta: true,
  raw: { choices: [{ finish_reason: "stop" }], id: 12n },
  parsedContent: new Map([["answer", 42]]),
};

/** What a message holds. */
export const messageContents: Subject = {
  name: "contents of messages",
  promises: {
    async "every field of a message comes back as it was put"({ checkpointer }) {
      await comesBack(checkpointer, everything);
    },

    async "fields that Agenity does not know are kept, in messages, blocks and calls"({ checkpointer }) {
      const content = [{ type: "text", text: "x", cacheControl: { type: "ephemeral" } }] as const;
      const toolCalls = [{ id: "1", name: "f", args: 0, signature: "s" }];
      await comesBack(checkpointer, {
        messageId: "more",
        role: "user",
        content,
        toolCalls,
        annotations: [{ later: true }],
        priority: 3n,
      } as Message);
    },

    async "a message comes back without the fields that it did not have"({ checkpointer }) {
      await comesBack(checkpointer, { messageId: "bare", role: "system", content: [] });
    },

    async "fields that are undefined are kept as undefined"({ checkpointer }) {
      await comesBack(checkpointer, {
        messageId: "u",
        role: "user",
        content: [],
        reasoning: undefined,
        raw: undefined,
      });
    },

    async "each role comes back"({ checkpointer }) {
      for (const role of ["user", "assistant", "system", "tool"] as const) {
        await comesBack(checkpointer, { messageId: role, role, content: [{ type: "text", text: role }] });
      }
    },

    async "a long message comes back whole"({ checkpointer }) {
      await comesBack(checkpointer, Message.text("long ".repeat(200_000)));
    },

    ...Object.fromEntries(
      blocks.map((block): [string, Promises[string]] => [
        `a block of type ${block.type} comes back as it was put`,
        ({ checkpointer }) => comesBack(checkpointer, messageOf(block)),
      ]),
    ),
  },
};

/** Through every way in and every way out. */
async function comesBack(checkpointer: Checkpointer, message: Message): Promise<void> {
  const config = newConfig();
  const expected = structuredClone(message);
  const turn = { ...config, threadId: `${config.threadId}-turn` };
  sameExactly(await checkpointer.putMessages(config, [message]), [expected]);
  await checkpointer.checkpoint(turn, { messages: [message], state: stateWith({ context: [message] }) });
  for (const place of [config, turn]) {
    sameExactly(await checkpointer.getMessage(place, message.messageId), expected);
    sameExactly(await checkpointer.listMessages(place), [expected]);
  }
  assert.equal((await checkpointer.getState(turn))?.context.length, 1);
  sameExactly((await checkpointer.getState(turn))?.context[0], expected);
}
