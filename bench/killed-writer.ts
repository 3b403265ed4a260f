/**
 * A writer is killed (-9) right after its commit, again and again, while another process reads through the cache. How often does it miss
 * the commit?
 * Run: npx tsx bench/killed-writer.ts [TIMES]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PgCheckpointer, versionOf } from "../src/index.ts";
import { openCache } from "./cache.ts";
import { openDatabase } from "./database.ts";
import { report } from "./measure.ts";
import { stateAfter } from "./turns.ts";

const TIMES = Number(process.argv[2] ?? 1_000);
/** Writers that are ready and wait, so that starting them costs no time between two kills. */
const READY = 4;

await using database = await openDatabase();
await using cache = await openCache();
const { pool, schema, url } = database;
await using reader = new PgCheckpointer({ pgPool: pool, schema, redisUrl: cache.url, keyPrefix: cache.keyPrefix });
await reader.setup();
const config = { threadId: "killed", userId: "alice" };
await reader.putState(config, stateAfter(5));
const program = fileURLToPath(new URL("killed-writer-process.ts", import.meta.url));

interface Writer {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

async function startWriter(): Promise<Writer> {
  const child = spawn(process.execPath, ["--import", "tsx", program, url, schema, cache.url, cache.keyPrefix], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return { child, lines };
}

/** Lets it write, and kills it in the moment in which it says that the database has committed. */
async function writeAndDie({ child, lines }: Writer): Promise<number> {
  child.stdin?.write("go\n");
  const { value } = (await lines.next()) as { value: string };
  child.kill("SIGKILL");
  await once(child, "exit");
  return Number(value);
}

const ready = Array.from({ length: READY }, startWriter);
let missed = 0;
let told = Date.now();
for (let time = 1; time <= TIMES; time++) {
  const writer = await (ready.shift() ?? startWriter());
  ready.push(startWriter());
  // The reader holds the head, found right a moment ago.
  await reader.getStateCache(config);
  const version = await writeAndDie(writer);
  const read = await reader.getStateCache(config);
  if ((read === null ? 0 : (versionOf(read) ?? 0)) < version) missed++;
  if (Date.now() - told > 10_000) {
    told = Date.now();
    console.log(`${time} of ${TIMES} killed, ${missed} commits missed`);
  }
}
for (const writer of await Promise.all(ready)) writer.child.kill("SIGKILL");
console.log(`${TIMES} writers killed right after their commit`);
report("cached reads by another process that missed the commit", missed, { atMost: 0 });
