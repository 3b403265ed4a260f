/**
 * What does the hot layer cost a write? `putState` with Redis beside `putState` without, by one caller; and by 64 callers on a pool of 10, beside
 * bare prepared upserts through the same pool.
 * Run: npx tsx bench/cached-writes.ts
 */
import { type AgentState, createState, PgCheckpointer } from "../src/index.ts";
import { openCache } from "./cache.ts";
import { openDatabase } from "./database.ts";
import { load, type Measured, report, sideBySide } from "./measure.ts";
import { conversation, payloadOf, stateAfter, takeTurn, turnOf } from "./turns.ts";

const ROUNDS = 11;
const CALLS = 150;
const CALLERS = 64;

await using database = await openDatabase();
await using cache = await openCache();
const { pool, schema } = database;
await using plain = new PgCheckpointer({ pgPool: pool, schema });
await using cached = new PgCheckpointer({ pgPool: pool, schema, redisUrl: cache.url, keyPrefix: cache.keyPrefix });
await cached.setup();
await pool.query(
  `create table ${schema}.bare (thread_id text primary key, state json not null, updated_at timestamptz not null)`,
);
const upsert = {
  name: "bare-upsert",
  text: `insert into ${schema}.bare (thread_id, state, updated_at) values ($1, $2, now())
    on conflict (thread_id) do update set state = excluded.state, updated_at = excluded.updated_at`,
};
const said = conversation(CALLS + 10);
let begun = 0;

async function putTurns(checkpointer: PgCheckpointer): Promise<Measured> {
  const config = { threadId: `one-${++begun}`, userId: "alice" };
  let state = await checkpointer.putState(config, stateAfter(5));
  return await load(1, CALLS, async (_, turn) => {
    takeTurn(state, turn, said[turn]);
    state = await checkpointer.putState(config, state);
  });
}

await putTurns(plain);
await putTurns(cached);
const one = await sideBySide(ROUNDS, { cached: () => putTurns(cached), plain: () => putTurns(plain) });
console.log(`putState p50 ${one.cached.p50Ms.toFixed(3)} ms with Redis, ${one.plain.p50Ms.toFixed(3)} ms without`);
report("putState p50 with Redis ÷ without", one.cached.p50Ms / one.plain.p50Ms, { atMost: 1.4 });

async function putMany(checkpointer: PgCheckpointer): Promise<Measured> {
  begun++;
  const configOf = (caller: number) => ({ threadId: `many-${begun}-${caller}`, userId: "alice" });
  const states: AgentState[] = await Promise.all(
    Array.from({ length: CALLERS }, (_, caller) => checkpointer.putState(configOf(caller), stateAfter(5))),
  );
  return await load(CALLERS, 40, async (caller, call) => {
    const state = states[caller] ?? createState();
    takeTurn(state, 6 + call, said[call]);
    states[caller] = await checkpointer.putState(configOf(caller), state);
  });
}

async function putBare(): Promise<Measured> {
  return await load(CALLERS, 40, (caller, call) =>
    pool.query({ ...upsert, values: [`thread-${caller}`, payloadOf(call, said[call] ?? turnOf(call))] }),
  );
}

await putMany(cached);
await putBare();
const many = await sideBySide(ROUNDS, { cached: () => putMany(cached), plain: () => putMany(plain), bare: putBare });
console.log(
  `64 callers: ${many.cached.ratePerSecond.toFixed(0)}/s with Redis, ${many.plain.ratePerSecond.toFixed(0)}/s without, ` +
    `bare upserts ${many.bare.ratePerSecond.toFixed(0)}/s`,
);
const rates = many.cached.ratePerSecond / many.bare.ratePerSecond;
report("64 callers: putState rate with Redis ÷ bare upsert rate", rates, { atLeast: 1.5 });
