import { expect, onTestFinished, test, vi } from "vitest";
import { type AgentState, createState, Message } from "../../../src/index.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

/** A time in microseconds as Redis sends a number. */
const NUMBER_BYTES = ":1700000000000000\r\n".length;

/** What the links to the servers carry, and a process behind them. */
interface Linked {
  readonly cache: TcpProxy;
  readonly database: TcpProxy;
  readonly reader: Checkpointer;
}

async function linked(nearTtlMs = 0): Promise<Linked> {
  const [cache, database] = await Promise.all([startTcpProxy(tiers.cacheUrl), startTcpProxy(tiers.databaseUrl)]);
  const reader = await tiers.cached({ redisUrl: cache.url, postgresDsn: database.url, nearTtlMs });
  onTestFinished(async () => {
    await reader.release();
    for (const link of [cache, database]) link.close();
  });
  return { cache, database, reader };
}

/** Closes the way to the database: what is answered from now on is answered without it. */
function withoutDatabase({ database }: Linked): void {
  database.refuse();
  database.cut();
}

/** How many bytes the cache sends to answer a call. */
async function replyBytes({ cache }: Linked, call: () => Promise<unknown>): Promise<number> {
  cache.hold("replies");
  const answer = call();
  await vi.waitUntil(() => cache.heldBytes("replies") > 0, { interval: 1 });
  const bytes = cache.heldBytes("replies");
  cache.release("replies");
  await answer;
  return bytes;
}

/** A state of some 100,000 bytes. */
async function longConversation(writer: Checkpointer, threadId: string): Promise<AgentState<Fields>> {
  const state = createState<Fields>({ n: 0, plan: "x".repeat(50_000) });
  for (let turn = 0; turn < 100; turn++) state.context.push(Message.text("y".repeat(500)));
  return await writer.putState({ threadId, userId: "ada" }, state);
}

test("a process that holds the newest state gets one number, and the database is not asked", async () => {
  const config = { threadId: "current", userId: "ada" };
  const state = await longConversation(await tiers.cached(), config.threadId);
  const links = await linked();
  expect(await links.reader.getStateCache(config)).toEqual(state);
  withoutDatabase(links);
  // Its looks for drafts travel on the same connection, now and then: the smallest is the read alone.
  const bytes: number[] = [];
  for (let time = 0; time < 5; time++) bytes.push(await replyBytes(links, () => links.reader.getStateCache(config)));
  expect(Math.min(...bytes)).toBe(NUMBER_BYTES);
  expect(await links.reader.getStateCache(config)).toEqual(state);
});

test("a process that holds a version gets what came behind it", async () => {
  const config = { threadId: "behind", userId: "ada" };
  const writer = await tiers.cached();
  const state = await longConversation(writer, config.threadId);
  const links = await linked();
  await links.reader.getStateCache(config);
  withoutDatabase(links);
  const bytes: number[] = [];
  for (const versions of [1, 3]) {
    for (let turn = 0; turn < versions; turn++) {
      state.context.push(Message.text(`news ${turn}`));
      await writer.putState(config, Object.assign(state, { n: turn }));
    }
    bytes.push(await replyBytes(links, async () => expect(await links.reader.getStateCache(config)).toEqual(state)));
  }
  for (const sent of bytes) expect(sent).toBeGreaterThan(NUMBER_BYTES);
  for (const sent of bytes) expect(sent).toBeLessThan(3_000);
});

test("a draft is news, too", async () => {
  const config = { threadId: "draft", userId: "ada" };
  const writer = await tiers.cached({ durability: "exit" });
  const state = await longConversation(writer, config.threadId);
  const links = await linked();
  await links.reader.getStateCache(config);
  withoutDatabase(links);
  await writer.putStateCache(config, Object.assign(state, { n: "drafted" }));
  const bytes = await replyBytes(links, async () => expect(await links.reader.getStateCache(config)).toEqual(state));
  expect(bytes).toBeLessThan(3_000);
});

test("within nearTtlMs nobody is asked", async () => {
  const config = { threadId: "near", userId: "ada" };
  const state = await longConversation(await tiers.cached(), config.threadId);
  const links = await linked(60_000);
  await links.reader.getStateCache(config);
  withoutDatabase(links);
  links.cache.refuse();
  links.cache.cut();
  expect(await links.reader.getStateCache(config)).toEqual(state);
  expect((await links.reader.health()).hotLayer?.failureCount).toBe(0);
});
