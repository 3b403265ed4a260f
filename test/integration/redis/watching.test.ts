import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, delta, following, newKey, snapshot, whole } from "../../../src/conformance/hot-log/versions.ts";
import { startRedisServer, type RedisServer } from "../../servers/redis.ts";
import { hotLogOn, keysOf, untilAnswered } from "./own-hot-log.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.stop());

test("a watch outlives its server: it is called when it is back, since something may have been missed, and goes on", async () => {
  const hotLog = hotLogOn(server.url);
  const key = newKey();
  let calls = 0;
  await hotLog.watch(key, () => calls++);
  await server.restart();
  await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(0);
  await untilAnswered(hotLog, key);
  const before = calls;
  const first = snapshot();
  await hotLog.tell(key, whole([first]));
  await expect.poll(() => calls).toBeGreaterThan(before);
  await hotLog.release();
});

test("nobody is subscribed before the first watch, or after the last", async () => {
  const hotLog = hotLogOn(server.url);
  const control = new Redis(server.url);
  const key = newKey();
  const subscribers = async (): Promise<unknown> => (await control.pubsub("NUMSUB", keysOf(key).log))[1];
  await hotLog.tell(key, whole([snapshot()]));
  const clients = String(await control.client("LIST")).split("\n").length;
  const stops = await Promise.all([hotLog.watch(key, () => {}), hotLog.watch(key, () => {})]);
  expect(String(await control.client("LIST")).split("\n").length).toBe(clients + 1);
  expect(await subscribers()).toBe(1);
  stops[0]?.();
  expect(await subscribers()).toBe(1);
  stops[1]?.();
  await expect.poll(subscribers).toBe(0);
  await hotLog.release();
  control.disconnect();
});

test("where nobody may announce, everything else is done", async () => {
  const control = new Redis(server.url);
  await control.acl("SETUSER", "silent", "on", ">secret", "~*", "+@all", "resetchannels");
  const url = new URL(server.url);
  url.username = "silent";
  url.password = "secret";
  const hotLog = hotLogOn(url.href);
  const key = newKey();
  const [first, second] = chain(2);
  expect(await hotLog.tell(key, whole([first]))).toBe("told");
  expect(await hotLog.tell(key, following(first, [second ?? delta(first)]))).toBe("told");
  await expect(hotLog.watch(key, () => {})).rejects.toMatchObject({ name: "RedisError", kind: "NOPERM" });
  await hotLog.release();
  control.disconnect();
});

test("a server that is down cannot be watched", async () => {
  const own = await startRedisServer();
  await own.kill();
  const hotLog = hotLogOn(own.url);
  await expect(hotLog.watch(newKey(), () => {})).rejects.toMatchObject({ name: "RedisError" });
  await hotLog.release();
  await own.stop();
});
