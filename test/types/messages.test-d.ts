import { describe, expectTypeOf, test } from "vitest";
import {
  type ContentBlock,
  createState,
  InMemoryCheckpointer,
  Message,
  type MessageRole,
  type ThreadInfo,
} from "../../src/index.ts";

const message = Message.text("hello", { messageId: "m", metadata: { n: 1 } });

describe("messages", () => {
  test("are readonly to the last field", () => {
    // @ts-expect-error -- content cannot grow
    message.content.push({ type: "text", text: "more" });
    // @ts-expect-error -- nor be replaced
    message.content = [];
    // @ts-expect-error -- nor an item of it
    message.content[0] = { type: "text", text: "other" };
    const [block] = message.content;
    // @ts-expect-error -- nor a field of an item
    if (block?.type === "text") block.text = "other";
    // @ts-expect-error -- nor metadata
    if (message.metadata !== undefined) message.metadata["n"] = 2;
    // @ts-expect-error -- nor who speaks
    message.role = "system";
    // @ts-expect-error -- nor the calls
    message.toolCalls?.push({ id: "1", name: "f", args: {} });
    // @ts-expect-error -- nor the id
    message.messageId = "other";
  });

  test("are readonly where they are read", async () => {
    const checkpointer = new InMemoryCheckpointer();
    const [listed] = await checkpointer.listMessages({ threadId: "t" });
    // @ts-expect-error -- frozen
    listed?.content.push({ type: "text", text: "more" });
    const state = await checkpointer.getState({ threadId: "t" });
    // @ts-expect-error -- frozen
    state?.context[0]?.content.push({ type: "text", text: "more" });
  });

  test("may be put into a state's context, which is the caller's own", () => {
    const state = createState();
    state.context.push(message);
    state.context = state.context.slice(-10);
    state.contextSummary = "so far";
    state.executionMeta = { ...state.executionMeta, step: 2 };
  });

  test("of readonly arrays, and written out as plain objects, can be put", async () => {
    const checkpointer = new InMemoryCheckpointer();
    const batch: readonly Message[] = [message];
    await checkpointer.putMessages({ threadId: "t" }, batch);
    const plain = { messageId: "p", role: "user", content: [{ type: "text", text: "hi" }] } as const;
    await checkpointer.putMessages({ threadId: "t" }, [plain]);
  });

  test("are told apart by role and type", () => {
    expectTypeOf(message.role).toEqualTypeOf<MessageRole>();
    expectTypeOf(message.content).toEqualTypeOf<readonly ContentBlock[]>();
    expectTypeOf(Message.textOf(message)).toEqualTypeOf<string>();
    for (const block of message.content) {
      if (block.type === "tool_result") expectTypeOf(block.output).toEqualTypeOf<unknown>();
      if (block.type === "tool_call") expectTypeOf(block.name).toEqualTypeOf<string>();
    }
  });

  test("that are wrong are errors", () => {
    // @ts-expect-error -- there is no such role
    Message.text("x", { role: "robot" });
    // @ts-expect-error -- there is no such block
    Message.create({ role: "user", content: [{ type: "txt", text: "x" }] });
    // @ts-expect-error -- a text block has a text
    Message.create({ role: "user", content: [{ type: "text" }] });
    // @ts-expect-error -- content is a list
    Message.create({ role: "user", content: "x" });
    // @ts-expect-error -- somebody speaks
    Message.create({ content: [] });
    // @ts-expect-error -- misspelt: it is messageId
    Message.text("x", { id: "m" });
    // @ts-expect-error -- text() makes the content itself
    Message.text("x", { content: [] });
  });
});

test("threads are readonly, and can be given back whole", async () => {
  const checkpointer = new InMemoryCheckpointer();
  const thread: ThreadInfo = await checkpointer.putThread({ threadId: "t" }, { threadName: "named" });
  // @ts-expect-error -- a thread changes through putThread
  thread.threadName = "other";
  // @ts-expect-error -- a thread changes through putThread
  thread.metadata["tag"] = 1;
  await checkpointer.putThread({ threadId: "t" }, { ...thread, threadName: "other" });
});
