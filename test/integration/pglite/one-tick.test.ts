import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createState, Message, PgCheckpointer } from "../../../src/index.ts";

const database = new PGlite();
const checkpointer = new PgCheckpointer({ pgPool: database });

beforeAll(async () => {
  await checkpointer.setup();
  vi.spyOn(Date, "now").mockReturnValue(Date.now());
});

afterAll(async () => {
  vi.restoreAllMocks();
  await database.close();
});

/** The embedded database's clock counts milliseconds, and a fast computer writes more than once in one. */
describe("within one tick of the clock", () => {
  test("threads are listed most recently written first, whatever wrote them", async () => {
    const userId = "lists";
    const [a, b, c] = ["a", "b", "c"].map((threadId) => ({ threadId, userId })) as [Config, Config, Config];
    const listed = async (): Promise<string[]> =>
      (await checkpointer.listThreads({ userId })).map(({ threadId }) => threadId);

    await checkpointer.putThread(c);
    await checkpointer.putMessages(b, [Message.text("hello", { messageId: "m" })]);
    let state = await checkpointer.putState(a, createState());
    expect(await listed()).toEqual(["a", "b", "c"]);
    await checkpointer.deleteMessage(b, "m");
    expect(await listed()).toEqual(["b", "a", "c"]);
    state = await checkpointer.putState(a, state);
    expect(await listed()).toEqual(["a", "b", "c"]);
    await checkpointer.putThread(c, { threadName: "c" });
    expect(await listed()).toEqual(["c", "a", "b"]);
    await checkpointer.forkThread(a, { threadId: "Z", userId });
    expect(await listed()).toEqual(["Z", "c", "a", "b"]);
    // Several at once travel in one statement; whoever asks for the next one does so after all of them.
    await Promise.all([c, b].map((config) => checkpointer.putState(config, createState())));
    await checkpointer.putState(a, state);
    expect((await listed())[0]).toBe("a");
  });

  test("a fork at a version takes other namespaces as they were then", async () => {
    const main = { threadId: "main", userId: "forks" };
    const planner = { ...main, namespace: "planner" };
    await checkpointer.putState(planner, createState({ contextSummary: "early" }));
    await checkpointer.putState(main, createState());
    await checkpointer.putState(planner, createState({ contextSummary: "late" }));
    await checkpointer.forkThread(main, { ...main, threadId: "fork" }, { version: 1 });
    expect((await checkpointer.getState({ ...planner, threadId: "fork" }))?.contextSummary).toBe("early");
  });
});

interface Config {
  readonly threadId: string;
  readonly userId: string;
}
