import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, newKey, whole } from "../../../src/conformance/hot-log/versions.ts";
import { InvalidConfigError } from "../../../src/model/errors.ts";
import { RedisError } from "../../../src/hot/redis/redis-error.ts";
import { startRedisServer, type RedisServer } from "../../servers/redis.ts";
import { hotLogOn, untilAnswered } from "./own-hot-log.ts";

let server: RedisServer;
let control: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  control = new Redis(server.url);
});
afterAll(async () => {
  control.disconnect();
  await server.stop();
});

async function setUp(url: string, keepsDrafts: boolean): Promise<void> {
  const hotLog = hotLogOn(url);
  try {
    await hotLog.setup(keepsDrafts);
    await hotLog.setup(keepsDrafts);
  } finally {
    await hotLog.release();
  }
}

test("a server that may evict drafts is refused, by the name of its setting", async () => {
  for (const policy of ["allkeys-lru", "allkeys-lfu", "allkeys-random"]) {
    await control.config("SET", "maxmemory-policy", policy);
    const error: unknown = await setUp(server.url, true).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error).toMatchObject({ field: "maxmemory-policy", message: expect.stringContaining(policy) });
    await setUp(server.url, false);
  }
});

test("a server that evicts nothing, or only what has a lifetime, is taken", async () => {
  for (const policy of ["noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"]) {
    await control.config("SET", "maxmemory-policy", policy);
    await setUp(server.url, true);
  }
});

test("where asking is forbidden, the memory report tells; where that is too, one warning says what must hold", async () => {
  await control.config("SET", "maxmemory-policy", "allkeys-lru");
  await control.acl("SETUSER", "blind", "on", ">secret", "~*", "&*", "+@all", "-config");
  await expect(setUp(urlFor("blind"), true)).rejects.toThrow("maxmemory-policy");
  await control.acl("SETUSER", "blind", "-info");
  const warned = once(process, "warning");
  await setUp(urlFor("blind"), true);
  const [warning] = (await warned) as [Error & { code?: string }];
  expect(warning.code).toBe("AGENITY_EVICTION_UNKNOWN");
  await setUp(urlFor("blind"), true);
});

test("a server that was down at setup is asked before the first draft, and gets none if it may evict it", async () => {
  const own = await startRedisServer({ configuration: { "maxmemory-policy": "allkeys-lru" } });
  await own.kill();
  const hotLog = hotLogOn(own.url);
  await hotLog.setup(true);
  await own.restart();
  const key = newKey();
  const [first, draft] = chain(2);
  await untilAnswered(hotLog, key);
  await hotLog.tell(key, whole([first]));
  await expect(hotLog.draft(key, draft ?? first)).rejects.toThrow(InvalidConfigError);
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(1);
  const ownControl = new Redis(own.url);
  await ownControl.config("SET", "maxmemory-policy", "volatile-lru");
  expect(await hotLog.draft(key, draft ?? first)).toBe("ok");
  ownControl.disconnect();
  await hotLog.release();
  await own.stop();
});

test("drafts are refused also where nobody had said that there would be any, and again when the server could not be asked", async () => {
  const own = await startRedisServer({ configuration: { "maxmemory-policy": "allkeys-lru" } });
  const [first, draft] = chain(2);
  for (const isToldBefore of [false, true]) {
    const key = newKey();
    const hotLog = hotLogOn(own.url);
    await own.kill();
    await hotLog.setup(isToldBefore);
    await expect(hotLog.draft(key, draft ?? first)).rejects.toThrow(RedisError);
    await own.restart();
    await untilAnswered(hotLog, key);
    await hotLog.tell(key, whole([first]));
    await expect(hotLog.draft(key, draft ?? first)).rejects.toThrow(InvalidConfigError);
    await hotLog.release();
  }
  await own.stop();
});

function urlFor(user: string): string {
  const url = new URL(server.url);
  url.username = user;
  url.password = "secret";
  return url.href;
}
