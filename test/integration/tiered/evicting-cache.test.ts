import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createState, InvalidConfigError } from "../../../src/index.ts";
import { type RedisServer, startRedisServer } from "../../servers/redis.ts";
import { type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer({ configuration: { "maxmemory-policy": "allkeys-lru" } });
});
afterAll(() => server.stop());

test("a checkpointer whose rule are drafts is refused by setup", async () => {
  for (const durability of ["async", "exit"] as const) {
    await expect(tiers.cached({ redisUrl: server.url, durability })).rejects.toThrow(InvalidConfigError);
  }
});

test("where the cache may evict drafts, there are none: what would be one is committed, and cached reads go on", async () => {
  const config = { threadId: "evicting", userId: "ada" };
  const failures = reported("failure");
  // Its own writes are committed at once, so nobody has asked for the policy.
  const checkpointer = await tiers.cached({ redisUrl: server.url });
  const state = await checkpointer.putState(config, createState<Fields>({ n: 1 }));
  const unaware = await tiers.plain();
  for (let n = 2; n <= 6; n++) {
    await checkpointer.putStateCache(config, Object.assign(state, { n }));
    expect((await unaware.getState(config))?.["n"]).toBe(n);
    expect((await checkpointer.getStateCache(config))?.["n"]).toBe(n);
  }
  expect(new Set(failures.map(({ error }) => error))).toEqual(new Set(["InvalidConfigError"]));
  expect((await checkpointer.health()).hotLayer).toMatchObject({ isOpen: true, pendingDraftCount: 0 });

  const control = new Redis(server.url);
  await control.config("SET", "maxmemory-policy", "volatile-lru");
  control.disconnect();
  await checkpointer.putStateCache(config, Object.assign(state, { n: 7 }));
  expect((await checkpointer.health()).hotLayer?.pendingDraftCount).toBe(1);
});
