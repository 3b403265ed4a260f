/**
 * Sixteen workers, each with a checkpointer of its own, add to one thread's state as fast as they can. What is the fastest way to lose nothing: reading and
 * writing with a retry of one's own, `updateState`, or the run lease, taken for each change or once for many?
 * Run: npx tsx bench/hot-thread.ts
 */
import { ConflictError, createState, PgCheckpointer } from "../src/index.ts";
import { openDatabase } from "./database.ts";
import { load, type Measured, report, sideBySide } from "./measure.ts";

const WORKERS = 16;
const CHANGES = 10;
const ROUNDS = 5;

type Counter = PgCheckpointer<{ n?: number }>;
type Config = Parameters<Counter["getState"]>[0];

await using database = await openDatabase();
const { pool, schema } = database;
const workers = Array.from({ length: WORKERS }, (): Counter => new PgCheckpointer({ pgPool: pool, schema }));
await workers[0]?.setup();
let begun = 0;
let lost = 0;

/** Every worker changes the thread so often; what is there at the end is all that they did. */
async function together(
  changesEach: number,
  change: (worker: Counter, config: Config) => Promise<unknown>,
): Promise<Measured> {
  const config = { threadId: `hot-${++begun}`, userId: "alice" };
  await workers[0]?.putState(config, createState({ n: 0 }));
  const measured = await load(WORKERS, changesEach, (worker) => change(workers[worker] as Counter, config)); // one of WORKERS
  lost += WORKERS * CHANGES - ((await workers[0]?.getState(config))?.n ?? 0);
  return measured;
}

async function add(worker: Counter, config: Config): Promise<void> {
  const state = await worker.getState(config);
  if (state === null) throw new Error("there is no state");
  state.n = (state.n ?? 0) + 1;
  await worker.putState(config, state);
}

async function addAgain(worker: Counter, config: Config): Promise<void> {
  for (;;) {
    try {
      return await add(worker, config);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

const sides = {
  retry: () => together(CHANGES, addAgain),
  update: () =>
    together(CHANGES, (worker, config) =>
      worker.updateState(config, (state) => ({ ...(state ?? createState()), n: (state?.n ?? 0) + 1 }), {
        maxAttempts: 1_000,
      }),
    ),
  leaseEach: () =>
    together(CHANGES, async (worker, config) => {
      await using lease = await worker.acquireRun(config, { waitMs: 600_000 });
      await add(worker, lease.config);
    }),
  leaseOnce: () =>
    together(1, async (worker, config) => {
      await using lease = await worker.acquireRun(config, { waitMs: 600_000 });
      for (let change = 0; change < CHANGES; change++) await add(worker, lease.config);
    }),
};
for (const side of Object.values(sides)) await side();
const seen = await sideBySide(ROUNDS, sides);
const rates = {
  retry: seen.retry.ratePerSecond,
  update: seen.update.ratePerSecond,
  leaseEach: seen.leaseEach.ratePerSecond,
  leaseOnce: seen.leaseOnce.ratePerSecond * CHANGES,
};
for (const [way, rate] of Object.entries(rates))
  console.log(`${way.padEnd(10)} ${rate.toFixed(0)} changes a second, ${(rate / rates.retry).toFixed(2)} × retry`);
report("changes that were lost", lost, { atMost: 0 });
for (const worker of workers) await worker.release();
