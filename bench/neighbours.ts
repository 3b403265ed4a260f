/**
 * 64 callers share statements, and 1 in 10 misbehaves: every turn of theirs is refused, or holds a value that PostgreSQL rejects. Do the
 * others notice?
 * Run: npx tsx bench/neighbours.ts
 */
import { type AgentState, ConflictError, Message, PgCheckpointer, ValidationError, versionOf } from "../src/index.ts";
import { openDatabase } from "./database.ts";
import { load, report, sideBySide } from "./measure.ts";
import { conversation, stateAfter, takeTurn } from "./turns.ts";

const CALLERS = 64;
const CALLS = 40;
const ROUNDS = 5;

await using database = await openDatabase();
const { pool, schema } = database;
await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
await checkpointer.setup();
// A rule of the database's own, which no library can know beforehand.
await pool.query(
  `alter table ${schema}.agent_messages add constraint no_curses check (search_text not like '%poison%')`,
);

const said = conversation(CALLS + 10);
const poison = Message.text("poison", { messageId: "poison" });
let begun = 0;
let states: AgentState[] = [];
const counts = { refused: 0, rejected: 0, stored: 0 };
const configOf = (caller: number) => ({ threadId: `thread-${begun}-${caller}`, userId: "alice" });

async function begin(): Promise<void> {
  begun++;
  states = await Promise.all(
    Array.from({ length: CALLERS }, (_, caller) => checkpointer.putState(configOf(caller), stateAfter(5))),
  );
}

async function behave(caller: number, call: number): Promise<void> {
  const state = states[caller] as AgentState; // begin() made one for every caller
  takeTurn(state, 6 + call, said[call]);
  const written = await checkpointer.checkpoint(configOf(caller), { state, messages: said[call] ?? [] });
  states[caller] = written.state ?? state;
  counts.stored++;
}

/** In turns: a base that is no longer the head, and a message that the database rejects. */
async function misbehave(caller: number, call: number): Promise<void> {
  const isRefused = call % 2 === 0;
  try {
    const stale = { ...(states[caller] as AgentState) };
    if (isRefused)
      await checkpointer.checkpoint(
        configOf(caller),
        { state: stale, messages: [said[0]?.[0] ?? poison] },
        { ifVersion: 99 },
      );
    else await checkpointer.checkpoint(configOf(caller), { state: stale, messages: [poison] });
  } catch (error) {
    if (isRefused && error instanceof ConflictError) counts.refused++;
    else if (!isRefused && error instanceof ValidationError) counts.rejected++;
    else throw error;
  }
}

async function round(isBad: (caller: number) => boolean) {
  await begin();
  return await load(CALLERS, CALLS, (caller, call) => (isBad(caller) ? misbehave(caller, call) : behave(caller, call)));
}

await round(() => false);
const result = await sideBySide(ROUNDS, {
  mixed: () => round((caller) => caller % 10 === 0),
  good: () => round(() => false),
});
console.log(`refused ${counts.refused}, rejected ${counts.rejected}, stored ${counts.stored}`);
console.log(
  `turns a second: ${result.mixed.ratePerSecond.toFixed(0)} with 1 in 10 misbehaving, ${result.good.ratePerSecond.toFixed(0)} without`,
);

// The last round was one without; this one is looked at.
await round((caller) => caller % 10 === 0);
let noticed = 0;
for (let caller = 0; caller < CALLERS; caller++) {
  const state = await checkpointer.getState(configOf(caller));
  const messages = await checkpointer.listMessages(configOf(caller));
  const turns = caller % 10 === 0 ? 0 : CALLS;
  const isRight =
    state !== null &&
    versionOf(state) === turns + 1 &&
    state.context.length === 10 + 2 * turns &&
    messages.length === 2 * turns;
  if (!isRight) noticed++;
}
report("threads that are not exactly as their caller left them", noticed, { atMost: 0 });
report(
  "turns that should have failed and were stored, or failed otherwise",
  Math.abs(counts.refused - counts.rejected),
  { atMost: 0 },
);
