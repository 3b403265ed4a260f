import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromOpenAiChat } from "../../src/cli/openai-chat.ts";
import { Message } from "../../src/index.ts";
import { root } from "./run-cli.ts";
import { toOpenAiChat } from "./to-openai-chat.ts";

const airline = join(root, "../shared/data/airline-conversations.jsonl");

function one(message: unknown): Message {
  const [converted] = fromOpenAiChat([message]);
  if (converted === undefined) throw new Error("nothing was converted");
  // Whatever the conversion answers must be a message that can be stored.
  Message.create(converted);
  return converted;
}

function callOf(text: unknown): Record<string, unknown> {
  const calls = [{ id: "c1", type: "function", function: { name: "f", arguments: text } }];
  return one({ role: "assistant", content: null, tool_calls: calls }).toolCalls?.[0] as unknown as Record<
    string,
    unknown
  >;
}

describe("messages", () => {
  test("ids tell the position", () => {
    const messages = fromOpenAiChat([
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ]);
    expect(messages.map((message) => message.messageId)).toEqual(["m0001", "m0002"]);
  });

  test("text becomes one text block, also where it is empty", () => {
    expect(one({ role: "user", content: "Café 天気 🎂" }).content).toEqual([{ type: "text", text: "Café 天気 🎂" }]);
    expect(one({ role: "user", content: "" }).content).toEqual([{ type: "text", text: "" }]);
  });

  test.each([[null], [undefined], [[]]])("content %j is no blocks", (content) => {
    expect(one({ role: "assistant", content }).content).toEqual([]);
  });

  test("a message has no other fields than it needs", () => {
    expect(Object.keys(one({ role: "user", content: "a", name: null }))).toEqual(["messageId", "role", "content"]);
  });

  test("other fields stay in metadata, null ones do not", () => {
    expect(one({ role: "user", content: "a", name: "alice", audio: null, score: { a: [1] } }).metadata).toEqual({
      name: "alice",
      score: { a: [1] },
    });
  });

  test("developer is system, function is tool, and the role as written stays", () => {
    expect(one({ role: "developer", content: "be kind" })).toMatchObject({
      role: "system",
      metadata: { role: "developer" },
    });
    expect(one({ role: "function", name: "f", content: "ok" })).toMatchObject({
      role: "tool",
      content: [{ type: "tool_result", callId: "f", output: "ok" }],
      metadata: { role: "function", name: "f" },
    });
  });

  test("a refusal is told, and reasoning is kept apart", () => {
    expect(one({ role: "assistant", content: null, refusal: "No." }).content).toEqual([
      { type: "error", code: "refusal", message: "No." },
    ]);
    expect(one({ role: "assistant", content: "4", reasoning_content: "2 + 2" }).reasoning).toBe("2 + 2");
  });

  test("a tool's answer keeps its content as it came", () => {
    for (const content of ['{"a":1}', "", [{ type: "text", text: "x" }]]) {
      expect(one({ role: "tool", tool_call_id: "c1", content }).content).toEqual([
        { type: "tool_result", callId: "c1", output: content },
      ]);
    }
  });
});

describe("tool calls", () => {
  test("arguments are parsed, and stored once", () => {
    expect(callOf(`{ "city" : "Zo\\u00eb",\n "days": [1, 2] }`)).toEqual({
      id: "c1",
      name: "f",
      args: { city: "Zoë", days: [1, 2] },
    });
  });

  test.each(["", "{broken", "[1,", `"only a string"`, "undefined"])("%j stays the text it is", (text) => {
    expect(callOf(text)).toEqual({ id: "c1", name: "f", args: text });
  });

  test.each([`{"id":12345678901234567890}`, `{"a":1,"a":2}`, `{"zero":-0}`, `{"2":1,"1":2}`])(
    "%s is kept as text too, because parsing changes it",
    (text) => {
      expect(callOf(text)).toMatchObject({ args: JSON.parse(text), argumentsText: text });
    },
  );

  test("fields that other providers add are kept", () => {
    const calls = [{ id: "c1", type: "function", index: 0, function: { name: "f", arguments: "{}", strict: true } }];
    expect(one({ role: "assistant", tool_calls: calls }).toolCalls).toEqual([
      { id: "c1", name: "f", args: {}, extra: { index: 0, strict: true } },
    ]);
  });

  test("a custom tool takes text", () => {
    const calls = [{ id: "c1", type: "custom", custom: { name: "shell", input: "ls" } }];
    expect(one({ role: "assistant", tool_calls: calls }).toolCalls).toEqual([
      { id: "c1", name: "shell", args: "ls", type: "custom" },
    ]);
  });
});

describe("parts", () => {
  const parts = [
    { type: "text", text: "look" },
    { type: "image_url", image_url: { url: "https://example.org/a.png", detail: "low" } },
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
    { type: "image_url", image_url: { url: "data:image/svg+xml,<svg/>" } },
    { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
    { type: "file", file: { file_id: "file-1" } },
    { type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" } },
    { type: "text", text: "cached", cache_control: { type: "ephemeral" } },
    { type: "hologram", depth: 3 },
    { type: "toString" },
    { type: "image_url", image_url: "https://example.org/bare.png" },
    { type: "file", file: { file_id: 7 } },
    { no: "type" },
  ];

  test("each becomes a block, and is found again", () => {
    const message = one({ role: "user", content: parts });
    expect(message.content.map((block) => block.type).join(" ")).toBe(
      "text image image image audio document document data data data data data data",
    );
    expect(toOpenAiChat(message)["content"]).toEqual(parts);
  });

  test("a bare string among the parts is text", () => {
    expect(one({ role: "user", content: ["a", 7] }).content).toMatchObject([
      { type: "text", text: "a" },
      { type: "data" },
    ]);
  });
});

describe("what is not of the format is named by its place", () => {
  test.each<[unknown, RegExp]>([
    ["hello", /^messages\[0\]: a message must be an object/],
    [{ role: "robot", content: "x" }, /^messages\[0\]\.role: expected one of system, .*; got "robot"/],
    [{ content: "x" }, /^messages\[0\]\.role: .* got nothing/],
    [{ role: "user", content: 7 }, /^messages\[0\]\.content: expected a string/],
    [{ role: "tool", content: "x" }, /^messages\[0\]\.tool_call_id: /],
    [{ role: "assistant", tool_calls: {} }, /^messages\[0\]\.tool_calls: expected an array/],
    [{ role: "assistant", tool_calls: [7] }, /^messages\[0\]\.tool_calls\[0\]: /],
    [{ role: "assistant", tool_calls: [{ function: { name: "f" } }] }, /tool_calls\[0\]\.id: /],
    [{ role: "assistant", tool_calls: [{ id: "c" }] }, /tool_calls\[0\]\.function: is missing/],
    [{ role: "assistant", tool_calls: [{ id: "c", function: {} }] }, /tool_calls\[0\]\.name: /],
  ])("%j", (message, problem) => {
    expect(() => fromOpenAiChat([message])).toThrow(problem);
  });
});

test("no message loses anything", () => {
  const text = fc.string({ unit: "binary" });
  const call = fc.record({
    id: text,
    type: fc.constant("function"),
    function: fc.record({
      name: text,
      arguments: fc.oneof(
        text,
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
    }),
  });
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom("user", "system", "developer"), content: text }),
    fc.record({
      role: fc.constant("assistant"),
      content: fc.option(text),
      tool_calls: fc.array(call, { minLength: 1 }),
    }),
    fc.record({ role: fc.constant("tool"), tool_call_id: text, name: text, content: text }),
  );
  fc.assert(
    fc.property(message, (given) => {
      expect(toOpenAiChat(one(given))).toEqual(given);
    }),
  );
});

test.skipIf(!existsSync(airline))(`nothing of the recorded airline conversations is lost (needs ${airline})`, () => {
  const lines = readFileSync(airline, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(120);
  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: unknown[] };
    const converted = fromOpenAiChat(messages);
    for (const message of converted) Message.create(message);
    expect(converted.map(toOpenAiChat).map(withoutBlanks)).toEqual(messages.map(withoutBlanks));
  }
});

/** The recorded arguments have blanks that mean nothing. */
function withoutBlanks(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    key === "arguments" && typeof value === "string" ? JSON.stringify(JSON.parse(value)) : value,
  );
}
