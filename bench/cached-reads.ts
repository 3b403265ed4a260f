/**
 * What does a cached read cost, beside a bare `GET` on the same Redis? Warm (nothing new), at 10 and at 10,000 messages, by one caller and with
 * 64 in flight; within `nearTtlMs`; and in a process that holds nothing, beside a `GET` of the same state as one JSON text.
 * Run: npx tsx bench/cached-reads.ts
 */
import { PgCheckpointer } from "../src/index.ts";
import { openCache } from "./cache.ts";
import { openDatabase } from "./database.ts";
import { load, report, sideBySide } from "./measure.ts";
import { conversation, stateAfter, takeTurn } from "./turns.ts";

const SIZES = [10, 10_000];
const ROUNDS = 21;
const CALLS = 400;

await using database = await openDatabase();
await using cache = await openCache();
const { pool, schema } = database;
const hot = { pgPool: pool, schema, redisUrl: cache.url, keyPrefix: cache.keyPrefix };
await using checkpointer = new PgCheckpointer(hot);
await checkpointer.setup();
await cache.client.set(`${cache.keyPrefix}small`, "x".repeat(20));
const bareGet = () => cache.client.get(`${cache.keyPrefix}small`);

for (const size of SIZES) {
  const config = { threadId: `warm-${size}`, userId: "alice" };
  await checkpointer.putState(config, stateAfter(size / 2));
  await checkpointer.getStateCache(config);
  const ours = () => checkpointer.getStateCache(config);
  await load(1, CALLS, ours);
  const one = await sideBySide(ROUNDS, { ours: () => load(1, CALLS, ours), bare: () => load(1, CALLS, bareGet) });
  console.log(
    `${size} messages: cached read p50 ${one.ours.p50Ms.toFixed(4)} ms, bare GET ${one.bare.p50Ms.toFixed(4)} ms`,
  );
  report(`warm getStateCache p50 ÷ bare GET p50, at ${size} messages`, one.ours.p50Ms / one.bare.p50Ms, {
    atMost: 1.35,
  });
  const many = await sideBySide(ROUNDS, { ours: () => load(64, 60, ours), bare: () => load(64, 60, bareGet) });
  const rates = many.ours.ratePerSecond / many.bare.ratePerSecond;
  report(`warm getStateCache rate ÷ bare GET rate, 64 in flight, at ${size} messages`, rates, { atLeast: 0.6 });
}

await using near = new PgCheckpointer({ ...hot, nearTtlMs: 60_000 });
const nearConfig = { threadId: "warm-10", userId: "alice" };
await near.getStateCache(nearConfig);
/** So short that many are timed together. */
const BATCH = 1_000;
async function nearReads(): Promise<void> {
  for (let call = 0; call < BATCH; call++) await near.getStateCache(nearConfig);
}
await nearReads();
const nearest = await sideBySide(ROUNDS, { near: () => load(1, 5, nearReads), bare: () => load(1, CALLS, bareGet) });
const nearMs = nearest.near.p50Ms / BATCH;
console.log(
  `near read of 10 messages ${(nearMs * 1_000).toFixed(2)} µs, bare GET ${(nearest.bare.p50Ms * 1_000).toFixed(2)} µs`,
);
report("bare GET p50 ÷ getStateCache p50 within nearTtlMs", nearest.bare.p50Ms / nearMs, { atLeast: 100 });

const long = { threadId: "cold-800", userId: "alice" };
const said = conversation(400);
let state = await checkpointer.putState(long, stateAfter(1));
for (let turn = 2; turn <= 400; turn++) {
  takeTurn(state, turn, said[turn - 1]);
  state = await checkpointer.putState(long, state);
}
await cache.client.set(`${cache.keyPrefix}blob`, JSON.stringify(state));
const blob = async () => JSON.parse((await cache.client.get(`${cache.keyPrefix}blob`)) ?? "") as unknown;
/** A checkpointer that holds nothing: its connections are made before the clock runs, as the bare client's are. */
const coldOnes = await Promise.all(
  Array.from({ length: ROUNDS * 5 + 5 }, async () => {
    const one = new PgCheckpointer(hot);
    await one.getStateCache({ threadId: "warm-10", userId: "alice" });
    return one;
  }),
);
async function coldRead(): Promise<void> {
  const one = coldOnes.pop();
  if (one === undefined) throw new Error("there are too few checkpointers");
  const read = await one.getStateCache(long);
  if (read?.context.length !== 800) throw new Error("the state is not whole");
  used.push(one);
}
const used: PgCheckpointer[] = [];
await load(1, 5, coldRead);
await load(1, 20, blob);
const cold = await sideBySide(ROUNDS, { ours: () => load(1, 5, coldRead), bare: () => load(1, 5, blob) });
console.log(
  `800 messages, nothing held: ${cold.ours.p50Ms.toFixed(3)} ms; GET and JSON.parse ${cold.bare.p50Ms.toFixed(3)} ms`,
);
report("cold getStateCache p50 ÷ (GET + JSON.parse) p50, 800 messages", cold.ours.p50Ms / cold.bare.p50Ms, {
  atMost: 1.5,
});
for (const one of [...used, ...coldOnes]) await one.release();
