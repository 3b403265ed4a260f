/**
 * Recorded conversations, one version a turn, read back at every version on every store by a checkpointer that has never seen them.
 * Run: npx tsx bench/round-trip.ts [FILE.jsonl]
 */
import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { fromOpenAiChat } from "../src/cli/openai-chat.ts";
import { turnsOf } from "../src/cli/turns.ts";
import { type BaseCheckpointer, createState, InMemoryCheckpointer, MemoryColdStore, type Message, PgCheckpointer } from "../src/index.ts";
import { PGlite } from "@electric-sql/pglite";
import { openDatabase } from "./database.ts";

const file = process.argv[2] ?? "../shared/data/airline-conversations.jsonl";
if (!existsSync(file)) {
  console.log(`${file} is not here; name a file of recorded conversations`);
  process.exit(2);
}

const conversations = new Map<string, readonly Message[]>();
for await (const line of createInterface({ input: createReadStream(file) })) {
  const { id, messages } = JSON.parse(line) as { id: string; messages: unknown[] };
  conversations.set(id, fromOpenAiChat(messages));
}

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
  let versions = 0;
  let wrong = 0;
  for (const [id, messages] of conversations) {
    const config = { threadId: id, userId: "airline" };
    const expected = await write(writer, config, messages);
    for (const [index, state] of expected.entries()) {
      const read = await reader.getState(config, { version: index + 1 });
      versions++;
      if (!isDeepStrictEqual(plain(read), plain(state))) wrong++;
    }
    if (!isDeepStrictEqual(plain(await reader.getState(config)), plain(expected.at(-1) ?? null))) wrong++;
  }
  console.log(`${wrong === 0 ? "ok  " : "MISS"}  ${name}: ${conversations.size} conversations, ${versions} versions, ${wrong} of them not deep-equal`);
  if (wrong > 0 || versions === 0) process.exitCode = 1;
}
await pglite.close();

/** Writes a conversation turn by turn and answers what each version held, from copies made before it was written. */
async function write(writer: BaseCheckpointer, config: { threadId: string; userId: string }, messages: readonly Message[]) {
  let state = createState();
  const expected: object[] = [];
  for (const [step, turn] of turnsOf(messages).entries()) {
    state.context.push(...turn);
    state.executionMeta = { step: step + 1, status: "running" };
    expected.push(structuredClone(plain(state)));
    state = await writer.putState(config, state);
  }
  return expected;
}

/** A state without its version, which is compared elsewhere. */
function plain(state: object | null): object {
  return { ...Object.fromEntries(Object.entries(state ?? { nothing: true })) };
}
