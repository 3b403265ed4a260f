import { beforeEach, describe, expect, test } from "vitest";
import { listHistory, historyText } from "../../src/cli/history-command.ts";
import { messageLines } from "../../src/cli/message-lines.ts";
import { show, shownJson, showText } from "../../src/cli/show-command.ts";
import { terminalOf } from "../../src/cli/terminal.ts";
import { createState, InMemoryCheckpointer, Message, type MessageFields } from "../../src/index.ts";

const terminal = terminalOf({} as NodeJS.WriteStream, { COLUMNS: "40" });
const config = { threadId: "t" };
let checkpointer: InMemoryCheckpointer;

beforeEach(async () => {
  checkpointer = new InMemoryCheckpointer();
  await checkpointer.setup();
});

function lines(fields: Partial<MessageFields>, isFull = false): string[] {
  const message = Message.create({ role: "assistant", content: [], ...fields });
  return messageLines(message, { position: 1, callNames: new Map([["c1", "look_up"]]), terminal, isFull });
}

describe("a message", () => {
  test("text stands in full, with its own lines", () => {
    expect(lines({ content: [{ type: "text", text: `one\n\n${"x".repeat(60)}` }] })).toEqual([
      "[1] assistant",
      "  one",
      "",
      `  ${"x".repeat(60)}`,
    ]);
  });

  test("instructions take one line, unless all is wanted", () => {
    const content = [{ type: "text" as const, text: "Be kind.\n".repeat(20) }];
    expect(lines({ role: "system", content })).toEqual(["[1] system", "  Be kind. Be kind. Be kind. Be kind. B…"]);
    expect(lines({ role: "system", content }, true)).toHaveLength(22);
  });

  test("calls and results take one line of the terminal's width; a result names its tool", () => {
    const output = { street: "x".repeat(1_000_000) };
    const [, result] = lines({ role: "tool", content: [{ type: "tool_result", callId: "c1", output }] });
    expect(result).toBe(`  ← look_up: {"street":"xxxxxxxxxxxxxxx…`);
    expect(lines({ role: "tool", content: [{ type: "tool_result", callId: "c9", output: "ok" }] })[1]).toBe(
      "  ← c9: ok",
    );
    expect(lines({ toolCalls: [{ id: "c1", name: "look_up", args: { a: 1n } }] })[1]).toBe(`  → look_up {"a":"1"}`);
  });

  test("a call that stands in both places is told once", () => {
    const call = { id: "c1", name: "look_up", args: {} };
    expect(lines({ content: [{ type: "tool_call", ...call }], toolCalls: [call] })).toHaveLength(2);
    expect(lines({ content: [{ type: "tool_call", ...call }] })[1]).toBe("  → look_up {}");
  });

  test("other blocks are told by what they are", () => {
    expect(
      lines({
        reasoning: "hm",
        content: [
          { type: "reasoning", summary: "well" },
          { type: "error", message: "No." },
          { type: "image", altText: "a cat", media: { kind: "url", url: "https://e.org/c.png" } },
          { type: "audio", transcript: "hello", media: { kind: "data", dataBase64: "AAAA", mimeType: "audio/wav" } },
          { type: "document", media: { kind: "file_id", fileId: "f1", filename: "a.pdf" } },
          { type: "data", mimeType: "application/json", dataBase64: "e30=" },
        ],
      }),
    ).toEqual([
      "[1] assistant",
      "  (thinks) hm",
      "  (thinks) well",
      "  ! No.",
      "  [image a cat https://e.org/c.png]",
      "  [audio hello audio/wav]",
      "  [document a.pdf f1]",
      "  [data application/json]",
    ]);
  });
});

describe("a thread", () => {
  test("with a state", async () => {
    const executionMeta = { step: 3, status: "interrupted" as const, currentNode: "ask", interruptReason: "approval" };
    const state = createState({
      context: [Message.text("hi\u001B[2J")],
      contextSummary: "before\nthis",
      executionMeta,
    });
    await checkpointer.putState({ ...config, userId: "alice" }, state);
    await checkpointer.putThread(config, { threadName: "A name" });
    const text = showText(await show(checkpointer, config, { version: undefined }), terminal, false);
    expect(text.replace(/Written .*\n/, "")).toBe(
      [
        "Thread    t",
        "User      alice",
        "Name      A name",
        "Version   1, the newest",
        "Status    interrupted at step 3, node ask: approval",
        "Messages  1 message",
        "Summary   before this",
        "",
        "[1] user",
        "  hi",
      ].join("\n"),
    );
  });

  test("at a version, after it was cleared, and at a version that it never had", async () => {
    await checkpointer.putState(config, createState({ context: [Message.text("one")] }));
    await checkpointer.putState(config, createState({ context: [Message.text("two")] }));
    const first = await show(checkpointer, config, { version: 1 });
    expect(showText(first, terminal, false)).toMatch(/Version {3}1 of 2\n(.*\n)*.*\[1\] user\n {2}one$/);
    expect(shownJson(first)).not.toHaveProperty("messages");
    await checkpointer.clearState(config);
    const cleared = showText(await show(checkpointer, config, { version: undefined }), terminal, false);
    expect(cleared).toContain("Version   3: the state was cleared");
    expect(showText(await show(checkpointer, config, { version: 3 }), terminal, false)).toContain(
      "3: the state was cleared",
    );
    await expect(show(checkpointer, config, { version: 9 })).rejects.toThrow(
      `thread "t" has no version 9; its newest is 3`,
    );
  });

  test("without a state, its messages", async () => {
    await checkpointer.putMessages(config, [Message.text("only said")]);
    const shown = await show(checkpointer, config, { version: undefined });
    const text = showText(shown, terminal, false);
    expect(text).toContain("Version   none: this thread has no state");
    expect(text).toContain("Messages  1 message of the thread");
    expect(text).toContain("  only said");
    expect(shownJson(shown)).toMatchObject({ state: null, version: null, messages: [{ role: "user" }] });
    await expect(show(checkpointer, config, { version: 1 })).rejects.toThrow(`has no version 1; it has no state`);
  });

  test("that is not there, or is another user's", async () => {
    await expect(show(checkpointer, config, { version: undefined })).rejects.toThrow(`there is no thread "t"`);
    await checkpointer.putThread({ ...config, userId: "alice" });
    const asBob = show(checkpointer, { ...config, userId: "bob" }, { version: undefined });
    await expect(asBob).rejects.toThrow(`there is no thread "t" of user "bob"`);
  });
});

describe("a history", () => {
  test("tells what each version changed", async () => {
    const call = { id: "c1", name: "look_up", args: {} };
    const [question, answer] = [
      Message.text("?"),
      Message.create({ role: "assistant", content: [], toolCalls: [call] }),
    ];
    const put = (context: Message[], metadata?: Record<string, unknown>): Promise<unknown> =>
      checkpointer.putState(config, createState({ context }), metadata === undefined ? {} : { metadata });
    await put([]);
    await put([question, answer]);
    await put([question, answer], { node: "ask" });
    await put([answer]);
    await put([answer, question], { summary: "compacted" });
    await checkpointer.clearState(config);
    await put([question]);
    const { versions, hasMore } = await listHistory(checkpointer, config, 20);
    expect(hasMore).toBe(false);
    expect(versions.map(({ version, change }) => `${version} ${change}`)).toEqual([
      "7 +1 message: user",
      "6 cleared",
      "5 compacted",
      "4 −2 messages, +1 message: assistant → look_up",
      "3 fields of the state",
      "2 +2 messages: user, assistant → look_up",
      "1 no messages yet",
    ]);
    const text = historyText(await listHistory(checkpointer, config, 2), terminal);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toMatch(/^VERSION {2}WRITTEN \(UTC\) {8}CHANGE\n7 {8}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\+1 mess/);
    expect(text).toContain("… and older ones");
  });

  test("of a thread without a state", async () => {
    await checkpointer.putThread(config);
    expect(historyText(await listHistory(checkpointer, config, 20), terminal)).toBe(
      "no versions: this thread has no state",
    );
  });
});
