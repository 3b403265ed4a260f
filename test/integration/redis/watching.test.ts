import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, delta, following, newKey, snapshot, whole } from "../../../src/conformance/hot-log/versions.ts";
import { startRedisServer, type RedisServer } from "../../servers/redis.ts";
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
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

test("a watch waits for a silent server no longer than for any answer, leaves nothing behind, and can be tried again", async () => {
  const link = await startTcpProxy(server.url);
  link.blackHole();
  const hotLog = hotLogOn(link.url);
  const key = newKey();
  const late: string[] = [];
  const watching = hotLog.watch(key, () => late.push("given up"));
  await expect(watching).rejects.toMatchObject({ name: "RedisError", kind: "TIMEOUT" });
  await link.accept();
  const told: string[] = [];
  let stop: (() => void) | undefined;
  await expect
    .poll(async () => (stop = await hotLog.watch(key, () => told.push("told")).catch(() => undefined)), {
      timeout: 20_000,
    })
    .toBeDefined();
  await untilAnswered(hotLog, key);
  await hotLog.tell(key, whole([snapshot()]));
  await expect.poll(() => told.length).toBeGreaterThan(0);
  expect(late).toEqual([]);
  stop?.();
  await hotLog.release();
  link.close();
});

test("what was stopped while the connection was broken is not subscribed to again", async () => {
  const link = await startTcpProxy(server.url);
  const hotLog = hotLogOn(link.url);
  const control = new Redis(server.url);
  const [stopped, kept] = [newKey(), newKey()];
  const stop = await hotLog.watch(stopped, () => {});
  let calls = 0;
  await hotLog.watch(kept, () => calls++);
  link.refuse();
  link.cut();
  await expect.poll(() => link.connectionCount).toBe(0);
  stop();
  await link.accept();
  await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(await control.pubsub("NUMSUB", keysOf(stopped).log, keysOf(kept).log)).toEqual([
    keysOf(stopped).log,
    0,
    keysOf(kept).log,
    1,
  ]);
  await hotLog.release();
  control.disconnect();
  link.close();
});

test("what was released is watched no more, and makes no connection", async () => {
  const hotLog = hotLogOn(server.url);
  await hotLog.release();
  await expect(hotLog.watch(newKey(), () => {})).rejects.toMatchObject({ kind: "DISCONNECTED" });
});
