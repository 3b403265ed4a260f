/** A worker that acquires a run and writes under it whenever it is told to, saying what came of it. Started by run-leases.test.ts. */
import { createInterface } from "node:readline";
import { CheckpointerError, createState, PgCheckpointer } from "../../../src/index.ts";

const [postgresDsn, schema, threadId = ""] = process.argv.slice(2);
const checkpointer = new PgCheckpointer<{ note?: unknown }>({ postgresDsn, schema });
const lease = await checkpointer.acquireRun({ threadId }, { ttlMs: 1_000 });
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say("acquired");
for await (const note of createInterface(process.stdin)) {
  try {
    await checkpointer.putState(lease.config, createState({ note }));
    say("written");
  } catch (error) {
    say(error instanceof CheckpointerError ? error.code : "another error");
  }
}
