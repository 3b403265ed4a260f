import { describe, expect, test } from "vitest";
import { portraitOf } from "../../../src/conformance/portrait.ts";
import { migrations } from "../../../src/generated/sql.ts";
import { ConflictError, createState, Message, versionOf } from "../../../src/index.ts";
import { Database, type Checkpointer } from "./database.ts";
import { fillTables, makeTables } from "./older-tables.ts";

// Whatever version the tables are at: setup() brings them up to date, and nothing in them is lost or reads otherwise than before.

const database = new Database(import.meta.url);
const planner = { threadId: "t", userId: "ü", namespace: "plan 'ner" };

/** The value under `note` of the rows, as it was given once. */
function note(): Record<string, unknown> {
  const fields = { when: new Date(7), map: new Map([["k", 1n]]), $: "mine", text: "\0 \uD83D", u: undefined, z: -0 };
  return Object.defineProperty(fields, "__proto__", {
    value: { lc: 1 },
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

const said = {
  timestamp: 1000,
  role: "user",
  messageId: "m 1",
  content: [{ type: "text", text: "hi \0 \uD83D" }],
} as const;

describe.each(migrations.map(({ version }) => version))("tables at version %d", (version) => {
  const tablePrefix = `v${version}_`;

  test("are brought up to date with all that is in them", async () => {
    await makeTables(database, tablePrefix, version);
    await fillTables(database, tablePrefix);
    const checkpointer = database.open({ tablePrefix });
    await checkpointer.setup();
    await expectStates(checkpointer);
    await expectMessages(checkpointer);
    await expectThreads(checkpointer);
    await goOn(checkpointer);
    const made = database.open({ tablePrefix: `${tablePrefix}new_` });
    await made.setup();
    const columns = await columnsOf(tablePrefix);
    expect(columns).toEqual(await columnsOf(`${tablePrefix}new_`));
    expect(columns).toContainEqual(expect.objectContaining({ name: "messages", column_name: "body" }));
  });
});

/** All columns of the tables, by what the tables are called without their prefix. */
async function columnsOf(tablePrefix: string): Promise<unknown> {
  const tables = ["threads", "states", "messages", "tombstones"];
  return await database.rows(
    `select name, column_name, data_type, collation_name, is_nullable, column_default
     from unnest($3::text[]) as name
     join information_schema.columns on table_schema = $1 and table_name = $2 || name order by 1, 2`,
    [database.schema, tablePrefix, tables],
  );
}

async function expectStates(checkpointer: Checkpointer): Promise<void> {
  const first = await checkpointer.getState(planner, { version: 1 });
  expect(portraitOf(first?.note)).toBe(portraitOf(note()));
  const head = await checkpointer.getState(planner);
  expect({ ...head }).toMatchObject(createState({ contextSummary: "S", context: [said] }));
  expect(Object.keys(head ?? {}).toSorted()).toEqual(["context", "contextSummary", "executionMeta"]);
  expect(versionOf(head ?? {})).toBe(2);
  expect((await checkpointer.listStates(planner)).map((info) => [info.version, info.metadata])).toEqual([
    [2, { step: 1n }],
    [1, {}],
  ]);
  expect(await checkpointer.getState({ ...planner, namespace: "done" })).toBeNull();
  expect(versionOf((await checkpointer.getState({ threadId: "nobody's" })) ?? {})).toBe(1);
  expect(await checkpointer.getState({ ...planner, userId: "somebody" })).toBeNull();
}

async function expectMessages(checkpointer: Checkpointer): Promise<void> {
  const [first, second, ...more] = await checkpointer.listMessages(planner);
  const content = [{ type: "text", text: "hi \0 \uD83D ﬁ" }];
  expect(first).toEqual({ ...said, content, metadata: { $: [1n] } });
  expect(second).toEqual({ role: "tool", messageId: `Ä'"`, content: [] });
  expect(more).toEqual([]);
  expect((await checkpointer.listMessages(planner, { search: "\0 \uD83D FI" })).length).toBe(1);
  expect(await checkpointer.getMessage(planner, `Ä'"`)).toEqual(second);
}

async function expectThreads(checkpointer: Checkpointer): Promise<void> {
  const metadata = { d: new Date(9), k: "\0", list: [1, { a: "b" }] };
  const thread = {
    threadId: "t",
    userId: "ü",
    threadName: "ÄÖ ﬁ",
    metadata,
    runId: "run",
    createdAt: new Date("2001-01-01T00:00:00.001Z"),
    updatedAt: new Date("2002-01-01T00:00:00.002Z"),
  };
  expect(await checkpointer.getThread(planner)).toEqual(thread);
  expect(await checkpointer.listThreads({ userId: "ü" }, { metadata: { d: new Date(9) }, search: "äÖ" })).toEqual([
    thread,
  ]);
  expect(await checkpointer.listThreads({}, { search: "\uFFFD\n" })).toEqual([]);
  expect((await checkpointer.listThreads({})).map(({ threadId }) => threadId)).toEqual(["t", "nobody's"]);
  expect(await checkpointer.getThread({ threadId: "gone" })).toBeNull();
}

/** What was written before is a base for what is written now. */
async function goOn(checkpointer: Checkpointer): Promise<void> {
  const state = await checkpointer.getState(planner);
  if (state === null) throw new Error("the state is gone");
  const turn = { state: { ...state, note: "next" }, messages: [Message.text("three", { messageId: "three" })] };
  const written = await checkpointer.checkpoint(planner, turn);
  expect(versionOf(written.state ?? {})).toBe(3);
  await expect(checkpointer.putState(planner, { ...state, note: "late" })).rejects.toThrow(ConflictError);
  expect((await checkpointer.listMessages(planner)).map(({ messageId }) => messageId)).toEqual(["m 1", `Ä'"`, "three"]);
  await checkpointer.forkThread(planner, { threadId: "copy", userId: "ü" });
  expect((await checkpointer.getState({ ...planner, threadId: "copy" }))?.note).toBe("next");
  await checkpointer.deleteThread(planner);
  expect(await checkpointer.listMessages(planner)).toEqual([]);
}
