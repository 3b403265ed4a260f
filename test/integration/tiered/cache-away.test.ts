import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentState, createState, Message, versionOf } from "../../../src/index.ts";
import { type RedisServer, startRedisServer } from "../../servers/redis.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, eventually, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
let server: RedisServer;
let link: TcpProxy;
beforeAll(async () => {
  server = await startRedisServer();
  link = await startTcpProxy(server.url);
});
afterAll(async () => {
  link.close();
  await server.stop();
});

/** Something that befalls the cache, and its end. */
interface Fault {
  readonly begin: () => Promise<unknown> | void;
  readonly end: () => Promise<unknown> | void;
}

async function control(...command: readonly string[]): Promise<void> {
  const client = new Redis(server.url);
  await client.call(...(command as [string, ...string[]]));
  client.disconnect();
}

const faults: Readonly<Record<string, Fault>> = {
  "is down": { begin: () => server.kill(), end: () => server.restart() },
  "refuses connections, and has closed those that there were": {
    begin: () => {
      link.refuse();
      link.cut();
    },
    end: () => link.accept(),
  },
  "is behind a network that swallows everything": { begin: () => link.blackHole(), end: () => link.accept() },
  "stands still": { begin: () => server.freeze(), end: () => server.thaw() },
  "is full, and evicts nothing": {
    begin: () => control("CONFIG", "SET", "maxmemory", "1"),
    end: () => control("CONFIG", "SET", "maxmemory", "0"),
  },
  "has become a replica that may only be read": {
    begin: () => control("REPLICAOF", "127.0.0.1", "1"),
    end: () => control("REPLICAOF", "NO", "ONE"),
  },
};

const processes = (): Promise<Checkpointer[]> =>
  Promise.all([1, 2].map(() => tiers.cached({ redisUrl: link.url, maxStalenessMs: 0 })));

/** All that can be done with a state, by two processes in turn; every answer is the newest. */
async function useStates(threadId: string, [one, other]: readonly [Checkpointer, Checkpointer]): Promise<void> {
  const config = { threadId, userId: "ada" };
  const sees = async (n: unknown, version: number): Promise<void> => {
    for (const reader of [one, other]) {
      for (const state of [await reader.getStateCache(config), await reader.getState(config)]) {
        expect([state?.["n"], versionOf(state as AgentState<Fields>)]).toEqual([n, version]);
      }
    }
  };
  const state = await one.putState(config, createState<Fields>({ n: 1 }));
  await sees(1, 1);
  await one.putState(config, Object.assign(state, { n: 2 }));
  await sees(2, 2);
  await one.putStateCache(config, Object.assign(state, { n: 3 }));
  await one.getState(config);
  await sees(3, 3);
  await other.updateState(config, (read) => void Object.assign(read as AgentState<Fields>, { n: 4 }));
  await sees(4, 4);
  const turn = { state: (await other.getStateCache(config)) as AgentState<Fields>, messages: [Message.text("hello")] };
  await other.checkpoint(config, turn);
  await sees(4, 5);
  expect(await one.listStates(config)).toHaveLength(5);
  await one.clearState(config);
  expect(await other.getStateCache(config)).toBeNull();
  await one.warmCache();
  await one.deleteThread(config);
  expect(await other.getStateCache(config)).toBeNull();
}

describe.each(Object.keys(faults))("while the cache %s", (what) => {
  const fault = faults[what] as Fault;

  test("no call fails, every answer is right, health tells it, and it is used again when it is back", async () => {
    const failures = reported("failure");
    const [one, other] = (await processes()) as [Checkpointer, Checkpointer];
    const config = { threadId: `before: ${what}`, userId: "ada" };
    const state = await one.putState(config, createState<Fields>({ n: 1 }));
    expect((await other.getStateCache(config))?.["n"]).toBe(1);
    await fault.begin();
    try {
      expect((await other.getStateCache(config))?.["n"]).toBe(1);
      await one.putState(config, Object.assign(state, { n: 2 }));
      expect((await other.getStateCache(config))?.["n"]).toBe(2);
      await useStates(`while: ${what}`, [one, other]);
      // A process that starts just now is no worse off.
      const late = await tiers.cached({ redisUrl: link.url, maxStalenessMs: 0, durability: "async" });
      expect((await late.getStateCache(config))?.["n"]).toBe(2);
      await late.release();
      expect((await one.health()).hotLayer?.failureCount).toBeGreaterThan(0);
      expect(failures.length).toBeGreaterThan(0);
    } finally {
      await fault.end();
    }
    await eventually(async () => {
      for (const reader of [one, other]) expect((await reader.getStateCache(config))?.["n"]).toBe(2);
      const open = await Promise.all([one, other].map(async (each) => (await each.health()).hotLayer?.isOpen));
      return open.every((isOpen) => isOpen === true);
    });
    await useStates(`after: ${what}`, [one, other]);
    const failed = failures.length;
    await one.putState(config, Object.assign(state, { n: 3 }));
    await one.putStateCache(config, Object.assign(state, { n: 4 }));
    expect((await other.getStateCache(config))?.["n"]).toBe(4);
    expect(failures).toHaveLength(failed);
    expect((await one.health()).hotLayer?.pendingDraftCount).toBe(1);
  });
});

test("a cache that was restarted without what it held is filled again", async () => {
  const [one, other] = (await processes()) as [Checkpointer, Checkpointer];
  const config = { threadId: "emptied", userId: "ada" };
  const state = await one.putState(config, createState<Fields>({ n: 1 }));
  expect((await other.getStateCache(config))?.["n"]).toBe(1);
  await server.restart();
  for (const n of [2, 3]) {
    await one.putState(config, Object.assign(state, { n }));
    expect((await other.getStateCache(config))?.["n"]).toBe(n);
  }
  const client = new Redis(server.url);
  await eventually(async () => {
    await other.getStateCache(config);
    return (await client.keys("*emptied*:log")).length === 1;
  });
  client.disconnect();
});

test("drafts that a cache has lost are committed with what follows on them", async () => {
  const drafter = await tiers.cached({ redisUrl: link.url, durability: "exit" });
  const config = { threadId: "lost-drafts", userId: "ada" };
  const state = await drafter.putState(config, createState<Fields>({ n: 1 }), { durability: "sync" });
  for (const n of [2, 3]) await drafter.putState(config, Object.assign(state, { n }));
  await server.restart();
  await drafter.putState(config, Object.assign(state, { n: 4 }));
  await drafter.release();
  const unaware = await tiers.plain();
  expect((await unaware.listStates(config)).map((info) => info.version)).toEqual([4, 3, 2, 1]);
  expect((await unaware.getState(config, { version: 2 }))?.["n"]).toBe(2);
});
