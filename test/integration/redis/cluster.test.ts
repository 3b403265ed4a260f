import { Redis } from "ioredis";
import type { Cluster } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, newKey, timeOf, whole } from "../../../src/conformance/hot-log/versions.ts";
import { BUCKETS, dirtyName, keyNames, prefixText } from "../../../src/hot/redis/key-names.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { startRedisCluster, type RedisCluster } from "../../servers/redis-cluster.ts";

let cluster: RedisCluster;
let client: Cluster;
let control: Redis;

beforeAll(async () => {
  cluster = await startRedisCluster();
  client = cluster.connect();
  control = new Redis(cluster.server.url);
});
afterAll(async () => {
  client.disconnect();
  control.disconnect();
  await cluster.server.stop();
});

test("all keys of a thread, and its bucket's list of drafts, have one slot, whatever braces there are", async () => {
  for (const prefix of ["agenity:", "{a}:", "a}{b", "{}", "}{", ""]) {
    for (const threadId of ["thread", "{b}", "}{", "a{b}c", 7, -7n]) {
      const names = keyNames(prefixText(prefix), { threadId, namespace: "{c}" });
      const keys = [names.log, names.head, names.dirty, dirtyName(prefixText(prefix), names.bucket)];
      const slots = await Promise.all(keys.map((key) => control.cluster("KEYSLOT", key)));
      expect(new Set(slots).size).toBe(1);
      expect(slots[0]).toBe(await control.cluster("KEYSLOT", String(names.bucket)));
    }
  }
});

test("threads are spread over all buckets, evenly enough, and namespaces of a thread share one", () => {
  const counts = Array.from({ length: BUCKETS }, () => 0);
  for (let thread = 0; thread < BUCKETS * 100; thread++) {
    const { bucket } = keyNames("", { threadId: `thread-${thread}`, namespace: "" });
    expect(keyNames("", { threadId: `thread-${thread}`, namespace: "another" }).bucket).toBe(bucket);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(40);
  expect(Math.max(...counts)).toBeLessThan(200);
});

test("in a cluster no server has a name, and each bucket has a clock of its own", async () => {
  const hotLog = new RedisHotLog({ source: { kind: "client", client }, keyPrefix: "test:", lifeMs: 60_000 });
  const key = newKey();
  expect(hotLog.past(key)).toBe(null);
  const at = await timeOf(hotLog, key);
  expect(at.by).toBe("");
  expect(hotLog.past(key)?.atMs).toBeGreaterThanOrEqual(at.atMs);
  const { bucket } = keyNames("test:", key);
  const elsewhere = Array.from({ length: 50 }, () => newKey()).find(
    (other) => keyNames("test:", other).bucket !== bucket,
  );
  expect(elsewhere).toBeDefined();
  expect(hotLog.past(elsewhere ?? key)).toBe(null);
  await hotLog.release();
});

test("a cluster that may evict drafts is refused", async () => {
  const hotLog = new RedisHotLog({ source: { kind: "client", client }, keyPrefix: "test:", lifeMs: 60_000 });
  await control.config("SET", "maxmemory-policy", "allkeys-lru");
  await expect(hotLog.setup(true)).rejects.toThrow("maxmemory-policy");
  await control.config("SET", "maxmemory-policy", "noeviction");
  await hotLog.setup(true);
  await hotLog.release();
});

test("a lent cluster client stays as it was", async () => {
  const options = JSON.stringify(client.options);
  const hotLog = new RedisHotLog({ source: { kind: "client", client }, keyPrefix: "test:", lifeMs: 60_000 });
  const key = newKey();
  await hotLog.watch(key, () => {});
  await hotLog.tell(key, whole(chain(2)));
  await hotLog.release();
  expect(JSON.stringify(client.options)).toBe(options);
  expect(await client.set("still", "there")).toBe("OK");
});
