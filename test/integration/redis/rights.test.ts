import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { chain, delta, following, newKey, timeOf, whole } from "../../../src/conformance/hot-log/versions.ts";
import { startRedisServer, type RedisServer } from "../../servers/redis.ts";
import { hotLogOn, PREFIX } from "./own-hot-log.ts";

/** What a user needs, and all that it needs; `info` and `publish` may be left out. */
const NEEDED =
  "+eval +evalsha +time +hmget +hget +hset +hdel +hlen +del +pttl +pexpire +persist +xadd +xlen +xrange +xrevrange +zadd +zrem +zcard +zrangebyscore";

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

async function urlWith(user: string, ...rights: readonly string[]): Promise<string> {
  await control.acl("SETUSER", user, "reset", "on", ">secret", `~${PREFIX}*`, ...NEEDED.split(" "), ...rights);
  const url = new URL(server.url);
  url.username = user;
  url.password = "secret";
  return url.href;
}

/** Everything that a hot log does. */
async function live(url: string): Promise<void> {
  const hotLog = hotLogOn(url);
  await hotLog.setup(false);
  const key = newKey();
  const [first, second, third] = [...chain(3)] as const;
  if (second === undefined || third === undefined) throw new Error("a chain of three has three");
  const since = await timeOf(hotLog, key);
  await hotLog.mark(key, first.writeId, since.atMs + 60_000);
  expect(await hotLog.tell(key, whole([first], { since }))).toBe("told");
  expect((await hotLog.read(key, first, 60_000)).current).toBe(true);
  expect(await hotLog.draft(key, second)).toBe("ok");
  expect(await hotLog.drafts(0, 10)).toHaveLength(1);
  expect(await hotLog.tell(key, following(first, [second], { since }))).toBe("told");
  expect(await hotLog.tell(key, following(third, [delta(third)]))).toBe("gap");
  await hotLog.unmark(key, "a write");
  await hotLog.discard(key, "a write");
  await hotLog.release();
}

test("a user with the needed commands and the prefix's keys can do everything, and nothing is written to the console", async () => {
  const written = (["log", "warn", "error"] as const).map((method) => vi.spyOn(console, method));
  await live(await urlWith("least"));
  await live(await urlWith("listener", "+info", "+publish", "+subscribe", "+unsubscribe", `&${PREFIX}*`));
  for (const spy of written) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

test("without the right to ask, the server has no name, and what is granted so is not trusted by those who know it", async () => {
  const blind = hotLogOn(await urlWith("least"));
  const seeing = hotLogOn(server.url);
  const key = newKey();
  const [first] = chain(1);
  const since = await timeOf(blind, key);
  expect(since.by).toBe("");
  await blind.tell(key, whole([first], { since }));
  expect((await blind.read(key, first, 60_000)).current).toBe(true);
  expect((await seeing.read(key, first, 60_000)).current).toBe(false);
  expect((await seeing.read(key, null, 0)).at.by).toMatch(/^[\da-f]{40}$/);
  await Promise.all([blind.release(), seeing.release()]);
});

test("keys beyond the prefix are out of reach, and out of need", async () => {
  const url = await urlWith("least");
  const { RedisHotLog } = await import("../../../src/hot/redis/redis-hot-log.ts");
  const elsewhere = new RedisHotLog({ source: { kind: "url", url }, keyPrefix: "other:", lifeMs: 1_000 });
  await expect(elsewhere.read(newKey(), null, 0)).rejects.toMatchObject({ name: "RedisError", kind: "NOPERM" });
  await elsewhere.release();
});

test("a wrong password is an error of each call, and quotes nothing", async () => {
  const url = new URL(await urlWith("least"));
  url.password = "a wrong password";
  const hotLog = hotLogOn(url.href);
  await hotLog.setup(true);
  const error: unknown = await hotLog.read(newKey(), null, 0).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "RedisError", kind: "DISCONNECTED" });
  await hotLog.release();
});
