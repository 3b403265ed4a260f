/** A process that works on many threads at once and records what it is answered, until it is killed or its input ends. Started by workers.ts. */
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type HotEvent, PgCheckpointer } from "../../src/index.ts";
import { seededRandom } from "../../src/conformance/seeded-random.ts";
import { RecordFile, nowMs } from "./record-file.ts";
import type { WorkerSettings } from "./worker-settings.ts";
import { Workload, type Fields } from "./workload.ts";

const settings = JSON.parse(process.argv[2] ?? "") as WorkerSettings;
const records = new RecordFile(settings.recordPath);
for (const event of ["rollback", "draftConflict", "damaged", "failure", "flushFailure"]) {
  subscribe(`agenity:hot:${event}`, (message) => {
    const { threadId = "", error = "" } = message as HotEvent;
    records.event({
      process: settings.name,
      event: error === "" ? event : `${event} ${error}`,
      thread: threadId,
      atMs: nowMs(),
    });
  });
}

const checkpointer = new PgCheckpointer<Fields>({
  postgresDsn: settings.postgresDsn,
  schema: settings.schema,
  ...(settings.redisUrl === null ? {} : { redisUrl: settings.redisUrl, keyPrefix: settings.keyPrefix }),
  durability: settings.durability,
  maxStalenessMs: settings.maxStalenessMs,
});

const end = new AbortController();
const over = once(process.stdin.resume(), "end").then(() => end.abort());

async function setUp(): Promise<void> {
  while (!end.signal.aborted) {
    try {
      await checkpointer.setup();
      return;
    } catch {
      // The database may be away just now.
    }
  }
}

await setUp();
process.stdout.write("ready\n");
const workload = new Workload(checkpointer, settings, records);
const random = seededRandom(settings.seed);
const lanes = Array.from({ length: settings.lanes }, async () => {
  const draw = seededRandom(random(2 ** 31));
  while (!end.signal.aborted) await workload.step(draw);
});
await Promise.all([over, ...lanes]);
await checkpointer.release();
