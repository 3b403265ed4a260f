import { afterAll, beforeAll, expect, test } from "vitest";
import { type AgentState, createState, StorageUnavailableError, versionOf } from "../../../src/index.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, eventually, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
let database: TcpProxy;
beforeAll(async () => {
  database = await startTcpProxy(tiers.databaseUrl);
});
afterAll(() => database.close());

const behindLink = (options: Parameters<typeof tiers.cached>[0] = {}): Promise<Checkpointer> =>
  tiers.cached({ postgresDsn: database.url, ...options });

function takeAway(): void {
  database.refuse();
  database.cut();
}

/** Runs something while the database cannot be reached. */
async function without(work: () => Promise<void>): Promise<void> {
  takeAway();
  try {
    await work();
  } finally {
    await database.accept();
  }
}

test("cached reads go on, writes that must be durable fail clearly, and succeed when it is back", async () => {
  const config = { threadId: "reads", userId: "ada" };
  const [writer, reader, warmed] = await Promise.all([behindLink(), behindLink(), behindLink()]);
  const state = await writer.putState(config, createState<Fields>({ n: 1 }));
  await warmed.getStateCache(config);
  await without(async () => {
    for (const one of [writer, reader, warmed]) expect((await one.getStateCache(config))?.["n"]).toBe(1);
    const error: unknown = await writer.putState(config, { ...state, n: 2 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageUnavailableError);
    expect(error).toMatchObject({ code: "AGENITY_STORAGE_UNAVAILABLE", retryable: true });
    await expect(reader.getState(config)).rejects.toThrow(StorageUnavailableError);
    expect((await writer.health()).database).toMatchObject({ isAvailable: false });
  });
  await writer.putState(config, Object.assign(state, { n: 2 }));
  for (const one of [writer, reader, warmed]) expect((await one.getStateCache(config))?.["n"]).toBe(2);
  expect((await writer.health()).database.isAvailable).toBe(true);
});

test("drafts go on, are read by everybody, and are committed when it is back", async () => {
  const config = { threadId: "drafts", userId: "ada" };
  const failures = reported("flushFailure");
  const [writer, reader] = await Promise.all([behindLink({ durability: "async" }), behindLink()]);
  const state = await writer.putState(config, createState<Fields>({ n: 1 }), { durability: "sync" });
  await without(async () => {
    for (let n = 2; n <= 10; n++) {
      await writer.putState(config, Object.assign(state, { n }), { metadata: { draft: n } });
      const read = (await reader.getStateCache(config)) as AgentState<Fields>;
      expect([read["n"], versionOf(read)]).toEqual([n, n]);
    }
    await eventually(async () => failures.length > 0);
    expect((await writer.health()).hotLayer).toMatchObject({ pendingDraftCount: 1, isOpen: true });
  });
  const unaware = await tiers.plain();
  await eventually(async () => (await unaware.getState(config))?.["n"] === 10);
  const history = await unaware.listStates(config);
  expect(history.map((info) => info.version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(history[0]?.metadata).toEqual({ draft: 10 });
  await eventually(async () => (await writer.health()).hotLayer?.pendingDraftCount === 0);
});

test("drafts that meet another's commit when it is back are saved as a thread of their own, and reported", async () => {
  const config = { threadId: "conflict", userId: "ada" };
  const conflicts = reported("draftConflict");
  const writer = await behindLink({ durability: "async" });
  const state = await writer.putState(config, createState<Fields>({ n: 1 }), { durability: "sync" });
  const unaware = await tiers.plain();
  await without(async () => {
    for (const n of [2, 3]) await writer.putState(config, Object.assign(state, { n }));
    await unaware.putState(config, createState<Fields>({ n: "other" }));
  });
  await eventually(async () => conflicts.length > 0);
  const savedAs = String(conflicts[0]?.savedAs);
  expect(savedAs).toMatch(/^conflict~[\da-f-]{36}$/);
  expect(conflicts).toEqual([{ event: "draftConflict", threadId: "conflict", savedAs }]);
  const kept = (await unaware.getState({ ...config, threadId: savedAs })) as AgentState<Fields>;
  expect([kept["n"], versionOf(kept)]).toEqual([3, 3]);
  const head = (await unaware.getState(config)) as AgentState<Fields>;
  expect([head["n"], versionOf(head)]).toEqual(["other", 2]);
});

test("drafts of a process that ends meanwhile are committed by another one", async () => {
  const config = { threadId: "left-behind", userId: "ada" };
  const writer = await behindLink({ durability: "async" });
  const state = await writer.putState(config, createState<Fields>({ n: 1 }), { durability: "sync" });
  await without(async () => {
    await writer.putState(config, Object.assign(state, { n: 2 }));
    await writer.release();
  });
  await tiers.cached();
  const unaware = await tiers.plain();
  await eventually(async () => (await unaware.getState(config))?.["n"] === 2);
});
