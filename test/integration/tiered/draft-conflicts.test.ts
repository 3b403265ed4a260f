import { describe, expect, test } from "vitest";
import { type AgentState, ConflictError, createState, versionOf } from "../../../src/index.ts";
import { type Checkpointer, eventually, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

let threads = 0;
const newConfig = (): { threadId: string; userId: string } => {
  threads++;
  return { threadId: `thread-${threads}`, userId: `user-${threads}` };
};
type Config = ReturnType<typeof newConfig>;
const stateAt = (n: unknown): AgentState<Fields> => createState<Fields>({ n });

/** A thread with a committed version 1, and drafts 2 and 3 that wait for the end of their run. */
async function drafted(
  config: Config,
): Promise<{ readonly drafter: Checkpointer; readonly state: AgentState<Fields> }> {
  const drafter = await tiers.cached({ durability: "exit" });
  const state = await drafter.putState(config, stateAt(1), { durability: "sync" });
  for (const n of [2, 3]) await drafter.putState(config, Object.assign(state, { n }), { metadata: { draft: n } });
  return { drafter, state };
}

/** The threads of a user that are named by the first of some drafts. */
async function saved(reader: Checkpointer, config: Config): Promise<Config[]> {
  const threadIds = (await reader.listThreads({ userId: config.userId })).map(({ threadId }) => threadId);
  const isSaved = (threadId: string): boolean => threadId.startsWith(`${config.threadId}~`);
  return threadIds.filter(isSaved).map((threadId) => ({ ...config, threadId }));
}

describe("drafts on a version that a process unaware of the cache has built on", () => {
  test("are saved as a thread of their own, and reported; the thread goes on with the other's version", async () => {
    const config = newConfig();
    const conflicts = reported("draftConflict");
    const { drafter } = await drafted(config);
    const unaware = await tiers.plain();
    await unaware.putMessages(config, []);
    await unaware.putState(
      config,
      Object.assign((await unaware.getState(config)) as AgentState<Fields>, { n: "other" }),
    );
    // Whoever trusts nothing sees at once that the drafts have no future here.
    expect((await (await tiers.cached({ maxStalenessMs: 0 })).getStateCache(config))?.["n"]).toBe("other");
    await drafter.release();

    const [fork] = (await saved(unaware, config)) as [Config];
    expect(conflicts).toEqual([{ event: "draftConflict", threadId: config.threadId, savedAs: fork.threadId }]);
    const kept = (await unaware.getState(fork)) as AgentState<Fields>;
    expect([kept["n"], versionOf(kept)]).toEqual([3, 3]);
    expect((await unaware.getState(fork, { version: 2 }))?.["n"]).toBe(2);
    const metadata = (await unaware.listStates(fork)).map((info) => info.metadata);
    expect(metadata).toEqual([{ draft: 3 }, { draft: 2 }, {}]);
    const reader = await tiers.cached();
    for (const one of [unaware, reader]) {
      const head = (await one.getState(config)) as AgentState<Fields>;
      expect([head["n"], versionOf(head)]).toEqual(["other", 2]);
    }
    await eventually(async () => (await reader.getStateCache(config))?.["n"] === "other");
    // The thread is as it was without them: drafts can be made again, and are committed.
    await reader.putStateCache(config, stateAt("next"));
    expect((await reader.getState(config))?.["n"]).toBe("next");
    expect(await saved(unaware, config)).toHaveLength(1);
  });

  test("are saved once, however many flush them", async () => {
    const config = newConfig();
    const { drafter } = await drafted(config);
    const other = await tiers.cached({ durability: "exit" });
    const state = (await other.getStateCache(config)) as AgentState<Fields>;
    await other.putState(config, Object.assign(state, { n: 4 }));
    const unaware = await tiers.plain();
    await unaware.putState(config, stateAt("other"));
    await Promise.all([drafter.release(), other.release()]);
    const forks = await saved(unaware, config);
    expect(forks).toHaveLength(1);
    const kept = (await unaware.getState(forks[0] as Config)) as AgentState<Fields>;
    expect([kept["n"], versionOf(kept)]).toEqual([4, 4]);
    expect((await unaware.getState(config))?.["n"]).toBe("other");
    expect(await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).toEqual([]);
  });

  test("are counted by health, and their states conflict", async () => {
    const config = newConfig();
    const { drafter, state } = await drafted(config);
    const unaware = await tiers.plain();
    await unaware.putState(config, stateAt("other"));
    expect((await drafter.health()).hotLayer?.pendingDraftCount).toBe(1);
    expect((await drafter.getState(config))?.["n"]).toBe("other");
    expect((await drafter.health()).hotLayer).toMatchObject({ draftConflictCount: 1, pendingDraftCount: 0 });
    await expect(drafter.putState(config, state, { durability: "sync" })).rejects.toThrow(ConflictError);
    await expect(drafter.putStateCache(config, state)).rejects.toThrow(ConflictError);
    expect(await saved(unaware, config)).toHaveLength(1);
  });

  test("are saved where the thread has a number for an id, too: under one below 0", async () => {
    const userId = newConfig().userId;
    const drafter = await tiers.cached({ durability: "exit", idType: "int", tablePrefix: "int_" });
    const config = { threadId: 7, userId };
    const state = await drafter.putState(config, stateAt(1), { durability: "sync" });
    await drafter.putState(config, Object.assign(state, { n: 2 }));
    const unaware = await tiers.plain({ idType: "int", tablePrefix: "int_" });
    await unaware.putState(config, stateAt("other"));
    const conflicts = reported("draftConflict");
    await drafter.release();
    const [fork] = (await unaware.listThreads({ userId })).filter(({ threadId }) => threadId < 0);
    expect(conflicts).toMatchObject([{ threadId: "7", savedAs: String(fork?.threadId) }]);
    expect((await unaware.getState({ threadId: fork?.threadId as number, userId }))?.["n"]).toBe(2);
  });

  test("belong to the thread's owner, and to nobody else", async () => {
    const config = newConfig();
    const { drafter } = await drafted(config);
    const unaware = await tiers.plain();
    await unaware.clearState({ threadId: config.threadId });
    await drafter.release();
    const [fork] = (await saved(unaware, config)) as [Config];
    expect((await unaware.getThread(fork))?.userId).toBe(config.userId);
    expect(await unaware.getState({ ...fork, userId: "stranger" })).toBeNull();
    expect(await unaware.getState(config)).toBeNull();
    expect((await unaware.getState(fork))?.["n"]).toBe(3);
  });
});

test("a sync writer that is aware of the cache, but not of the drafts, leaves them as a thread of their own", async () => {
  const config = newConfig();
  const { drafter } = await drafted(config);
  const writer = await tiers.cached();
  await writer.putState(config, (await writer.getState(config)) as AgentState<Fields>);
  await eventually(async () => (await saved(writer, config)).length === 1);
  await drafter.release();
  expect(await saved(writer, config)).toHaveLength(1);
  expect((await writer.getStateCache(config))?.["n"]).toBe(1);
});

describe("drafts of a thread that a process unaware of the cache has deleted", () => {
  test("go with it, and are not saved", async () => {
    for (const isMadeAgain of [false, true]) {
      const config = newConfig();
      const conflicts = reported("draftConflict");
      const { drafter } = await drafted(config);
      const unaware = await tiers.plain();
      await unaware.deleteThread(config);
      if (isMadeAgain) await unaware.putState(config, stateAt("anew"));
      await drafter.release();
      const reader = await tiers.cached();
      expect((await reader.getStateCache(config))?.["n"]).toBe(isMadeAgain ? "anew" : undefined);
      expect(await unaware.listThreads({ userId: config.userId })).toHaveLength(isMadeAgain ? 1 : 0);
      expect(conflicts).toEqual([]);
      expect(await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).toEqual([]);
    }
  });

  test.each(["sync", "async"] as const)("are not saved for somebody who has made it again (%s)", async (durability) => {
    const config = newConfig();
    const stranger = { threadId: config.threadId, userId: `stranger of ${config.threadId}` };
    const { drafter } = await drafted(config);
    const unaware = await tiers.plain();
    await unaware.deleteThread(config);
    const other = await tiers.cached({ durability });
    for (const n of [1, 2, 3]) await other.putState(stranger, stateAt(`of a stranger ${n}`), { durability: "sync" });
    await Promise.all([other.release(), drafter.release()]);
    expect(await unaware.listThreads({ userId: stranger.userId })).toHaveLength(1);
    expect(await unaware.listThreads({ userId: config.userId })).toHaveLength(0);
    expect((await (await tiers.cached()).getStateCache(stranger))?.["n"]).toBe("of a stranger 3");
    expect(await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).toEqual([]);
  });
});
