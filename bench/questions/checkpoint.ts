import { type AgentState, createState, PgCheckpointer } from "../../src/index.ts";
import { load, type Measured, sideBySide } from "../measure.ts";
import { type Answer, type Figure, type Question, type Row, rowsOf } from "../question.ts";
import type { BenchServers } from "../servers.ts";
import type { Turn } from "../sides/side.ts";
import { conversation, payloadOf, stateAfter, takeTurn } from "../turns.ts";

const CROWDS = [
  { callers: 1, calls: 150, rounds: 11, aim: 0.9 },
  { callers: 64, calls: 40, rounds: 9, aim: 0.5 },
] as const;
type Crowd = (typeof CROWDS)[number];

/** Turns that a conversation has had: how cost grows with it is another question. */
const BEGUN = 5;

/** What a whole turn costs, beside what an application does by hand. */
export const checkpoint: Question = {
  name: "checkpoint",
  title: "What does a whole turn cost (state, messages, thread), beside a bare transaction that writes the same?",
  async ask(servers, told): Promise<Answer> {
    const { pool, schema } = servers.database;
    await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
    await checkpointer.setup();
    const said = conversation(BEGUN + 1 + Math.max(...CROWDS.map(({ calls }) => calls)));
    const putBare = await bareTransactions(servers);
    const figures: Figure[] = [];
    const rows: Row[] = [];
    for (const crowd of CROWDS) {
      told(`${crowd.callers} callers`);
      const sides = {
        "bare transaction": (round: number) => bareRound(crowd, round, said, putBare),
        checkpoint: (round: number) => ourRound(crowd, round, said, checkpointer),
      };
      for (const side of Object.values(sides)) await side(-1);
      const measured = await sideBySide(crowd.rounds, sides);
      figures.push({
        what: `checkpoint ÷ the bare transaction, p50, ${crowd.callers} callers`,
        value: measured.checkpoint.p50Ms / measured["bare transaction"].p50Ms,
        aim: { atMost: crowd.aim },
      });
      rows.push(...rowsOf(measured, crowd.callers));
    }
    return {
      figures,
      charts: [{ name: "", unit: "ms for a whole turn (median)", axis: "callers at once", rows }],
      missing: [],
    };
  },
};

async function ourRound(
  { callers, calls }: Crowd,
  round: number,
  said: readonly Turn[],
  checkpointer: PgCheckpointer,
): Promise<Measured> {
  const configOf = (caller: number) => ({
    threadId: `turn-${callers}-${round}-${caller}`,
    userId: `user-${caller % 8}`,
  });
  const states: AgentState[] = await Promise.all(
    Array.from({ length: callers }, (_, caller) => checkpointer.putState(configOf(caller), stateAfter(BEGUN))),
  );
  return await load(callers, calls, async (caller, call) => {
    const [state, turn] = [states[caller] ?? createState(), BEGUN + 1 + call];
    const messages = said[turn] as Turn; // one for each call
    takeTurn(state, turn, messages);
    const thread = { threadName: "Reservation", metadata: { turn } };
    const written = await checkpointer.checkpoint(configOf(caller), { state, messages, thread });
    states[caller] = written.state ?? state;
  });
}

type PutBare = (threadId: string, turn: number, messages: Turn) => Promise<void>;

async function bareRound(
  { callers, calls }: Crowd,
  round: number,
  said: readonly Turn[],
  put: PutBare,
): Promise<Measured> {
  return await load(callers, calls, (caller, call) => {
    const turn = BEGUN + 1 + call;
    return put(`bare-${callers}-${round}-${caller}`, turn, said[turn] as Turn); // one for each call
  });
}

/** What an application does by hand, in five round trips: begin, thread, state, messages, commit. */
async function bareTransactions({ database }: BenchServers): Promise<PutBare> {
  const { pool, schema } = database;
  await pool.query(
    `create table ${schema}.bare_states (thread_id text primary key, state json not null, updated_at timestamptz not null);
     create table ${schema}.bare_threads (thread_id text primary key, name text, metadata jsonb, updated_at timestamptz not null);
     create table ${schema}.bare_messages (thread_id text, message_id text, role text, body json, created_at timestamptz,
       primary key (thread_id, message_id))`,
  );
  const thread = {
    name: "bare-thread",
    text: `insert into ${schema}.bare_threads (thread_id, name, metadata, updated_at) values ($1, $2, $3, now())
      on conflict (thread_id) do update set name = excluded.name, metadata = excluded.metadata, updated_at = excluded.updated_at`,
  };
  const state = {
    name: "bare-state",
    text: `insert into ${schema}.bare_states (thread_id, state, updated_at) values ($1, $2, now())
      on conflict (thread_id) do update set state = excluded.state, updated_at = excluded.updated_at`,
  };
  const messages = {
    name: "bare-messages",
    text: `insert into ${schema}.bare_messages (thread_id, message_id, role, body, created_at)
      values ($1, $2, $3, $4, now()), ($1, $5, $6, $7, now())
      on conflict (thread_id, message_id) do update set role = excluded.role, body = excluded.body`,
  };
  return async (threadId, turn, said) => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query({ ...thread, values: [threadId, "Reservation", JSON.stringify({ turn })] });
      await client.query({ ...state, values: [threadId, payloadOf(turn, said)] });
      const rows = said.flatMap((message) => [message.messageId, message.role, JSON.stringify(message)]);
      await client.query({ ...messages, values: [threadId, ...rows] });
      await client.query("commit");
    } finally {
      client.release();
    }
  };
}
