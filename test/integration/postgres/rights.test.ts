import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { createState, InvalidConfigError, Message } from "../../../src/index.ts";
import { rejected } from "../../rejected.ts";
import { type Checkpointer, Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);

beforeAll(() => database.open().setup());

/** A checkpointer of a user with these rights on the tables, which somebody else has made. */
async function checkpointerWith(rights: readonly string[], tablePrefix?: string): Promise<Checkpointer> {
  const role = await database.role(rights);
  return database.open({ postgresDsn: database.dsn(role), ...(tablePrefix === undefined ? {} : { tablePrefix }) });
}

async function watchesOthers(checkpointer: Checkpointer, threadId: string): Promise<void> {
  const owner = database.open();
  await owner.putThread({ threadId });
  const events = checkpointer.watch({ threadId }, { pollMs: 10 });
  let isSeen = false;
  const first = events.next().finally(() => (isSeen = true));
  // Again and again: what is written before the watch has looked for the first time is no event.
  for (let state = createState(); !isSeen; await wait(10)) state = await owner.putState({ threadId }, state);
  expect((await first).value).toEqual({ type: "state", version: expect.any(Number) as number });
  await events.return();
  expect(await checkpointer.health()).toMatchObject({ database: { isAvailable: true, errorCode: null } });
}

async function contents(): Promise<unknown> {
  const names = ["threads", "states", "messages", "tombstones", "migrations"];
  return await Promise.all(names.map((name) => database.rows(`select * from {{${name}}} order by 1, 2, 3`)));
}

describe("a user with SELECT, INSERT, UPDATE and DELETE", () => {
  test("can do everything, many times at once, and setup() where the tables are there", async () => {
    const checkpointer = await checkpointerWith(["select", "insert", "update", "delete"]);
    await checkpointer.setup();
    for (const call of Object.values(everyWrite(checkpointer, "all"))) await call();
    const message = Message.text("x", { messageId: "m" });
    await checkpointer.checkpoint({ threadId: "all" }, { state: createState(), messages: [message], thread: {} });
    for (const [method, call] of Object.entries(everyRead(checkpointer, "all"))) {
      expect(await call(), method).not.toBeNull();
    }
    const threads = Array.from({ length: 40 }, (_, index) => ({ threadId: `many-${index}` }));
    for (const n of [1, 2]) {
      await Promise.all(
        threads.map((config) => checkpointer.putState(config, createState({ contextSummary: `${n}` }))),
      );
    }
    const states = await Promise.all(threads.map((config) => checkpointer.getState(config)));
    expect(states.map((state) => state?.contextSummary)).toEqual(threads.map(() => "2"));
  });

  test("watches what others write, and is healthy", async () => {
    await watchesOthers(await checkpointerWith(["select", "insert", "update", "delete"]), "watched");
  });

  test("cannot make tables, and is told that a right is missing", async () => {
    const checkpointer = await checkpointerWith(["select", "insert", "update", "delete"], "forbidden_");
    const error = await rejected(checkpointer.setup(), InvalidConfigError);
    expect(error.message).toContain("lacks a right");
    expect(await database.value("select to_regclass($1)", [`${database.schema}.forbidden_migrations`])).toBeNull();
  });
});

describe("a user with SELECT alone", () => {
  test("reads everything, and is refused every write, which leaves nothing behind", async () => {
    const owner = database.open();
    const message = Message.text("x", { messageId: "m" });
    await owner.checkpoint({ threadId: "read" }, { state: createState(), messages: [message] });
    const before = await contents();
    const reader = await checkpointerWith(["select"]);
    for (const [method, call] of Object.entries(everyRead(reader, "read"))) {
      expect(await call(), method).not.toBeNull();
    }
    for (const [method, call] of Object.entries(everyWrite(reader, "read"))) {
      const error = await rejected(call(), InvalidConfigError);
      expect([error.code, error.retryable], method).toEqual(["AGENITY_INVALID_CONFIG", false]);
    }
    expect(await contents()).toEqual(before);
  });

  test("watches what others write, and is healthy", async () => {
    await watchesOthers(await checkpointerWith(["select"]), "watched by a reader");
  });
});

describe("a user without any right", () => {
  test("is told so by every call, which does not take it for missing tables", async () => {
    const stranger = await checkpointerWith([]);
    const calls = {
      ...everyRead(stranger, "t"),
      ...everyWrite(stranger, "t"),
      setup: () => stranger.setup(),
      watch: () => stranger.watch({ threadId: "t" }).next(),
    };
    for (const [method, call] of Object.entries(calls)) {
      expect((await rejected(call(), InvalidConfigError)).message, method).toContain("lacks a right");
    }
    const health = { isAvailable: false, errorCode: "AGENITY_INVALID_CONFIG" };
    expect((await stranger.health()).database).toEqual(health);
  });
});
