/**
 * One caller: what do `putState` and `getState` of a turn cost behind policies, beside the same without them?
 * Run: npx tsx bench/row-level-security.ts
 */
import pg from "pg";
import { PgCheckpointer, type ThreadConfig } from "../src/index.ts";
import { makePlainUser } from "../test/servers/plain-user.ts";
import { openDatabase } from "./database.ts";
import { load, type Measured, report, sideBySide } from "./measure.ts";
import { conversation, stateAfter, takeTurn } from "./turns.ts";

const ROUNDS = 15;
const CALLS = 200;

await using database = await openDatabase();
const schema = `${database.schema}_walled`;
// The same user on both sides: superusers are free of policies.
const user = await makePlainUser(database.url, schema);
const pool = new pg.Pool({ connectionString: user.url, max: 10 });
const messages = conversation(CALLS + 10);

class Side {
  readonly #checkpointer: PgCheckpointer;

  constructor(rowLevelSecurity: boolean) {
    // Nothing is kept in the process, so that a read reads.
    const options = { tablePrefix: `${rowLevelSecurity}_`, rowLevelSecurity, maxCachedThreads: 1 };
    this.#checkpointer = new PgCheckpointer({ pgPool: pool, schema, ...options });
  }

  async setup(): Promise<void> {
    await this.#checkpointer.setup();
  }

  /** A thread of its own each round: how cost grows with the conversation is growth.ts's question. */
  async put(round: number): Promise<Measured> {
    const config = { threadId: `round-${round}`, userId: "alice" };
    let state = await this.#checkpointer.putState(config, stateAfter(5));
    return await load(1, CALLS, async (_, turn) => {
      takeTurn(state, turn, messages[turn]);
      state = await this.#checkpointer.putState(config, state);
    });
  }

  /** Two threads in turn, because the last one read is kept. */
  async get(round: number): Promise<Measured> {
    const configs: ThreadConfig[] = [0, 1].map((each) => ({ threadId: `read-${round}-${each}`, userId: "alice" }));
    for (const config of configs) await this.#checkpointer.putState(config, stateAfter(5));
    return await load(1, CALLS, (_, turn) => this.#checkpointer.getState(configs[turn % 2] as ThreadConfig)); // one of two
  }
}

const [walled, open] = [new Side(true), new Side(false)];
await Promise.all([walled.setup(), open.setup()]);
for (const side of [walled, open]) {
  await side.put(-1);
  await side.get(-1);
}
const put = await sideBySide(ROUNDS, { walled: (round) => walled.put(round), open: (round) => open.put(round) });
const get = await sideBySide(ROUNDS, { walled: (round) => walled.get(round), open: (round) => open.get(round) });
console.log(`putState p50 ${put.walled.p50Ms.toFixed(3)} ms, without ${put.open.p50Ms.toFixed(3)} ms`);
console.log(`getState p50 ${get.walled.p50Ms.toFixed(3)} ms, without ${get.open.p50Ms.toFixed(3)} ms`);
report("putState behind policies ÷ without", put.walled.p50Ms / put.open.p50Ms, { atMost: 1.05 });
report("getState behind policies ÷ without", get.walled.p50Ms / get.open.p50Ms, { atMost: 1.05 });
await pool.end();
await user.drop();
