import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { chain, delta, newKey, snapshot, whole } from "../../../src/conformance/hot-log/versions.ts";
import { DamagedHotLogError } from "../../../src/hot/damaged-hot-log-error.ts";
import type { HotKey } from "../../../src/hot/hot-log.ts";
import { hotLogOn, keysOf, PREFIX } from "./own-hot-log.ts";

const url = inject("cacheUrl");
const control = new Redis(url);
const hotLog = hotLogOn(url);

afterAll(async () => {
  await hotLog.release();
  control.disconnect();
});

type Damage = (key: HotKey) => Promise<unknown>;

/** An entry as ours are written, but for these fields of its JSON, given as they stand there. */
const entry = (fields: Record<string, string>, id = "3-0"): Damage => {
  const whatever = { v: "3", w: '"w3"', a: '"w2"', k: '"delta"', n: "2", b: "{}", ...fields };
  const text = Object.entries(whatever).map(([name, value]) => `"${name}":${value}`);
  return (key) => control.xadd(keysOf(key).log, id, "w", "w3", "j", `{${text.join(",")}}`);
};
const head =
  (fields: Record<string, string>): Damage =>
  (key) =>
    control.hset(keysOf(key).head, fields);

/** What somebody could do to a thread's keys, by mistake or not. */
const damages: Readonly<Record<string, Damage>> = {
  "a body that is no JSON": entry({ b: "{oops" }),
  "a body that closes the list": entry({ b: '{}},{"v":4,"w":"x","a":"w3","k":"delta","n":1,"b":{}}],[{' }),
  "a body that brings another entry": entry({ b: '{}},{"v":4,"w":"x","a":"w3","k":"delta","n":1,"b":{}' }),
  "a text that is no object": (key) => control.xadd(keysOf(key).log, "3-0", "w", "w3", "j", "null"),
  "a text of another version": entry({ v: "4" }),
  "a body that is a number": entry({ b: "1" }),
  "a body of bytes": (key) => control.xadd(keysOf(key).log, "3-0", "w", "w3", "j", Buffer.from([0x7b, 0xff, 0, 0xc3])),
  "no body": entry({ b: "" }),
  "a body that is nothing": entry({ b: "null" }),
  "a body that is a list": entry({ b: "[]" }),
  "a weight that is none": entry({ n: "-5" }),
  "a weight that is a text": entry({ n: '"many"' }),
  "a clear with a body": entry({ k: '"clear"' }),
  "another kind": entry({ k: '"__proto__"' }),
  "a write id that is a number": entry({ w: "3" }),
  "metadata that are no text": entry({ m: "{}" }),
  "no write id": (key) => control.xadd(keysOf(key).log, "3-0", "hello", "world"),
  "an id that is no version": entry({}, "3-1"),
  "another program's stream": (key) => control.xadd(keysOf(key).log, "*", "event", "login"),
  "a head without an incarnation": (key) => control.hdel(keysOf(key).head, "i"),
  "a head of words": head({ i: "many", v: "some" }),
  "a head that is later than time": head({ k: "soon" }),
  "a head of negative numbers": head({ v: "-1" }),
  "an owner that is none": head({ u: "somebody" }),
  "a mark of words": head({ p: "tomorrow" }),
  "a log of another type": async (key) => {
    await control.del(keysOf(key).log);
    await control.set(keysOf(key).log, "a text");
  },
};

for (const [what, damage] of Object.entries(damages)) {
  test(`${what}: said once, dropped, never shown`, async () => {
    const key = newKey();
    const entries = chain(2);
    await hotLog.tell(key, whole(entries, { since: (await hotLog.read(key, null, 0)).at }));
    await damage(key);
    await expect(hotLog.read(key, null, 60_000)).rejects.toThrow(DamagedHotLogError);
    expect(await hotLog.read(key, null, 60_000)).toMatchObject({ head: null, entries: [] });
    expect(await control.exists(keysOf(key).log, keysOf(key).head)).toBe(0);
    const [fresh] = chain(1, snapshot(5));
    expect(await hotLog.tell(key, whole([fresh]))).toBe("told");
    expect((await hotLog.read(key, null, 0)).entries).toHaveLength(1);
  });
}

test("a head of another type is dropped alone: the log may hold drafts", async () => {
  const key = newKey();
  const entries = chain(2);
  await hotLog.tell(key, whole(entries));
  await control.del(keysOf(key).head);
  await control.rpush(keysOf(key).head, "a list");
  await expect(hotLog.read(key, null, 60_000)).rejects.toThrow(DamagedHotLogError);
  const view = await hotLog.read(key, null, 60_000);
  expect(view.head).toBe(null);
  expect(view.entries).toHaveLength(2);
});

test("writes meet keys of another type, and drop them as well", async () => {
  const writes = {
    tell: (key: HotKey) => hotLog.tell(key, whole([snapshot()])),
    draft: (key: HotKey) => hotLog.draft(key, delta(snapshot())),
    discard: (key: HotKey) => hotLog.discard(key, "a write"),
  };
  for (const write of Object.values(writes)) {
    const key = newKey();
    await control.set(keysOf(key).log, "a text");
    await expect(write(key)).rejects.toThrow(DamagedHotLogError);
    await write(key);
  }
  for (const write of [
    (key: HotKey) => hotLog.mark(key, "a write", null),
    (key: HotKey) => hotLog.unmark(key, "a write"),
  ]) {
    const key = newKey();
    await control.set(keysOf(key).head, "a text");
    await expect(write(key)).rejects.toThrow(DamagedHotLogError);
    await write(key);
  }
});

test("a list of drafts of another type is dropped, and made again", async () => {
  const key = newKey();
  const [first, draft] = chain(2);
  await hotLog.tell(key, whole([first]));
  await control.del(keysOf(key).dirty);
  await control.set(keysOf(key).dirty, "a text");
  await expect(hotLog.draft(key, draft ?? first)).rejects.toThrow(DamagedHotLogError);
  expect(await control.exists(keysOf(key).dirty)).toBe(0);
  await hotLog.tell(key, whole([first]));
  expect(await hotLog.draft(key, draft ?? first)).toBe("ok");
  expect(await control.type(keysOf(key).dirty)).toBe("zset");
  await hotLog.discard(key, String(draft?.writeId));
});

test("a list of drafts of another type is dropped when it is looked at, and keeps no other one back", async () => {
  const [key, other] = [newKey(), newKey()];
  const [first, draft] = chain(2);
  for (const one of [key, other]) {
    await hotLog.tell(one, whole([first]));
    await hotLog.draft(one, draft ?? first);
  }
  await control.del(keysOf(key).dirty);
  await control.set(keysOf(key).dirty, "a text");
  expect((await hotLog.drafts(0, 100_000)).some(({ threadId }) => threadId === other.threadId)).toBe(true);
  expect(await control.exists(keysOf(key).dirty)).toBe(0);
  // The drafts are no worse for it.
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  for (const one of [key, other]) await hotLog.discard(one, String(draft?.writeId));
});

test("a member of the list of drafts that is none of ours is passed over", async () => {
  const key = newKey();
  const [first, draft] = chain(2);
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, draft ?? first);
  const strangers = ["", "a", "a:b:c", "#x:", "%zz:", "%3A:", "{}:", "#1.5:"];
  for (const [score, member] of strangers.entries()) await control.zadd(keysOf(key).dirty, score, member);
  const keys = await hotLog.drafts(0, 100_000);
  expect(keys.filter(({ threadId }) => threadId === key.threadId)).toEqual([key]);
  expect(keys.some(({ threadId }) => String(threadId).length < 8)).toBe(false);
  await control.zrem(keysOf(key).dirty, ...strangers);
  await hotLog.discard(key, String(draft?.writeId));
});

test("what was found to be damaged is not dropped when it is another log by then", async () => {
  const key = newKey();
  const [first, draft] = chain(2);
  await hotLog.tell(key, whole([first]));
  const { log, head: headName, dirty, member } = keysOf(key);
  await hotLog.draft(key, draft ?? first);
  const { lua } = await import("../../../src/generated/lua.ts");
  await control.eval(lua.forget.text, 3, log, headName, dirty, member, `1 ${first.writeId}`);
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  expect((await hotLog.drafts(0, 100_000)).some(({ threadId }) => threadId === key.threadId)).toBe(true);
  await hotLog.discard(key, String(draft?.writeId));
});

test("damage in a log with drafts takes it off the list of drafts", async () => {
  const key = newKey();
  const [first, draft] = chain(2);
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, draft ?? first);
  await entry({ b: "oops" })(key);
  await expect(hotLog.read(key, null, 0)).rejects.toThrow(DamagedHotLogError);
  expect(await control.zscore(keysOf(key).dirty, keysOf(key).member)).toBe(null);
});

test("nothing that is stored is executed or believed to be a key", async () => {
  const key = newKey();
  await control.xadd(
    keysOf(key).log,
    "1-0",
    "w",
    "]]; redis.call('FLUSHALL') --",
    "j",
    JSON.stringify({ v: 1, w: "]]; redis.call('FLUSHALL') --", a: '"},{', k: "snapshot", n: 2, b: {} }),
  );
  const view = await hotLog.read(key, null, 0);
  expect(view.entries).toMatchObject([{ writeId: "]]; redis.call('FLUSHALL') --", after: '"},{', json: {} }]);
  expect(keysOf(key).log.startsWith(PREFIX)).toBe(true);
});
