import { beforeEach, describe, expect, test } from "vitest";
import { replay } from "../../src/cli/replay.ts";
import { createState, InMemoryCheckpointer, Message } from "../../src/index.ts";
import { conversationOf, expectStored, recorded } from "./recorded.ts";

const whole = conversationOf(recorded("talk", 5));
const options = { userId: undefined, fileName: "talks.jsonl", onTurn: () => {} };
const config = { threadId: "talk" };
let checkpointer: InMemoryCheckpointer;

/** The same conversation when only so much of it was recorded. */
const until = (messageCount: number): typeof whole => ({ ...whole, messages: whole.messages.slice(0, messageCount) });

beforeEach(async () => {
  checkpointer = new InMemoryCheckpointer();
  await checkpointer.setup();
});

test("a conversation becomes a thread: a version a turn, its messages as recorded", async () => {
  const told: number[] = [];
  const result = await replay(
    checkpointer,
    { ...whole, extra: { reward: 1 } },
    { ...options, onTurn: (count) => told.push(count) },
  );
  expect(result).toEqual({ found: 0, messages: 21, versions: 10 });
  expect(told).toEqual([3, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  await expectStored(checkpointer, whole);
  expect(await checkpointer.getThread(config)).toMatchObject({
    threadName: "Question 0 of talk: where is the Café? 🎂",
    metadata: { importedFrom: "talks.jsonl", reward: 1 },
    userId: null,
  });
});

test("a thread is called what the file calls it, or by what the user said, in one short line", async () => {
  const named = async (id: string, text: string | null, extra: object = {}): Promise<string | null | undefined> => {
    const messages = [
      text === null
        ? Message.text("hi", { role: "assistant", messageId: "m0001" })
        : Message.text(text, { messageId: "m0001" }),
    ];
    await replay(checkpointer, { id, messages, extra: { ...extra } }, options);
    return (await checkpointer.getThread({ threadId: id }))?.threadName;
  };
  expect(await named("a", "hello", { title: "Greetings" })).toBe("Greetings");
  expect(await named("b", " two\n lines ", { title: 7 })).toBe("two lines");
  expect(await named("c", "🎂".repeat(100))).toBe(`${"🎂".repeat(39)}…`);
  expect(await named("d", null)).toBeNull();
});

test("again: nothing is stored", async () => {
  await replay(checkpointer, whole, options);
  const before = await checkpointer.stats();
  expect(await replay(checkpointer, whole, options)).toEqual({ found: 21, messages: 0, versions: 0 });
  expect(await checkpointer.stats()).toEqual(before);
});

test("a recording that has grown goes on where it was", async () => {
  for (const messageCount of [3, 5, 13]) await replay(checkpointer, until(messageCount), options);
  expect(await replay(checkpointer, whole, options)).toEqual({ found: 13, messages: 8, versions: 4 });
  await expectStored(checkpointer, whole);
});

test("a thread that went on after its import is left as it is", async () => {
  await replay(checkpointer, whole, options);
  const state = await checkpointer.getState(config);
  state?.context.push(Message.text("One more thing"));
  if (state !== null) await checkpointer.putState(config, state);
  expect(await replay(checkpointer, whole, options)).toEqual({ found: 22, messages: 0, versions: 0 });
  expect((await checkpointer.getState(config))?.context).toHaveLength(22);
});

describe("nothing is overwritten", () => {
  const refused = async (problem: string): Promise<void> => {
    const before = [await checkpointer.getState(config), await checkpointer.listMessages(config)];
    await expect(replay(checkpointer, whole, options)).rejects.toThrow(problem);
    expect([await checkpointer.getState(config), await checkpointer.listMessages(config)]).toEqual(before);
  };

  test("where another conversation has the id", async () => {
    const other = whole.messages.map((message, index) =>
      index === 4 ? { ...message, content: [{ type: "text" as const, text: "No." }] } : message,
    );
    await replay(checkpointer, { ...whole, messages: other }, options);
    await refused("holds another conversation, which differs from message 5 on");
  });

  test("where a thread half imported went on otherwise", async () => {
    await replay(checkpointer, until(3), options);
    const state = await checkpointer.getState(config);
    state?.context.push(Message.text("Something else"));
    if (state !== null) await checkpointer.putState(config, state);
    await refused("differs from message 4 on");
  });

  test("where the state is empty, was cleared, or never was", async () => {
    await checkpointer.putState(config, createState());
    await refused("differs from message 1 on");
    await checkpointer.clearState(config);
    await refused("exists, but has no state");
    await checkpointer.deleteThread(config);
    await checkpointer.putMessages(config, [Message.text("mine", { messageId: "m0001" })]);
    await refused("exists, but has no state");
  });

  test("where the thread is another user's", async () => {
    await checkpointer.putThread({ threadId: "talk", userId: "alice" });
    await expect(replay(checkpointer, whole, { ...options, userId: "bob" })).rejects.toThrow("another user");
  });
});

test("the thread becomes the user's", async () => {
  await replay(checkpointer, whole, { ...options, userId: "alice" });
  expect((await checkpointer.getThread(config))?.userId).toBe("alice");
  expect(await checkpointer.getState({ ...config, userId: "bob" })).toBeNull();
});

test("two replays at once store every message once between them", async () => {
  const results = await Promise.all([1, 2, 3].map(() => replay(checkpointer, whole, options)));
  expect(results.reduce((sum, { messages }) => sum + messages, 0)).toBe(21);
  expect(results.reduce((sum, { versions }) => sum + versions, 0)).toBe(10);
  await expectStored(checkpointer, whole);
});
