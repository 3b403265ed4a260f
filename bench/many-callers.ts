/**
 * 64 callers on a pool of 10, each with its own thread, beside the bare driver on the same pool in the same run.
 * Run: npx tsx bench/many-callers.ts
 */
import { type AgentState, createState, type Message, PgCheckpointer, versionOf } from "../src/index.ts";
import { openDatabase } from "./database.ts";
import { load, type Measured, report, sideBySide } from "./measure.ts";
import { conversation, payloadOf, stateAfter, takeTurn, turnOf } from "./turns.ts";

const CALLERS = 64;
const CALLS = 60;
const ROUNDS = 9;

await using database = await openDatabase();
const { pool, schema } = database;
await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
await checkpointer.setup();
await pool.query(
  `create table ${schema}.bare_states (thread_id text primary key, state json not null, updated_at timestamptz not null)`,
);
await pool.query(
  `create table ${schema}.bare_threads (thread_id text primary key, name text, metadata jsonb, updated_at timestamptz not null)`,
);
await pool.query(
  `create table ${schema}.bare_messages (thread_id text, message_id text, role text, body json, created_at timestamptz, primary key (thread_id, message_id))`,
);

const bare = {
  state: `insert into ${schema}.bare_states (thread_id, state, updated_at) values ($1, $2, now())
    on conflict (thread_id) do update set state = excluded.state, updated_at = excluded.updated_at`,
  thread: `insert into ${schema}.bare_threads (thread_id, name, metadata, updated_at) values ($1, $2, $3, now())
    on conflict (thread_id) do update set name = excluded.name, metadata = excluded.metadata, updated_at = excluded.updated_at`,
  messages: `insert into ${schema}.bare_messages (thread_id, message_id, role, body, created_at)
    values ($1, $2, $3, $4, now()), ($1, $5, $6, $7, now())
    on conflict (thread_id, message_id) do update set role = excluded.role, body = excluded.body`,
  select: `select state from ${schema}.bare_states where thread_id = $1`,
};
/** All say the same: what is said was made before the clock runs. */
const messages = conversation(CALLS + 10);
/** Callers keep their states, as agents do. */
const states: AgentState[] = [];
const turns: number[] = [];
let begun = 0;
const configOf = (caller: number) => ({ threadId: `thread-${begun}-${caller}`, userId: `user-${caller % 8}` });

/** Gives every caller a new conversation of five turns: how cost grows with the conversation is growth.ts's question. */
async function begin(): Promise<void> {
  begun++;
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      states[caller] = await checkpointer.putState(configOf(caller), stateAfter(5));
      turns[caller] = 5;
    }),
  );
}

function nextTurn(caller: number): {
  readonly state: AgentState;
  readonly said: readonly Message[];
  readonly turn: number;
} {
  const state = states[caller] ?? createState();
  const turn = (turns[caller] ?? 0) + 1;
  const said = messages[turn] ?? turnOf(turn);
  turns[caller] = turn;
  takeTurn(state, turn, said);
  return { state, said, turn };
}

async function putTurn(caller: number): Promise<void> {
  states[caller] = await checkpointer.putState(configOf(caller), nextTurn(caller).state);
}

async function putWholeTurn(caller: number): Promise<void> {
  const { state, said, turn } = nextTurn(caller);
  const thread = { threadName: "Reservation", metadata: { turn } };
  const written = await checkpointer.checkpoint(configOf(caller), { state, messages: said, thread });
  states[caller] = written.state ?? state;
}

let bareTurns = 0;
const saidNext = () => messages[++bareTurns % messages.length] ?? turnOf(bareTurns);

async function putBare(caller: number): Promise<void> {
  await pool.query({
    name: "bare-state",
    text: bare.state,
    values: [`thread-${caller}`, payloadOf(bareTurns, saidNext())],
  });
}

/** What an application does by hand, in five round trips: begin, thread, state, messages, commit. */
async function putBareTurn(caller: number): Promise<void> {
  const said = saidNext();
  const rows = said.flatMap((message) => [`${message.messageId}-${bareTurns}`, message.role, JSON.stringify(message)]);
  const id = `thread-${caller}`;
  const client = await pool.connect();
  try {
    await client.query("begin");
    const metadata = JSON.stringify({ turn: bareTurns });
    await client.query({ name: "bare-thread", text: bare.thread, values: [id, "Reservation", metadata] });
    await client.query({ name: "bare-state", text: bare.state, values: [id, payloadOf(bareTurns, said)] });
    await client.query({ name: "bare-messages", text: bare.messages, values: [id, ...rows] });
    await client.query("commit");
  } finally {
    client.release();
  }
}

const getKnown = (caller: number): Promise<unknown> => checkpointer.getState(configOf(caller));
const getBare = (caller: number) =>
  pool.query({ name: "bare-select", text: bare.select, values: [`thread-${caller}`] });

type Call = (caller: number) => Promise<unknown>;

async function round(call: Call): Promise<Measured> {
  await begin();
  return await load(CALLERS, CALLS, call);
}

async function compare(what: string, ours: Call, theirs: Call) {
  await round(ours);
  await round(theirs);
  const result = await sideBySide(ROUNDS, { ours: () => round(ours), bare: () => round(theirs) });
  console.log(
    `${what}: ours ${result.ours.ratePerSecond.toFixed(0)}/s, p50 ${result.ours.p50Ms.toFixed(2)} ms; ` +
      `bare ${result.bare.ratePerSecond.toFixed(0)}/s, p50 ${result.bare.p50Ms.toFixed(2)} ms`,
  );
  return result;
}

const states64 = await compare("putState", putTurn, putBare);
report("64 callers: putState rate ÷ bare upsert rate", states64.ours.ratePerSecond / states64.bare.ratePerSecond, {
  atLeast: 2,
});
report("64 callers: putState p50 ÷ bare upsert p50", states64.ours.p50Ms / states64.bare.p50Ms, { atMost: 0.5 });

const turns64 = await compare("checkpoint", putWholeTurn, putBareTurn);
report("64 callers: checkpoint rate ÷ bare transaction rate", turns64.ours.ratePerSecond / turns64.bare.ratePerSecond, {
  atLeast: 2,
});

// The bare row is one turn; ours answers the whole conversation, as a near copy that the database has confirmed to be the head.
const reads64 = await compare("getState of known versions", getKnown, getBare);
report("64 callers: getState rate ÷ bare select rate", reads64.ours.ratePerSecond / reads64.bare.ratePerSecond, {
  atLeast: 2,
});

await begin();
await load(CALLERS, CALLS, putTurn);
const wrong = states.filter(
  (state) => versionOf(state) !== CALLS + 1 || state.context.length !== 2 * state.executionMeta.step,
);
console.log(wrong.length === 0 ? "every caller's state is whole" : `${wrong.length} states are wrong`);
if (wrong.length > 0) process.exitCode = 1;
