import { expect, onTestFinished, test, vi } from "vitest";
import { type AgentState, createState, versionOf } from "../../../src/index.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const stateAt = (n: unknown): AgentState<Fields> => createState<Fields>({ n });

/** A reader whose links can be held. */
async function slowReader(): Promise<{ reader: Checkpointer; cache: TcpProxy; database: TcpProxy }> {
  const [cache, database] = await Promise.all([startTcpProxy(tiers.cacheUrl), startTcpProxy(tiers.databaseUrl)]);
  const reader = await tiers.cached({ redisUrl: cache.url, postgresDsn: database.url });
  onTestFinished(async () => {
    await reader.release();
    for (const link of [cache, database]) link.close();
  });
  return { reader, cache, database };
}

/** A thread of which the cache holds nothing. */
async function uncached(
  threadId: string,
): Promise<{ config: { threadId: string; userId: string }; writer: Checkpointer }> {
  const config = { threadId, userId: "ada" };
  const writer = await tiers.cached();
  await (await tiers.plain()).putState(config, stateAt(1));
  return { config, writer };
}

async function expectNewest(
  config: { threadId: string; userId: string },
  n: unknown,
  readers: Checkpointer[],
): Promise<void> {
  for (const one of [...readers, await tiers.cached(), await tiers.cached({ maxStalenessMs: Infinity })]) {
    expect((await one.getStateCache(config))?.["n"]).toBe(n);
  }
}

test("a reader whose answer from the database comes after newer commits does not bring back the past", async () => {
  const { config, writer } = await uncached("slow-database");
  const { reader, database } = await slowReader();
  // Its connections are open, so that all it waits for is the answer.
  await reader.getThread(config);
  database.hold("replies");
  const read = reader.getStateCache(config);
  await vi.waitUntil(() => database.heldBytes("replies") > 0);
  for (const n of [2, 3]) await writer.putState(config, stateAt(n));
  database.release("replies");
  // It asked before they were written, so it may answer what was then.
  expect((await read)?.["n"]).toBe(1);
  await expectNewest(config, 3, [reader, writer]);
});

test("a fill that waits in a socket does not bring back the past", async () => {
  const { config, writer } = await uncached("slow-fill");
  const { reader, cache, database } = await slowReader();
  await reader.getThread(config);
  database.hold("replies");
  const read = reader.getStateCache(config);
  await vi.waitUntil(() => database.heldBytes("replies") > 0);
  cache.hold("requests");
  database.release("replies");
  expect((await read)?.["n"]).toBe(1);
  await vi.waitUntil(() => cache.heldBytes("requests") > 0);
  for (const n of [2, 3]) await writer.putState(config, stateAt(n));
  cache.release("requests");
  // Asked on the same connection, behind the fill.
  await expectNewest(config, 3, [reader, writer]);
});

test("a fill that finds drafts behind a newer commit leaves them where they are", async () => {
  const { config, writer } = await uncached("fill-on-drafts");
  const { reader, database } = await slowReader();
  await reader.getThread(config);
  database.hold("replies");
  const read = reader.getStateCache(config);
  await vi.waitUntil(() => database.heldBytes("replies") > 0);
  const state = await writer.putState(config, stateAt(2));
  await writer.putStateCache(config, Object.assign(state, { n: 3 }), { durability: "exit" });
  database.release("replies");
  expect((await read)?.["n"]).toBe(1);
  await expectNewest(config, 3, [reader, writer]);
  await writer.release();
  const kept = (await (await tiers.plain()).getState(config)) as AgentState<Fields>;
  expect([kept["n"], versionOf(kept)]).toEqual([3, 3]);
});

test("what was read before a deletion does not come back with a late fill", async () => {
  const { config, writer } = await uncached("slow-deletion");
  const { reader, database } = await slowReader();
  await reader.getThread(config);
  database.hold("replies");
  const read = reader.getStateCache(config);
  await vi.waitUntil(() => database.heldBytes("replies") > 0);
  await writer.deleteThread(config);
  database.release("replies");
  expect((await read)?.["n"]).toBe(1);
  await expectNewest(config, undefined, [reader, writer]);
  await writer.putState(config, stateAt("anew"));
  await expectNewest(config, "anew", [reader, writer]);
});
