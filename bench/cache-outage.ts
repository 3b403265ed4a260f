/**
 * Redis stops in the middle of a run of mixed calls, and starts again later. How many errors do the callers see, and what does a call cost
 * while it is down, beside PostgreSQL alone?
 * Run: npx tsx bench/cache-outage.ts
 */
import { PgCheckpointer, type ThreadConfig } from "../src/index.ts";
import { startRedisServer } from "../test/servers/redis.ts";
import { openDatabase } from "./database.ts";
import { median, report, timed } from "./measure.ts";
import { conversation, stateAfter, takeTurn } from "./turns.ts";

const CALLS = 10_000;
const THREADS = 20;

await using database = await openDatabase();
const redis = await startRedisServer();
const { pool, schema } = database;
const cached = new PgCheckpointer({ pgPool: pool, schema, redisUrl: redis.url });
await using plain = new PgCheckpointer({ pgPool: pool, schema });
await cached.setup();
const said = conversation(CALLS);
let errors = 0;

async function makeThreads(checkpointer: PgCheckpointer, name: string): Promise<ThreadConfig[]> {
  const configs = Array.from({ length: THREADS }, (_, index) => ({ threadId: `${name}-${index}`, userId: "alice" }));
  for (const config of configs) await checkpointer.putState(config, stateAfter(5));
  return configs;
}

/** One call of three kinds in turn: a cached read, a turn, a linearizable read. */
async function call(checkpointer: PgCheckpointer, configs: readonly ThreadConfig[], index: number): Promise<void> {
  const config = configs[index % THREADS] as ThreadConfig; // one of THREADS
  try {
    if (index % 3 === 1) {
      await checkpointer.updateState(config, (state) => {
        if (state === null) throw new Error("there is no state");
        if (state.context.length > 100) state.context.splice(0, 50);
        takeTurn(state, index, said[index]);
      });
    } else {
      const state = index % 3 === 0 ? await checkpointer.getStateCache(config) : await checkpointer.getState(config);
      if (state === null) throw new Error("there is no state");
    }
  } catch (error) {
    errors++;
    if (errors < 5) console.log(error);
  }
}

const configs = await makeThreads(cached, "cached");
const plainConfigs = await makeThreads(plain, "plain");
const downAt = CALLS * 0.3;
const upAt = CALLS * 0.7;
const latencies = { up: [] as number[], down: [] as number[], again: [] as number[], plain: [] as number[] };
for (let index = 0; index < CALLS; index++) {
  if (index === downAt) await redis.kill();
  if (index === upAt) await redis.restart();
  const phase = index < downAt ? "up" : index < upAt ? "down" : "again";
  latencies[phase].push(await timed(() => call(cached, configs, index)));
  // In turn, so that whatever else the machine does befalls both alike.
  if (phase === "down") latencies.plain.push(await timed(() => call(plain, plainConfigs, index)));
}
const p50 = {
  up: median(latencies.up),
  down: median(latencies.down),
  again: median(latencies.again),
  plain: median(latencies.plain),
};
console.log(
  `p50: Redis up ${p50.up.toFixed(3)} ms, down ${p50.down.toFixed(3)} ms, up again ${p50.again.toFixed(3)} ms; ` +
    `PostgreSQL alone ${p50.plain.toFixed(3)} ms`,
);
const { hotLayer } = await cached.health();
console.log(
  `at the end the hot layer is ${hotLayer?.isOpen === true ? "in use" : "away"}; ${hotLayer?.failureCount} commands failed`,
);
report(`errors seen by the callers of ${CALLS} mixed calls`, errors, { atMost: 0 });
report("p50 while Redis is down ÷ p50 of PostgreSQL alone", p50.down / p50.plain, { atMost: 1.2 });
await cached.release();
await redis.stop();
