import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type CheckpointerError,
  createState,
  InvalidConfigError,
  Message,
  StorageUnavailableError,
  ValidationError,
  versionOf,
} from "../../../src/index.ts";
import { rejected } from "../../rejected.ts";
import { Database } from "./database.ts";
import { everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);
const config = { threadId: "t" };
type ErrorClass = new (...given: never[]) => CheckpointerError;

beforeAll(() => database.open().setup());

beforeEach(async () => {
  const checkpointer = database.open();
  await checkpointer.deleteThread(config);
  await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("x", { messageId: "m" })] });
  await checkpointer.release();
});

async function contents(): Promise<unknown> {
  const names = ["threads", "states", "messages"];
  return await Promise.all(names.map((name) => database.rows(`select * from {{${name}}} order by 1, 2, 3`)));
}

describe("what PostgreSQL raises while it writes becomes an error of ours, and nothing is written", () => {
  beforeAll(async () => {
    await database.rows(
      `create function ${database.schema}.refuse() returns trigger language plpgsql as $$
       begin
         if current_setting('agenity_test.code', true) <> '' then
           raise exception 'the row is: %', new using errcode = current_setting('agenity_test.code');
         end if;
         return new;
       end $$`,
    );
    for (const name of ["states", "messages", "threads"]) {
      await database.rows(
        `create trigger refuse after insert or update on {{${name}}} for each row execute function ${database.schema}.refuse()`,
      );
    }
  });

  const cases: readonly (readonly [code: string, what: string, ErrorClass, retryable: boolean])[] = [
    ["22P02", "a value that cannot be read", ValidationError, false],
    ["23502", "a null where none may be", ValidationError, false],
    ["23514", "a constraint of the table", ValidationError, false],
    ["25006", "a transaction that may only read", StorageUnavailableError, true],
    ["40001", "a serialization failure that does not end", StorageUnavailableError, true],
    ["40P01", "a deadlock that does not end", StorageUnavailableError, true],
    ["42501", "a right that is missing", InvalidConfigError, false],
    ["53100", "a full disk", StorageUnavailableError, true],
    ["53200", "no memory", StorageUnavailableError, true],
    ["53300", "too many connections", StorageUnavailableError, true],
    ["54000", "a limit of the program", ValidationError, false],
    ["55P03", "a lock that cannot be had", StorageUnavailableError, true],
    ["57014", "a cancelled statement", StorageUnavailableError, true],
    ["57P01", "an administrator's shutdown", StorageUnavailableError, true],
    ["58030", "an input or output error", StorageUnavailableError, false],
    ["XX000", "an internal error", StorageUnavailableError, false],
    ["P0001", "an exception of somebody's trigger", StorageUnavailableError, false],
  ];

  test.each(cases)("%s, %s", { timeout: 120_000 }, async (code, _, errorClass, retryable) => {
    const before = await contents();
    const checkpointer = database.open({ postgresDsn: database.dsn({ settings: { "agenity_test.code": code } }) });
    const state = await checkpointer.getState(config);
    const secret = "what nobody else may read";
    const calls = [
      checkpointer.putState(config, state ?? createState({ contextSummary: secret })),
      checkpointer.putMessages({ threadId: "other" }, [Message.text(secret)]),
      checkpointer.checkpoint(
        { threadId: "new" },
        { state: createState(), messages: [Message.text(secret)], thread: {} },
      ),
      checkpointer.putThread({ threadId: "named" }, { threadName: secret }),
    ];
    for (const error of await Promise.all(calls.map((call) => rejected(call, errorClass)))) {
      expect(error).toMatchObject({ retryable, cause: { code } });
      expect(error.message).not.toContain(secret);
    }
    expect(await contents()).toEqual(before);
    // Nothing of the refused state is taken for what stands.
    expect(await checkpointer.getState(config)).toEqual(state);
    await checkpointer.release();
  });

  test("deadlocks and serialization failures that end are nobody's business", async () => {
    await database.rows(`create sequence ${database.schema}.tries`);
    await database.rows(
      `create function ${database.schema}.refuse_twice() returns trigger language plpgsql as $$
       begin
         if nextval('${database.schema}.tries') % 3 <> 0 then
           raise exception 'again' using errcode = case currval('${database.schema}.tries') % 3 when 1 then '40P01' else '40001' end;
         end if;
         return new;
       end $$`,
    );
    await database.rows(
      `create trigger refuse_twice before insert on {{states}} for each row execute function ${database.schema}.refuse_twice()`,
    );
    const checkpointer = database.open();
    for (let version = 2; version <= 4; version++) {
      expect(versionOf(await checkpointer.putState(config, createState()))).toBe(version);
    }
    expect(await checkpointer.listStates(config)).toHaveLength(4);
    await database.rows("drop trigger refuse_twice on {{states}}");
  });
});

describe("what a server does to its users", () => {
  test("a read-only server reads, and refuses every write with an error that says so", async () => {
    const before = await contents();
    const settings = { default_transaction_read_only: "on" };
    const checkpointer = database.open({ postgresDsn: database.dsn({ settings }) });
    expect(versionOf((await checkpointer.getState(config)) ?? {})).toBe(1);
    for (const [method, write] of Object.entries(everyWrite(checkpointer, config.threadId))) {
      const error = await rejected(write(), StorageUnavailableError);
      expect([error.retryable, error.message], method).toEqual([true, expect.stringContaining("read-only")]);
    }
    expect(await contents()).toEqual(before);
  });

  test("no connection free: calls wait for one, and fail as retryable where none comes free", async () => {
    const role = await database.role(["select", "insert", "update", "delete"], "connection limit 1");
    const holder = database.pool({ connectionString: database.dsn(role), max: 1 });
    const held = await holder.connect();
    const checkpointer = database.open({ postgresDsn: database.dsn(role) });
    const error = await rejected(checkpointer.putState(config, createState()), StorageUnavailableError);
    expect(error).toMatchObject({ retryable: true, cause: { code: "53300" } });
    const waiting = checkpointer.putState(config, createState());
    held.release(true);
    expect(versionOf(await waiting)).toBe(2);
    await checkpointer.release();
  });

  test.each([
    ["lock_timeout", "55P03"],
    ["statement_timeout", "57014"],
  ])("a row that stays locked ends in %s, retryable, and nothing is written", async (setting, code) => {
    const before = await contents();
    const postgresDsn = database.dsn({ settings: { [setting]: "50ms" } });
    const checkpointer = database.open({ postgresDsn });
    // A slow machine may need longer than that for what is to succeed.
    const patient = database.open();
    const state = await patient.getState(config);
    const other = await database.connect();
    await other.query("begin");
    await other.query(`select from ${database.table("threads")} for update`);
    const calls = [
      checkpointer.putState(config, state ?? createState()),
      checkpointer.putMessages(config, [Message.text("x")]),
      checkpointer.deleteThread(config),
      checkpointer.deleteMessage(config, "m"),
    ];
    const outcomes = await Promise.allSettled(calls.map((call) => rejected(call, StorageUnavailableError)));
    await other.query("rollback");
    other.release();
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "fulfilled", value: { retryable: true, cause: { code } } });
    }
    expect(await contents()).toEqual(before);
    expect(versionOf(await patient.putState(config, state ?? createState()))).toBe(2);
  });

  test("connections that are ended again and again end in an error that says to try again", async () => {
    const applicationName = "agenity-test-shutdown";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    const state = await checkpointer.getState(config);
    const other = await database.connect();
    await other.query("begin");
    await other.query(`select from ${database.table("threads")} for update`);
    const call = rejected(checkpointer.putState(config, state ?? createState()), StorageUnavailableError);
    const ended = call.then(() => true);
    for (let isOver = false; !isOver;) {
      isOver = await Promise.race([ended, database.terminate(applicationName).then(() => false)]);
    }
    await other.query("rollback");
    other.release();
    expect(await call).toMatchObject({ retryable: true, message: expect.stringContaining("try again") as string });
    expect(versionOf(await checkpointer.putState(config, state ?? createState()))).toBe(2);
  });
});
