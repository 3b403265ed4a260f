import { inspect } from "node:util";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { chain, delta, newKey, snapshot, timeOf, whole } from "../../../src/conformance/hot-log/versions.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { startRedisServer, type RedisServer, type RedisServerOptions } from "../../servers/redis.ts";
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
import { hotLogOn, LIFE_MS, PREFIX, TIMEOUT_MS, untilAnswered } from "./own-hot-log.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function started(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  ends.push(() => server.stop());
  return server;
}

function hotLogFor(url: string): RedisHotLog {
  const hotLog = hotLogOn(url);
  ends.push(() => hotLog.release());
  return hotLog;
}

/** What a call that must fail fails with. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    (value) => expect.fail(`it succeeded: ${inspect(value)}`),
    (error: unknown) => error,
  );
}

test("a server that is down is no error of setup, fails each call at once, and is used when it is there", async () => {
  const server = await started();
  await server.kill();
  const hotLog = hotLogFor(server.url);
  const key = newKey();
  await hotLog.setup(true);
  for (const call of [() => hotLog.read(key, null, 0), () => hotLog.mark(key, "w", null), () => hotLog.drafts(0, 1)]) {
    expect(await failure(call())).toMatchObject({ name: "RedisError" });
  }
  expect(hotLog.past(key)).toBe(null);
  await server.restart();
  await untilAnswered(hotLog, key);
  expect(await hotLog.tell(key, whole([snapshot()]))).toBe("told");
});

test("nothing of the address shows in errors or in what is printed of a hot log", async () => {
  const server = await started();
  const { port, password } = new URL(server.url);
  const url = `redis://somebody:${password}@127.0.0.1:${port}/3`;
  const hotLog = hotLogFor(url);
  const key = newKey();
  const wrong = await failure(hotLog.read(key, null, 0));
  await server.kill();
  const gone = await failure(hotLog.tell(key, whole([snapshot(1, { secret: "of a user" })])));
  for (const shown of [wrong, gone, hotLog].map((thing) => inspect(thing, { depth: 20, showHidden: true }))) {
    for (const secret of [password, "somebody", "127.0.0.1", port, "of a user", String(key.threadId)]) {
      expect(shown).not.toContain(secret);
    }
  }
});

test("a server that stands still is waited for as long as the timeout says, and no call hangs", async () => {
  const server = await started();
  const hotLog = hotLogFor(server.url);
  const key = newKey();
  const first = snapshot();
  // Once before, so that the server knows the scripts.
  expect(await hotLog.draft(key, delta(first))).toBe("unknown");
  await hotLog.tell(key, whole([first]));
  await server.freeze();
  const calls = [hotLog.read(key, null, 0), hotLog.draft(key, delta(first)), hotLog.drafts(0, 1)];
  for (const call of calls) expect(await failure(call)).toMatchObject({ kind: "TIMEOUT" });
  server.thaw();
  await untilAnswered(hotLog, key);
  // The draft was carried out late: that is no harm.
  const { entries } = await hotLog.read(key, null, 0);
  expect(entries.length).toBe(2);
});

test("a connection that has gone silent is given up, and another one is made", async () => {
  const server = await started();
  const proxy = await startTcpProxy(server.url);
  ends.push(() => proxy.close());
  const hotLog = hotLogFor(proxy.url);
  const key = newKey();
  await timeOf(hotLog, key);
  proxy.blackHole();
  expect(await failure(hotLog.read(key, null, 0))).toMatchObject({ kind: "TIMEOUT" });
  await proxy.accept();
  await untilAnswered(hotLog, key);
});

test("an answer that is lost with its connection is an error, and the call is not sent again by itself", async () => {
  const server = await started();
  const proxy = await startTcpProxy(server.url);
  ends.push(() => proxy.close());
  const hotLog = hotLogFor(proxy.url);
  const key = newKey();
  const [first, draft] = chain(2);
  // Once before, so that the server knows the script.
  expect(await hotLog.draft(key, delta(first))).toBe("unknown");
  await hotLog.tell(key, whole([first]));
  const cut = proxy.cutAfterRequest((request) => request.includes(String(draft?.writeId)));
  expect(await failure(hotLog.draft(key, draft ?? first))).toMatchObject({ kind: "DISCONNECTED" });
  await cut;
  await untilAnswered(hotLog, key);
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  expect(await hotLog.draft(key, draft ?? first)).toBe("ok");
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
});

test("a full server refuses a write as a whole, and serves reads", async () => {
  const server = await started({ configuration: { "maxmemory-policy": "noeviction" } });
  const control = new Redis(server.url);
  ends.push(() => control.disconnect());
  const hotLog = hotLogFor(server.url);
  const key = newKey();
  const [first, second] = chain(2);
  await hotLog.setup(true);
  const since = await timeOf(hotLog, key);
  await hotLog.tell(key, whole([first], { since }));
  await control.config("SET", "maxmemory", "1mb");
  const writes = [
    () => hotLog.tell(key, whole([snapshot(7)], { since })),
    () => hotLog.draft(key, second ?? first),
    () => hotLog.mark(key, "a write", null),
  ];
  for (const write of writes) expect(await failure(write())).toMatchObject({ kind: "OOM" });
  const view = await hotLog.read(key, null, 0);
  expect(view.head?.stamp.version).toBe(1);
  expect(view.entries).toHaveLength(1);
  expect((await hotLog.read(key, first, 60_000)).current).toBe(true);
  await control.config("SET", "maxmemory", "0");
  expect(await hotLog.draft(key, second ?? first)).toBe("ok");
});

test("a replica is never trusted, and refuses what is written", async () => {
  const master = await started();
  const replica = await started({ replicaOf: master });
  const hotLog = hotLogFor(master.url);
  const reader = hotLogFor(replica.url);
  const key = newKey();
  const [first] = chain(1);
  await hotLog.tell(key, whole([first], { since: await timeOf(hotLog, key) }));
  await expect.poll(async () => (await reader.read(key, null, 0)).entries.length).toBe(1);
  expect((await reader.read(key, first, 60_000)).current).toBe(false);
  expect((await reader.read(key, null, 0)).at.by).toBe("");
  expect(await failure(reader.draft(key, delta(first)))).toMatchObject({ kind: "READONLY" });
});

test("a replica that is promoted has another name, and trusts nothing that it has inherited", async () => {
  const master = await started();
  const replica = await started({ replicaOf: master });
  const hotLog = hotLogFor(master.url);
  const key = newKey();
  const [first] = chain(1);
  const since = await timeOf(hotLog, key);
  await hotLog.tell(key, whole([first], { since }));
  const control = new Redis(replica.url);
  ends.push(() => control.disconnect());
  await expect.poll(() => control.dbsize()).toBeGreaterThan(0);
  await control.replicaof("NO", "ONE");
  const inherits = hotLogFor(replica.url);
  const view = await inherits.read(key, first, 60_000);
  expect(view.current).toBe(false);
  expect(view.head?.known).toEqual(since);
  expect(view.at.by).not.toBe(since.by);
  expect(view.at.by).not.toBe("");
});

test("a lent client is used for its settings, and stays as it was", async () => {
  const server = await started();
  const client = new Redis(server.url, { keyPrefix: "app:", db: 5, stringNumbers: true, enableAutoPipelining: true });
  ends.push(() => client.disconnect());
  const options = JSON.stringify(client.options);
  const hotLog = new RedisHotLog({ source: { kind: "client", client }, keyPrefix: PREFIX, lifeMs: LIFE_MS });
  const key = newKey();
  await hotLog.setup(true);
  await hotLog.watch(key, () => {});
  await hotLog.tell(key, whole(chain(2)));
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  const names = await client.keys("*");
  expect(names.length).toBe(2);
  expect(names.every((name) => name.startsWith(`app:${PREFIX}`))).toBe(true);
  await hotLog.release();
  expect(JSON.stringify(client.options)).toBe(options);
  expect(client.listenerCount("error")).toBe(0);
  expect(await client.get("anything")).toBe(null);
});

test("a client that was lent before it was connected is not connected by us", async () => {
  const server = await started();
  const client = new Redis(server.url, { lazyConnect: true });
  const hotLog = new RedisHotLog({ source: { kind: "client", client }, keyPrefix: PREFIX, lifeMs: LIFE_MS });
  await hotLog.read(newKey(), null, 0);
  expect(client.status).toBe("wait");
  await hotLog.release();
});

test("what is released answers nothing more, and can be released though it never began", async () => {
  const server = await started();
  const hotLog = hotLogOn(server.url, LIFE_MS);
  await hotLog.release();
  expect(await failure(hotLog.read(newKey(), null, 0))).toMatchObject({ kind: "DISCONNECTED" });
  const used = hotLogOn(server.url, LIFE_MS);
  await timeOf(used, newKey());
  const pending = Promise.allSettled([used.read(newKey(), null, 0)]);
  await used.release();
  await pending;
  expect(await failure(used.read(newKey(), null, 0))).toMatchObject({ kind: "DISCONNECTED" });
  const control = new Redis(server.url);
  ends.push(() => control.disconnect());
  await expect.poll(async () => String(await control.client("LIST")).includes("name=agenity")).toBe(false);
});

test("a hot log waits no longer than its timeout for a server that answers nobody", async () => {
  const server = await started();
  await server.freeze();
  const hotLog = hotLogFor(server.url);
  const began = performance.now();
  await hotLog.setup(true);
  await failure(hotLog.read(newKey(), null, 0));
  // Far from both: two timeouts, and the patience of the client.
  expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 10);
  server.thaw();
  await untilAnswered(hotLog, newKey());
});
