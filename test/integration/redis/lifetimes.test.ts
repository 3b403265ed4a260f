import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { chain, delta, following, newKey, snapshot, whole } from "../../../src/conformance/hot-log/versions.ts";
import { hotLogOn, keysOf } from "./own-hot-log.ts";

const url = inject("cacheUrl");
const control = new Redis(url);
const LIFE_MS = 100_000;
const hotLog = hotLogOn(url, LIFE_MS);

afterAll(async () => {
  await hotLog.release();
  control.disconnect();
});

/** How long the log and the head still live: "forever", "gone", or a whole life that has just begun. */
async function livesOf(names: { log: string; head: string }): Promise<readonly string[]> {
  const lives = await Promise.all([control.pttl(names.log), control.pttl(names.head)]);
  return lives.map((ms) => {
    if (ms === -1) return "forever";
    if (ms === -2) return "gone";
    return ms > LIFE_MS - 60_000 && ms <= LIFE_MS ? "a life" : `${ms} ms`;
  });
}

/** As if nearly all of their life had passed. */
async function age(names: { log: string; head: string }): Promise<void> {
  await Promise.all([control.pexpire(names.log, 20_000), control.pexpire(names.head, 20_000)]);
}

test("a log and a head live from when they were last written; reading does not prolong them", async () => {
  const key = newKey();
  const names = keysOf(key);
  const first = snapshot();
  await hotLog.tell(key, whole([first]));
  expect(await livesOf(names)).toEqual(["a life", "a life"]);
  await age(names);
  await hotLog.read(key, null, 0);
  await hotLog.read(key, first, 60_000);
  expect(await livesOf(names)).not.toContain("a life");
  await hotLog.tell(key, whole([first]));
  expect(await livesOf(names)).toEqual(["a life", "a life"]);
});

test("a mark prolongs the head, and makes one that ends", async () => {
  const key = newKey();
  const names = keysOf(key);
  await hotLog.mark(key, "a write", null);
  expect(await livesOf(names)).toEqual(["gone", "a life"]);
  await age(names);
  await hotLog.mark(key, "a write", null);
  expect(await livesOf(names)).toEqual(["gone", "a life"]);
});

test("a log with drafts lives forever, and ends again when they are committed", async () => {
  const key = newKey();
  const names = keysOf(key);
  const [first, second, third] = [...chain(3)] as const;
  if (second === undefined || third === undefined) throw new Error("a chain of three has three");
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, second);
  await hotLog.draft(key, third);
  expect((await livesOf(names))[0]).toBe("forever");
  const firstMs = await control.zscore(names.dirty, names.member);
  expect(Math.abs(Number(firstMs) - Date.now())).toBeLessThan(60_000);
  await hotLog.tell(key, following(first, [second]));
  expect((await livesOf(names))[0]).toBe("forever");
  expect(await control.zscore(names.dirty, names.member)).toBe(firstMs);
  await hotLog.tell(key, following(second, [third]));
  expect(await livesOf(names)).toEqual(["a life", "a life"]);
  expect(await control.zscore(names.dirty, names.member)).toBe(null);
});

test("drafts outlive their head", async () => {
  const key = newKey();
  const names = keysOf(key);
  const [first, second] = chain(2);
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, second ?? first);
  await control.del(names.head);
  const third = delta(second ?? first);
  expect(await hotLog.draft(key, third)).toBe("ok");
  const view = await hotLog.read(key, null, 0);
  expect(view.head).toBe(null);
  expect(view.entries).toHaveLength(3);
  expect((await livesOf(names))[0]).toBe("forever");
  await hotLog.discard(key, third.writeId);
  expect(await livesOf(names)).toEqual(["gone", "gone"]);
});

test("the longest life counts, where processes differ", async () => {
  const key = newKey();
  const short = hotLogOn(url, 1_000);
  const first = snapshot();
  await hotLog.tell(key, whole([first]));
  await short.tell(key, whole([first]));
  await short.mark(key, "a write", null);
  expect((await livesOf(keysOf(key)))[1]).toBe("a life");
  await short.release();
});

test("what a list of drafts holds for a log that is gone goes when the log is discarded", async () => {
  const key = newKey();
  const names = keysOf(key);
  const [first, second] = chain(2);
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, second ?? first);
  await control.del(names.log);
  await hotLog.discard(key, "");
  expect(await control.zscore(names.dirty, names.member)).toBe(null);
});
