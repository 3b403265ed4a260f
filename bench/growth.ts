/**
 * Does a turn cost what the turn weighs? Median `putState` of a turn of two messages in threads of 10 to 10,000 messages, and what
 * the whole history of a conversation of 1,000 turns takes in PostgreSQL.
 * Run: npx tsx bench/growth.ts
 */
import { type AgentState, PgCheckpointer, type ThreadConfig } from "../src/index.ts";
import { openDatabase } from "./database.ts";
import { median, report, timed } from "./measure.ts";
import { conversation, stateAfter, takeTurn } from "./turns.ts";

const SIZES = [10, 100, 1_000, 10_000];
const ROUNDS = 60;
const TURNS_A_ROUND = 5;
/** Threads of fewer messages than this are begun anew each round, so that a thread of 10 messages stays one; longer ones go on. */
const BEGUN_ANEW_BELOW = 1_000;

await using database = await openDatabase();
const { pool, schema } = database;
await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
await checkpointer.setup();
const said = conversation(6_000);

interface Thread {
  readonly config: ThreadConfig;
  state: AgentState;
  turn: number;
}

async function begin(size: number, name: string): Promise<Thread> {
  const config = { threadId: `${name}-${size}`, userId: "alice" };
  return { config, state: await checkpointer.putState(config, stateAfter(size / 2)), turn: size / 2 };
}

async function putTurn(thread: Thread): Promise<void> {
  thread.turn++;
  takeTurn(thread.state, thread.turn, said[thread.turn]);
  thread.state = await checkpointer.putState(thread.config, thread.state);
}

const latencies = new Map<number, number[]>(SIZES.map((size) => [size, []]));
const threads = new Map<number, Thread>();
for (let round = -5; round < ROUNDS; round++) {
  // The sizes take turns, so that whatever else the machine does befalls all alike.
  for (const size of SIZES) {
    const thread = (size < BEGUN_ANEW_BELOW ? undefined : threads.get(size)) ?? (await begin(size, `round${round}`));
    threads.set(size, thread);
    await putTurn(thread);
    for (let turn = 0; turn < TURNS_A_ROUND; turn++) {
      const ms = await timed(() => putTurn(thread));
      if (round >= 0) latencies.get(size)?.push(ms);
    }
  }
}
const medians = SIZES.map((size) => median(latencies.get(size) ?? []));
for (const [index, size] of SIZES.entries())
  console.log(`putState at ${size} messages: ${medians[index]?.toFixed(3)} ms`);
report("putState at 10,000 messages ÷ at 10", (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN), {
  atMost: 1.3,
});

await pool.query(`create schema ${schema}_size`);
await using sized = new PgCheckpointer({ pgPool: pool, schema: `${schema}_size` });
await sized.setup();
const config = { threadId: "long", userId: "alice" };
let state = await sized.putState(config, stateAfter(1));
for (let turn = 2; turn <= 1_000; turn++) {
  takeTurn(state, turn, said[turn]);
  state = await sized.putState(config, state);
}
const messageBytes = state.context.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)), 0);
const { stateBytes } = await sized.stats({ threadId: "long" });
const table = await pool.query<{ bytes: string }>(
  `select pg_total_relation_size('${schema}_size.agent_states') as bytes`,
);
const tableBytes = Number(table.rows[0]?.bytes);
console.log(
  `1,000 turns: messages ${messageBytes} bytes of JSON, log ${stateBytes} bytes, table with its index ${tableBytes} bytes`,
);
report("bytes of the log of 1,000 turns ÷ bytes of its messages", stateBytes / messageBytes, { atMost: 1.5 });
report("bytes of the table on disk, index included ÷ bytes of its messages", tableBytes / messageBytes, {
  atMost: 1.5,
});
await pool.query(`drop schema ${schema}_size cascade`);
