/**
 * What does the hot log itself cost, beside a bare `GET` on the same Redis, without anything of the engine? A read by somebody who holds the
 * newest, by one caller and with 64 in flight.
 * Run: npx tsx bench/hot-read.ts
 */
import { randomUUID } from "node:crypto";
import type { HotEntry, HotKey } from "../src/hot/hot-log.ts";
import { RedisHotLog } from "../src/hot/redis/redis-hot-log.ts";
import { openCache } from "./cache.ts";
import { load, report, sideBySide } from "./measure.ts";

const THREADS = 200;
const ROUNDS = 41;

await using cache = await openCache();
const source = { kind: "url", url: cache.url } as const;
const hotLog = new RedisHotLog({ source, keyPrefix: cache.keyPrefix, lifeMs: 3_600_000 });
await hotLog.setup(true);

const keys: readonly HotKey[] = Array.from({ length: THREADS }, () => ({ threadId: randomUUID(), namespace: "" }));
const entry: HotEntry = { version: 12, writeId: randomUUID(), after: "", kind: "snapshot", body: '{"context":[]}' };
const stamp = { incarnation: 1, version: entry.version, writeId: entry.writeId };
for (const key of keys) {
  const { at } = await hotLog.read(key, null, 0);
  await hotLog.tell(key, { stamp, owner: "alice", entries: [entry], after: null, since: at, seen: null });
  await cache.client.set(`${cache.keyPrefix}${key.threadId}`, "x".repeat(20));
}

async function ours(caller: number, turn: number): Promise<void> {
  const { current } = await hotLog.read(keyAt(caller + turn), entry, 3_600_000);
  if (!current) throw new Error("the read was not answered by the time alone");
}

async function bare(caller: number, turn: number): Promise<void> {
  await cache.client.get(`${cache.keyPrefix}${keyAt(caller + turn).threadId}`);
}

function keyAt(place: number): HotKey {
  return keys[place % THREADS] ?? { threadId: "", namespace: "" };
}

await load(64, 100, ours);
for (const [callers, calls] of [
  [1, 400],
  [64, 60],
] as const) {
  const result = await sideBySide(ROUNDS, {
    ours: () => load(callers, calls, ours),
    bare: () => load(callers, calls, bare),
  });
  const [oursMs, bareMs] = [result.ours.p50Ms.toFixed(4), result.bare.p50Ms.toFixed(4)];
  console.log(`${callers} in flight: read p50 ${oursMs} ms, bare GET ${bareMs} ms`);
  report(`hot read p50 ÷ bare GET p50, ${callers} in flight`, result.ours.p50Ms / result.bare.p50Ms, { atMost: 1.35 });
}
await hotLog.release();
