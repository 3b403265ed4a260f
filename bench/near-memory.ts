/**
 * Does a process that sees 10,000 threads of 100 messages through a near cache of 1,000 stay small? Prints its resident memory as it goes.
 * Run: npx tsx --expose-gc bench/near-memory.ts
 */
import { PgCheckpointer } from "../src/index.ts";
import { openCache } from "./cache.ts";
import { openDatabase } from "./database.ts";
import { median, report } from "./measure.ts";
import { stateAfter } from "./turns.ts";

const THREADS = 10_000;
const STEP = 500;

await using database = await openDatabase();
await using cache = await openCache();
const { pool, schema } = database;
await using checkpointer = new PgCheckpointer({
  pgPool: pool,
  schema,
  redisUrl: cache.url,
  keyPrefix: cache.keyPrefix,
  maxCachedThreads: 1_000,
});
await checkpointer.setup();
const curve: number[] = [];
for (let thread = 1; thread <= THREADS; thread++) {
  const config = { threadId: `thread-${thread}`, userId: "alice" };
  await checkpointer.putState(config, stateAfter(50));
  await checkpointer.getStateCache(config);
  if (thread % STEP !== 0) continue;
  globalThis.gc?.();
  const bytes = process.memoryUsage().rss;
  curve.push(bytes);
  const mebibytes = Math.round(bytes / 1_048_576);
  console.log(
    `${String(thread).padStart(6)} threads ${String(mebibytes).padStart(5)} MiB ${"█".repeat(Math.round(mebibytes / 10))}`,
  );
}
// The cache is full after 1,000 threads; from 2,000 on, nothing should grow.
const settled = curve.slice(2_000 / STEP, 5_000 / STEP);
const end = curve.slice(-4);
report("resident memory at the end ÷ at 2,000 to 5,000 threads", median(end) / median(settled), { atMost: 1.1 });
