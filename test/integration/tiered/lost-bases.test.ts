import { describe, expect, test } from "vitest";
import { type AgentState, createState, versionOf } from "../../../src/index.ts";
import { type Checkpointer, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const config = (threadId: string): { threadId: string; userId: string } => ({
  threadId,
  userId: `user of ${threadId}`,
});
const stateAt = (n: unknown): AgentState<Fields> => createState<Fields>({ n, kept: "from before" });

/** A thread with committed versions 1 to 3, of which the cache holds these or only the last, and drafts 4 and 5 of a run that goes on. */
async function drafted(
  threadId: string,
  holdsAll = false,
): Promise<{ readonly drafter: Checkpointer; readonly unaware: Checkpointer }> {
  const unaware = await tiers.plain();
  for (const n of [1, 2]) await unaware.putState(config(threadId), stateAt(n));
  const drafter = await tiers.cached({ durability: "exit" });
  const state = await drafter.putState(config(threadId), stateAt(3), { durability: "sync" });
  if (!holdsAll) await tiers.redis.del(await tiers.keysOf(threadId, ":log"));
  await drafter.putState(config(threadId), Object.assign(state, { n: 4 }), { metadata: { draft: 4 } });
  await drafter.putState(config(threadId), Object.assign(state, { n: 5 }), { metadata: { draft: 5 } });
  return { drafter, unaware };
}

async function loseBeyond(threadId: string, version: number): Promise<void> {
  await tiers.rows("delete from {{states}} where thread_id = $1 and version > $2", [threadId, version]);
}

/** The one thread that the drafts were saved as. */
async function savedAs(reader: Checkpointer, threadId: string): Promise<{ threadId: string; userId: string }> {
  const threads = (await reader.listThreads({ userId: config(threadId).userId })).map((thread) => thread.threadId);
  const forks = threads.filter((name) => name.startsWith(`${threadId}~`));
  expect(forks).toHaveLength(1);
  return { ...config(threadId), threadId: String(forks[0]) };
}

describe("drafts whose base PostgreSQL has lost", () => {
  test("are saved as a thread that begins with what is left, and goes on with a whole state", async () => {
    const [conflicts, failures] = [reported("draftConflict"), reported("flushFailure")];
    const { drafter, unaware } = await drafted("lost");
    await loseBeyond("lost", 1);
    await drafter.release();

    const fork = await savedAs(unaware, "lost");
    expect(conflicts).toMatchObject([{ threadId: "lost", savedAs: fork.threadId }]);
    expect(failures).toEqual([]);
    const saved = (await unaware.getState(fork)) as AgentState<Fields>;
    expect([saved["n"], saved["kept"], versionOf(saved)]).toEqual([5, "from before", 3]);
    const history = await unaware.listStates(fork);
    expect(history.map((info) => info.metadata)).toEqual([{ draft: 5 }, { draft: 4 }, {}]);
    expect((await unaware.getState(fork, { version: 2 }))?.["n"]).toBe(4);
    expect((await unaware.getState(config("lost")))?.["n"]).toBe(1);
    expect(await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).toEqual([]);
  });

  test("are committed with it, where the cache still has what leads to it", async () => {
    const { drafter, unaware } = await drafted("brought-back", true);
    await loseBeyond("brought-back", 1);
    await drafter.release();
    const history = await unaware.listStates(config("brought-back"));
    expect(history.map((info) => info.version)).toEqual([5, 4, 3, 2, 1]);
    expect((await unaware.getState(config("brought-back"), { version: 3 }))?.["n"]).toBe(3);
    expect((await unaware.getState(config("brought-back")))?.["n"]).toBe(5);
    expect(await unaware.listThreads({ userId: config("brought-back").userId })).toHaveLength(1);
  });

  test("are saved also where another history has taken its number", async () => {
    const { drafter, unaware } = await drafted("taken");
    await loseBeyond("taken", 2);
    await unaware.putState(config("taken"), stateAt("3 again"));
    await unaware.putState(config("taken"), stateAt("4 again"));
    await drafter.release();
    const fork = await savedAs(unaware, "taken");
    const saved = (await unaware.getState(fork)) as AgentState<Fields>;
    expect([saved["n"], saved["kept"], versionOf(saved)]).toEqual([5, "from before", 5]);
    expect((await unaware.getState(fork, { version: 3 }))?.["n"]).toBe("3 again");
    expect((await unaware.getState(config("taken")))?.["n"]).toBe("4 again");
  });

  test("are saved once, however many find them", async () => {
    const { drafter, unaware } = await drafted("many");
    const others = await Promise.all([1, 2, 3].map(() => tiers.cached({ durability: "async" })));
    await loseBeyond("many", 2);
    await Promise.all([drafter.release(), ...others.map((other) => other.getState(config("many")))]);
    const fork = await savedAs(unaware, "many");
    expect((await unaware.listStates(fork)).map((info) => info.version)).toEqual([4, 3, 2, 1]);
    expect((await unaware.getState(fork))?.["n"]).toBe(5);
  });

  test("are nobody else's, whoever has made the thread again: they stay where they are", async () => {
    const failures = reported("flushFailure");
    const { drafter, unaware } = await drafted("made-again");
    await tiers.rows("delete from {{states}} where thread_id = $1", ["made-again"]);
    await tiers.rows("delete from {{threads}} where thread_id = $1", ["made-again"]);
    const finder = await tiers.cached({ durability: "async" });
    for (let time = 0; time < 2; time++) await finder.getState(config("made-again"));
    expect(failures).toMatchObject([{ threadId: "made-again" }]);

    const stranger = { threadId: "made-again", userId: "stranger" };
    const other = await tiers.cached();
    for (const n of [1, 2, 3, 4]) await other.putState(stranger, stateAt(`of a stranger ${n}`), { durability: "sync" });
    await Promise.all([drafter.release(), other.release()]);
    expect(await unaware.listThreads({ userId: "stranger" })).toHaveLength(1);
    expect((await unaware.getState(stranger))?.["n"]).toBe("of a stranger 4");
    const [log] = await tiers.keysOf("made-again", ":log");
    expect(await tiers.redis.xlen(String(log))).toBe(3);
  });

  test("that cannot be saved stay where they are, which is said once", async () => {
    const failures = reported("flushFailure");
    const { drafter } = await drafted("unsaved");
    await tiers.rows("delete from {{states}} where thread_id = $1", ["unsaved"]);
    for (let time = 0; time < 3; time++) await drafter.getState(config("unsaved"));
    expect(failures).toMatchObject([{ event: "flushFailure", threadId: "unsaved" }]);
    const [log] = await tiers.keysOf("unsaved", ":log");
    expect(await tiers.redis.xlen(String(log))).toBe(3);
  });
});
