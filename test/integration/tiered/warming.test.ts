import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createState } from "../../../src/index.ts";
import { startRedisCluster } from "../../servers/redis-cluster.ts";
import { type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

test("in a cluster, what is warmed is trusted by the clock of the thread's own server", async () => {
  const cluster = await startRedisCluster();
  const client = cluster.connect();
  const control = new Redis(cluster.server.url);
  onTestFinished(async () => {
    client.disconnect();
    control.disconnect();
    await cluster.server.stop();
  });
  const warmed = await tiers.cached({ redis: client });
  const config = { threadId: "warm", userId: "ada" };
  await warmed.putState(config, createState<Fields>({ n: 1 }));
  // Its server is known by now, that of other buckets is not.
  expect((await warmed.getStateCache(config))?.["n"]).toBe(1);
  await control.flushall();
  const before = await control.time();
  expect(await warmed.warmCache({ userId: "ada" })).toBe(1);
  const after = await control.time();
  const [head] = await control.keys("*:warm::head");
  const known = Number(await control.hget(String(head), "k"));
  const toUs = ([seconds, us]: readonly unknown[]): number => Number(seconds) * 1_000_000 + Number(us);
  expect(known).toBeGreaterThan(toUs(before) - 1_000_000);
  expect(known).toBeLessThanOrEqual(toUs(after));
});

test("a log that cannot be read keeps no other one from being warmed", async () => {
  const writer = await tiers.plain();
  const [broken, sound] = ["broken", "sound"].map((threadId) => ({ threadId, userId: "eve" })) as [
    { threadId: string; userId: string },
    { threadId: string; userId: string },
  ];
  for (const config of [broken, sound]) await writer.putState(config, createState<Fields>({ n: 1 }));
  await writer.putState(broken, createState<Fields>({ n: 2 }));
  await tiers.rows(
    `update {{states}} set kind = 'delta', entry = '{"set":7,"splice":"x"}' where thread_id = 'broken' and version = 2`,
  );
  const warmed = await tiers.cached();
  expect(await warmed.warmCache({ userId: "eve" })).toBe(1);
  expect(await tiers.keysOf("sound", ":log")).toHaveLength(1);
  await expect(warmed.getState(broken)).rejects.toMatchObject({ code: "AGENITY_STORAGE_UNAVAILABLE" });
});
