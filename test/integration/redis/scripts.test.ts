import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  chain,
  delta,
  following,
  newKey,
  snapshot,
  stampOf,
  whole,
} from "../../../src/conformance/hot-log/versions.ts";
import { startRedisServer, type RedisServer } from "../../servers/redis.ts";
import { hotLogOn, untilAnswered } from "./own-hot-log.ts";

let server: RedisServer;
let control: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  control = new Redis(server.url);
  control.on("error", () => {});
});
afterAll(async () => {
  control.disconnect();
  await server.stop();
});

/** How often a server was asked for something. */
async function callsOf(command: string): Promise<number> {
  const stats = await control.info("commandstats");
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
}

test("a script's text travels once: then its hash does", async () => {
  const hotLog = hotLogOn(server.url);
  const key = newKey();
  await hotLog.read(key, null, 0);
  const texts = await callsOf("eval");
  for (let time = 0; time < 5; time++) await hotLog.read(key, null, 0);
  expect(await callsOf("eval")).toBe(texts);
  const another = hotLogOn(server.url);
  await another.read(key, null, 0);
  expect(await callsOf("eval")).toBe(texts);
  await Promise.all([hotLog.release(), another.release()]);
});

test("a server that has forgotten the scripts gets them again, under way", async () => {
  const hotLog = hotLogOn(server.url);
  const key = newKey();
  const entries = chain(8);
  const [first, ...rest] = entries;
  await hotLog.tell(key, whole([first]));
  for (const entry of rest) {
    await control.script("FLUSH");
    expect(await hotLog.draft(key, entry)).toBe("ok");
  }
  await control.script("FLUSH");
  const many = await Promise.all(Array.from({ length: 50 }, () => hotLog.read(key, null, 0)));
  expect(many.every((view) => view.entries.length === 8)).toBe(true);
  await hotLog.discard(key, String(entries.at(-1)?.writeId));
  await hotLog.release();
});

test("a server that comes back empty is used again; nothing that was known before is taken for its own", async () => {
  const hotLog = hotLogOn(server.url);
  const key = newKey();
  const first = snapshot();
  await hotLog.tell(key, whole([first], { since: (await hotLog.read(key, null, 0)).at }));
  const before = hotLog.past(key);
  await server.kill();
  await expect(hotLog.read(key, first, 60_000)).rejects.toThrow("Redis: ");
  await expect.poll(() => hotLog.past(key)).toBe(null);
  await server.restart();
  await untilAnswered(hotLog, key);
  const view = await hotLog.read(key, first, 60_000);
  expect(view).toMatchObject({ current: false, head: null, entries: [], fromStart: true });
  expect(view.at.by).not.toBe(before?.by);
  expect(await hotLog.draft(key, delta(first))).toBe("unknown");
  expect(await hotLog.tell(key, whole([first], { since: before }))).toBe("told");
  expect((await hotLog.read(key, first, 60_000)).current).toBe(false);
  expect(await hotLog.tell(key, following(first, [delta(first)], { since: hotLog.past(key) }))).toBe("told");
  await hotLog.release();
});

test("numbers beyond what a script would print by itself are exact", async () => {
  const hotLog = hotLogOn(server.url);
  const key = newKey();
  const last = snapshot(4_294_967_294);
  const { at } = await hotLog.read(key, null, 0);
  await hotLog.tell(key, whole([last], { stamp: stampOf(last, Number.MAX_SAFE_INTEGER), since: at }));
  await hotLog.mark(key, "a write", at.atMs + 0.001);
  const { head } = await hotLog.read(key, null, 0);
  expect(head).toMatchObject({ stamp: { incarnation: Number.MAX_SAFE_INTEGER }, known: at });
  expect(Math.round((head?.pendingMs ?? 0) * 1000)).toBe(Math.round(at.atMs * 1000) + 1);
  await hotLog.release();
});
