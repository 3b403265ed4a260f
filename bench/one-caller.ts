/**
 * One caller: what does `putState` of a turn cost, beside one bare prepared upsert of the same bytes on the same pool?
 * Run: npx tsx bench/one-caller.ts
 */
import { PgCheckpointer } from "../src/index.ts";
import { openDatabase } from "./database.ts";
import { load, type Measured, report, sideBySide } from "./measure.ts";
import { conversation, payloadOf, stateAfter, takeTurn } from "./turns.ts";

const ROUNDS = 15;
const CALLS = 200;

await using database = await openDatabase();
const { pool, schema } = database;
await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
await checkpointer.setup();
await pool.query(
  `create table ${schema}.bare (thread_id text primary key, state json not null, updated_at timestamptz not null)`,
);

const upsert = {
  name: "bare-upsert",
  text: `insert into ${schema}.bare (thread_id, state, updated_at) values ($1, $2, now())
    on conflict (thread_id) do update set state = excluded.state, updated_at = excluded.updated_at`,
};
const messages = conversation(CALLS + 10);

/** A thread of its own each round: how cost grows with the conversation is growth.ts's question. */
async function putTurns(round: number): Promise<Measured> {
  const config = { threadId: `round-${round}`, userId: "alice" };
  let state = await checkpointer.putState(config, stateAfter(5));
  return await load(1, CALLS, async (_, turn) => {
    takeTurn(state, turn, messages[turn]);
    state = await checkpointer.putState(config, state);
  });
}

async function putBare(round: number): Promise<Measured> {
  return await load(1, CALLS, (_, turn) =>
    pool.query({ ...upsert, values: [`round-${round}`, payloadOf(turn, messages[turn] ?? [])] }),
  );
}

await putTurns(-1);
await putBare(-1);
const result = await sideBySide(ROUNDS, { ours: putTurns, bare: putBare });
const bytes = payloadOf(1, messages[1] ?? []).length;
console.log(
  `putState p50 ${result.ours.p50Ms.toFixed(3)} ms, bare upsert p50 ${result.bare.p50Ms.toFixed(3)} ms, ${bytes} bytes a turn`,
);
report("one caller: putState p50 ÷ bare prepared upsert p50", result.ours.p50Ms / result.bare.p50Ms, { atMost: 1.4 });
