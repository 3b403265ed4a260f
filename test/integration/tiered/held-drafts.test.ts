import { afterAll, expect, test } from "vitest";
import { type AgentState, createState } from "../../../src/index.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { type Checkpointer, eventually, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
/** The cache as the checkpointers of this file use it. */
const hotLog = new RedisHotLog({
  source: { kind: "url", url: tiers.cacheUrl },
  keyPrefix: `${tiers.keyPrefix}${tiers.schema.length}.${tiers.schema}.agent_:`,
  lifeMs: 600_000,
});
afterAll(() => hotLog.release());

/** A running state. */
const stateAt = (n: number): AgentState<Fields> => {
  const state = createState<Fields>({ n });
  state.executionMeta = { ...state.executionMeta, status: "running" };
  return state;
};

/** A thread with a committed version 1, and drafts 2 and 3 of a run that goes on. */
async function held(threadId: string): Promise<{ drafter: Checkpointer; state: AgentState<Fields> }> {
  const drafter = await tiers.cached({ durability: "exit" });
  const config = { threadId, userId: "ada" };
  const state = await drafter.putState(config, stateAt(1), { durability: "sync" });
  for (const n of [2, 3]) await drafter.putState(config, Object.assign(state, { n }));
  return { drafter, state };
}

/** A thread with a draft whose writer is not there any more. */
async function orphan(threadId: string): Promise<void> {
  const reader = await tiers.plain();
  await (await tiers.cached()).putState({ threadId, userId: "ada" }, stateAt(1));
  const key = { threadId, namespace: "" };
  await eventually(async () => (await hotLog.read(key, null, 0)).entries.length === 1);
  const last = (await hotLog.read(key, null, 0)).entries.at(-1);
  const writeId = "00000000-0000-4000-8000-000000000002";
  const draft = { version: 2, writeId, after: String(last?.writeId), kind: "delta" as const, body: "{}" };
  expect(await hotLog.draft(key, draft)).toBe("ok");
  expect(await versionCount(reader, threadId)).toBe(1);
}

async function versionCount(reader: Checkpointer, threadId: string): Promise<number> {
  return (await reader.listStates({ threadId, userId: "ada" })).length;
}

test("drafts of a run that goes on are committed by nobody: not by their process's rounds, and not by another one", async () => {
  const { drafter, state } = await held("going-on");
  const unaware = await tiers.plain();
  // Drafts that were made later, by somebody who is gone, are taken over: whoever did that has seen the older ones, too.
  await orphan("orphan of others");
  await eventually(async () => {
    // A process that starts looks around at once, and ends only when it has done so.
    await (await tiers.cached({ durability: "async" })).release();
    return (await versionCount(unaware, "orphan of others")) === 2;
  });
  expect(await versionCount(unaware, "going-on")).toBe(1);
  await orphan("orphan of its own");
  await eventually(async () => (await versionCount(unaware, "orphan of its own")) === 2);
  expect(await versionCount(unaware, "going-on")).toBe(1);
  expect((await drafter.health()).hotLayer?.pendingDraftCount).toBe(1);

  state.executionMeta = { ...state.executionMeta, status: "completed" };
  await drafter.putState({ threadId: "going-on", userId: "ada" }, state);
  expect(await versionCount(unaware, "going-on")).toBe(4);
  expect((await drafter.health()).hotLayer?.pendingDraftCount).toBe(0);
});

test("a draft that need not wait takes those with it that would", async () => {
  const { drafter, state } = await held("mixed");
  const config = { threadId: "mixed", userId: "ada" };
  await drafter.putState(config, Object.assign(state, { n: 4 }), { durability: "async" });
  await drafter.putState(config, Object.assign(state, { n: 5 }));
  const unaware = await tiers.plain();
  await eventually(async () => (await versionCount(unaware, "mixed")) === 5);
  await eventually(async () => (await drafter.health()).hotLayer?.pendingDraftCount === 0);
});

test("the next run's drafts wait for its own end", async () => {
  const { drafter, state } = await held("next-run");
  const config = { threadId: "next-run", userId: "ada" };
  state.executionMeta = { ...state.executionMeta, status: "completed" };
  await drafter.putState(config, state);
  state.executionMeta = { ...state.executionMeta, status: "running" };
  await drafter.putState(config, state);
  // Another thread's draft, made later, is committed by the same timer.
  const other = { threadId: "beside-next-run", userId: "ada" };
  await drafter.putState(other, await drafter.putState(other, stateAt(1), { durability: "sync" }), {
    durability: "async",
  });
  const unaware = await tiers.plain();
  await eventually(async () => (await versionCount(unaware, other.threadId)) === 2);
  expect(await versionCount(unaware, config.threadId)).toBe(4);
  await drafter.release();
  expect(await versionCount(unaware, config.threadId)).toBe(5);
});
