import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, newKey, timeOf, whole } from "../../../src/conformance/hot-log/versions.ts";
import type { HotKey } from "../../../src/hot/hot-log.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { type RedisPair, startRedisPair } from "../../servers/redis-cluster.ts";
import { LIFE_MS, PREFIX, TIMEOUT_MS } from "./own-hot-log.ts";

let pair: RedisPair;
beforeAll(async () => {
  pair = await startRedisPair();
});
afterAll(() => pair.stop());

test("a cluster's server that stands still keeps nothing of the others back, and whoever takes its place is found", async () => {
  const client = pair.connect();
  const source = { kind: "client", client } as const;
  const hotLog = new RedisHotLog({ source, keyPrefix: PREFIX, lifeMs: LIFE_MS, timeoutMs: TIMEOUT_MS });
  const keys = Array.from({ length: 24 }, () => newKey());
  const drafted = new Set<unknown>();
  for (const key of keys) {
    const [first, draft] = chain(2);
    await hotLog.tell(key, whole([first]));
    expect(await hotLog.draft(key, draft ?? first)).toBe("ok");
    drafted.add(key.threadId);
  }
  await pair.second.freeze();
  const outcomes = await Promise.allSettled(keys.map((key) => timeOf(hotLog, key)));
  const silent = keys.filter((_, index) => outcomes[index]?.status === "rejected");
  const alive = keys.filter((_, index) => outcomes[index]?.status === "fulfilled");
  expect([silent.length > 0, alive.length > 0]).toEqual([true, true]);

  const listed = (await hotLog.drafts(0, 1_000)).map(({ threadId }) => threadId);
  expect(alive.every(({ threadId }) => listed.includes(threadId))).toBe(true);

  await pair.takeOver();
  // Those who answer are asked all the while.
  const isAnswered = (key: HotKey): Promise<boolean> =>
    timeOf(hotLog, key).then(
      () => true,
      () => false,
    );
  await expect
    .poll(async () => (await Promise.all([...silent, ...alive].map(isAnswered))).every(Boolean), { timeout: 30_000 })
    .toBe(true);
  const all = (await hotLog.drafts(0, 1_000)).map(({ threadId }) => threadId);
  expect(all.filter((threadId) => drafted.has(threadId))).toHaveLength(keys.length);
  await hotLog.release();
  client.disconnect();
  pair.second.thaw();
}, 90_000);
