import { describe, expect, expectTypeOf, test } from "vitest";
import { createState, type IdKind, type IdOf, Message, PgCheckpointer, type ThreadInfo } from "../../../src/index.ts";
import { Database } from "./database.ts";

const database = new Database(import.meta.url);

const kinds = ["string", "int", "bigint"] as const;
const columnTypes = { string: "text", int: "integer", bigint: "bigint" } as const;
const samples = {
  string: ["01999999-0000-7000-8000-000000000000", "Ä 'quoted'", "x".repeat(512)],
  int: [0, -(2 ** 31) + 1, 2 ** 31 - 1],
  bigint: [0n, 2n ** 53n + 1n, -(2n ** 63n) + 1n],
} as const;

const pairs = kinds.flatMap((idType) => kinds.map((userIdType) => [idType, userIdType] as const));

function open<T extends IdKind, U extends IdKind>(idType: T, userIdType: U): PgCheckpointer<{ n?: number }, T, U> {
  const tablePrefix = `${idType}_${userIdType}_`;
  return new PgCheckpointer({ postgresDsn: database.url, schema: database.schema, tablePrefix, idType, userIdType });
}

describe.each(pairs)("idType %s with userIdType %s", (idType, userIdType) => {
  test("has columns of the right types in every table, and no sequences on them", async () => {
    await using checkpointer = open(idType, userIdType);
    await checkpointer.setup();
    const columns = await database.rows(
      `select table_name, column_name, data_type, column_default, is_identity from information_schema.columns
       where table_schema = $1 and table_name like $2 and column_name in ('thread_id', 'user_id') order by 1, 2`,
      [database.schema, `${idType}\\_${userIdType}\\_%`],
    );
    const column = (table: string, name: string, kind: IdKind): unknown => ({
      table_name: `${idType}_${userIdType}_${table}`,
      column_name: name,
      data_type: columnTypes[kind],
      column_default: null,
      is_identity: "NO",
    });
    expect(columns).toEqual([
      column("messages", "thread_id", idType),
      column("messages", "user_id", userIdType),
      column("states", "thread_id", idType),
      column("states", "user_id", userIdType),
      column("threads", "thread_id", idType),
      column("threads", "user_id", userIdType),
      column("tombstones", "thread_id", idType),
    ]);
  });

  test("answers ids as they were given, in type and value", async () => {
    await using checkpointer = open<IdKind, IdKind>(idType, userIdType);
    await checkpointer.setup();
    for (const [index, threadId] of samples[idType].entries()) {
      const config = { threadId, userId: samples[userIdType][index] ?? "" };
      await checkpointer.checkpoint(config, { state: createState({ n: index }), messages: [Message.text("x")] });
      const [listed] = await checkpointer.listThreads({ userId: config.userId });
      for (const thread of [listed, await checkpointer.getThread(config)]) {
        expect([thread?.threadId, thread?.userId]).toStrictEqual([config.threadId, config.userId]);
      }
      expect((await checkpointer.getState(config))?.n).toBe(index);
    }
    expect((await checkpointer.listThreads()).map(({ threadId }) => threadId)).toStrictEqual(
      samples[idType].toReversed(),
    );
    const after = await checkpointer.listThreads({}, { after: samples[idType][1] });
    expect(after.map(({ threadId }) => threadId)).toStrictEqual([samples[idType][0]]);
  });
});

test("neighbours beyond 2^53, which no number can tell apart, are two threads of two users", async () => {
  await using checkpointer = open("bigint", "bigint");
  await checkpointer.setup();
  const [one, other] = [2n ** 60n + 1n, 2n ** 60n + 2n];
  expect(Number(one)).toBe(Number(other));
  await checkpointer.putState({ threadId: one, userId: other }, createState({ n: 1 }));
  await checkpointer.putState({ threadId: other, userId: one }, createState({ n: 2 }));
  expect((await checkpointer.getState({ threadId: one, userId: other }))?.n).toBe(1);
  expect((await checkpointer.getState({ threadId: other, userId: one }))?.n).toBe(2);
  expect(await checkpointer.getState({ threadId: one, userId: one })).toBeNull();
  const [thread] = await checkpointer.listThreads({ userId: one });
  expectTypeOf(thread).toEqualTypeOf<ThreadInfo<IdOf<"bigint">, IdOf<"bigint">> | undefined>();
  expect([thread?.threadId, thread?.userId]).toStrictEqual([other, one]);
  // At once, they travel as arrays.
  const many = Array.from({ length: 50 }, (_, index) => ({ threadId: one + BigInt(index), userId: one }));
  await Promise.all(many.slice(5).map((config) => checkpointer.putState(config, createState({ n: 7 }))));
  expect((await checkpointer.getState({ threadId: one + 49n, userId: one }))?.n).toBe(7);
});

test("integer thread ids are listed in the order of numbers, not of their digits", async () => {
  await using checkpointer = open("int", "int");
  await checkpointer.setup();
  const updatedAt = new Date(0);
  for (const threadId of [9, 10, -1, 100]) await checkpointer.putThread({ threadId, userId: 99 }, { updatedAt });
  const listed = await checkpointer.listThreads({ userId: 99 });
  expect(listed.map(({ threadId }) => threadId)).toEqual([100, 10, 9, -1]);
});
