/**
 * PostgreSQL is restarted under a writer, again and again: how long after it takes connections does the first write succeed?
 * Run: npx tsx test/faults/recovery-time.ts [--count 30]
 */
import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { createState, PgCheckpointer, StorageUnavailableError } from "../../src/index.ts";
import { startPostgresServer } from "../servers/postgres.ts";

const { count } = new Command("recovery-time")
  .option("--count <number>", "how often it is restarted", Number, 30)
  .parse()
  .opts<{ count: number }>();

const postgres = await startPostgresServer(["fsync=off"]);
const checkpointer = new PgCheckpointer({ postgresDsn: postgres.url });
await checkpointer.setup();

const end = new AbortController();
/** When the last write began that has succeeded, and when it did. */
let succeeded = { begunMs: 0, endedMs: 0 };

async function write(): Promise<void> {
  let state = createState();
  const config = { threadId: "written", userId: "ada" };
  while (!end.signal.aborted) {
    const begunMs = performance.now();
    try {
      state = await checkpointer.putState(config, state, { onConflict: "overwrite" });
      succeeded = { begunMs, endedMs: performance.now() };
    } catch (error) {
      // A caller that goes on at once; the call has repeated itself before.
      if (!(error instanceof StorageUnavailableError)) throw error;
    }
  }
}

const writing = write();
const timesMs: number[] = [];
for (let time = 1; time <= count; time++) {
  await wait(200);
  await (time % 2 === 0 ? postgres.kill() : postgres.quit());
  await wait(100 * (time % 20)); // the longer it is away, the longer the pauses between two tries have become
  await postgres.start();
  const backMs = performance.now();
  while (succeeded.endedMs < backMs) await wait(1);
  timesMs.push(succeeded.endedMs - backMs);
}
end.abort();
await writing;
await checkpointer.release();
await postgres.stop();

timesMs.sort((one, other) => one - other);
const at = (share: number): string => (timesMs[Math.ceil(share * timesMs.length) - 1] ?? Number.NaN).toFixed(0);
console.log(
  `PostgreSQL restarted ${count} times; first write after it took connections: p50 ${at(0.5)} ms, max ${at(1)} ms`,
);
