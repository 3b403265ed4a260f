/**
 * Recorded conversations, one version a turn, read back at every version on every store by a checkpointer that has never seen them.
 * Run: npx tsx bench/round-trip.ts [FILE.jsonl]
 */
import { existsSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { type BaseCheckpointer, InMemoryCheckpointer, MemoryColdStore, PgCheckpointer } from "../src/index.ts";
import { readRecordings, recordedFile, roundTrip } from "../test/integration/round-trip.ts";
import { openDatabase } from "./database.ts";

/** How often progress is told, in conversations. */
const STEP = 20;

const file = process.argv[2] ?? recordedFile;
if (!existsSync(file)) {
  console.log(`${file} is not here; name a file of recorded conversations`);
  process.exit(2);
}
const recordings = await readRecordings(file);

await using database = await openDatabase();
const store = new MemoryColdStore();
const pglite = new PGlite();
const stores: Readonly<Record<string, () => BaseCheckpointer>> = {
  memory: () => new InMemoryCheckpointer({ store }),
  PostgreSQL: () => new PgCheckpointer({ pgPool: database.pool, schema: database.schema }),
  PGlite: () => new PgCheckpointer({ pgPool: pglite }),
};

for (const [name, open] of Object.entries(stores)) {
  await using writer = open();
  await using reader = open();
  await writer.setup();
  const total = { conversations: 0, versions: 0, differences: 0 };
  const counts = (): string =>
    `${total.conversations} conversations, ${total.versions} versions, ${total.differences} differences`;
  for (const recording of recordings) {
    const { versions, differences } = await roundTrip(recording, writer, reader);
    total.conversations++;
    total.versions += versions;
    total.differences += differences;
    if (total.conversations % STEP === 0) console.log(`      ${name}: ${counts()} …`);
  }
  const isGood = total.differences === 0 && total.versions > 0;
  console.log(`${isGood ? "ok  " : "MISS"}  ${name}: ${counts()}`);
  if (!isGood) process.exitCode = 1;
}
await pglite.close();
