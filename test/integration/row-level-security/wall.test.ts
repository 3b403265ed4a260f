import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createState, InvalidConfigError, Message, PgCheckpointer } from "../../../src/index.ts";
import { rejected } from "../../rejected.ts";
import { startPgBouncer } from "../../servers/pgbouncer.ts";
import { makePlainUser } from "../../servers/plain-user.ts";
import { schemaFor } from "../../servers/schema-per-file.ts";
import { everyRead, everyWrite } from "../postgres/every-call.ts";

const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);
const user = await makePlainUser(databaseUrl, schema);
const admin = new pg.Pool({ connectionString: databaseUrl, max: 2 });
const plain = new pg.Pool({ connectionString: user.url, max: 2 });
const walled = { pgPool: plain, schema, rowLevelSecurity: true };
const alice = { threadId: "alice's", userId: "alice" };
const bob = { threadId: "bob's", userId: "bob" };
const tables = ["threads", "states", "messages"];

beforeAll(async () => {
  const checkpointer = new PgCheckpointer(walled);
  await checkpointer.setup();
  for (const config of [alice, bob, { threadId: "nobody's" }]) {
    await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("said")], thread: {} });
  }
});

afterAll(async () => {
  await Promise.all([plain.end(), admin.end()]);
  await user.drop();
});

/** Runs commands of somebody's own, as the tables' owner, in one transaction that is rolled back. */
async function asOwnerOfTables<T>(caller: string | null, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await plain.connect();
  try {
    await client.query("begin");
    if (caller !== null) await client.query("select set_config('agenity.caller', $1, true)", [caller]);
    return await work(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function ownersSeen(caller: string | null): Promise<unknown[]> {
  return await asOwnerOfTables(caller, async (client) => {
    const seen: unknown[] = [];
    for (const table of tables) {
      const { rows } = await client.query(`select user_id from ${schema}.agent_${table} order by user_id`);
      seen.push(rows.map((row: { user_id: unknown }) => row.user_id));
    }
    return seen;
  });
}

describe("whoever asks the tables himself", () => {
  test("sees nothing unless he says who he is, and then what is his; the application sees everything", async () => {
    expect(await ownersSeen(null)).toEqual([[], [], []]);
    expect(await ownersSeen("")).toEqual([[], [], []]);
    expect(await ownersSeen("user alice")).toEqual([["alice"], ["alice"], ["alice"]]);
    expect(await ownersSeen("user ")).toEqual([[], [], []]);
    const all = ["alice", "bob", null];
    expect(await ownersSeen("application")).toEqual([all, all, all]);
  });

  test.each(tables)("neither gives a row of %s away nor takes one", async (table) => {
    const name = `${schema}.agent_${table}`;
    const attempts = [
      `update ${name} set user_id = 'bob'`,
      `insert into ${name} select (jsonb_populate_record(item, '{"thread_id": "x", "user_id": "bob"}')).* from ${name} as item`,
    ];
    for (const text of attempts) {
      const refused = asOwnerOfTables("user alice", (client) => client.query(text));
      await expect(refused, text).rejects.toMatchObject({ code: "42501" });
    }
  });
});

describe("a wall that would not stand is not believed in:", () => {
  test.each(["superuser", "bypassrls"])("a user that is %s is refused by every call", async (attribute) => {
    const name = `${schema}_${attribute}`;
    const url = new URL(databaseUrl);
    [url.username, url.password] = [name, randomUUID()];
    await admin.query(`create role ${name} login password '${url.password}' ${attribute}`);
    await admin.query(`grant ${schema} to ${name}`);
    await using checkpointer = new PgCheckpointer({ schema, postgresDsn: url.href, rowLevelSecurity: true });
    await checkpointer.setup(); // whoever makes tables is often one
    for (const call of [
      ...Object.values(everyRead(checkpointer, "t")),
      ...Object.values(everyWrite(checkpointer, "t")),
    ]) {
      const error = await rejected(call(), InvalidConfigError);
      expect([error.field, error.message]).toEqual(["options.rowLevelSecurity", expect.stringContaining("BYPASSRLS")]);
    }
    await checkpointer.release();
    await admin.query(`drop role ${name}`);
  });

  test("an embedded database, whose user is a superuser", async () => {
    await using checkpointer = new PgCheckpointer({ dataDir: "memory://", rowLevelSecurity: true });
    await checkpointer.setup();
    expect((await rejected(checkpointer.listThreads(), InvalidConfigError)).field).toBe("options.rowLevelSecurity");
  });

  test("tables without policies", async () => {
    const options = { ...walled, tablePrefix: "bare_" };
    await new PgCheckpointer({ ...options, rowLevelSecurity: false }).setup();
    const error = await rejected(new PgCheckpointer(options).listThreads(), InvalidConfigError);
    expect([error.field, error.message]).toEqual(["options.rowLevelSecurity", expect.stringContaining("run setup()")]);
  });
});

test("a program that does not know of the wall is told so, instead of finding nothing", async () => {
  const checkpointer = new PgCheckpointer({ ...walled, rowLevelSecurity: false });
  for (const call of [checkpointer.setup(), checkpointer.listThreads(), checkpointer.putState(alice, createState())]) {
    expect((await rejected(call, InvalidConfigError)).field).toBe("options.rowLevelSecurity");
  }
});

test("setup() walls in what was written before, and keeps it readable; a second time it changes nothing", async () => {
  const options = { ...walled, tablePrefix: "later_" };
  const before = new PgCheckpointer({ ...options, rowLevelSecurity: false });
  await before.setup();
  await before.checkpoint(alice, { state: createState({ contextSummary: "S" }), messages: [Message.text("said")] });
  // As rows are that are older than the column.
  for (const table of ["states", "messages"]) await admin.query(`update ${schema}.later_${table} set user_id = null`);
  const checkpointer = new PgCheckpointer(options);
  await checkpointer.setup();
  expect((await checkpointer.getState(alice))?.contextSummary).toBe("S");
  expect(await checkpointer.listMessages(alice)).toHaveLength(1);
  const policies = `select oid from pg_policy where polrelid = '${schema}.later_states'::regclass`;
  const made = (await admin.query(policies)).rows;
  await new PgCheckpointer(options).setup();
  expect((await admin.query(policies)).rows).toEqual(made);
  expect(made).toHaveLength(1);
});

test("the printed SQL makes the same wall, and its role needs no other right", async () => {
  const role = await makePlainUser(databaseUrl, `${schema}_app`);
  const options = { schema: `${schema}_printed`, rowLevelSecurity: true };
  await admin.query(PgCheckpointer.setupSql({ ...options, role: `${schema}_app` }));
  await using checkpointer = new PgCheckpointer({ ...options, postgresDsn: role.url });
  await checkpointer.setup();
  await checkpointer.checkpoint(alice, { state: createState(), messages: [Message.text("said", { messageId: "m" })] });
  for (const [method, call] of Object.entries(everyRead(checkpointer, alice.threadId))) {
    expect(await call(), method).not.toBeNull();
  }
  for (const call of Object.values(everyWrite(checkpointer, alice.threadId))) await call();
  const policies = `select relname, polname, relrowsecurity, relforcerowsecurity, pg_get_expr(polqual, polrelid) as seen,
      pg_get_expr(polwithcheck, polrelid) as written
    from pg_policy join pg_class on pg_class.oid = polrelid
    where relnamespace = $1::regnamespace and relname like 'agent%' order by 1`;
  const made = (await admin.query(policies, [options.schema])).rows;
  expect(made).toEqual((await admin.query(policies, [schema])).rows);
  expect(made.map((row: { relname: string }) => row.relname)).toEqual([
    "agent_messages",
    "agent_states",
    "agent_threads",
  ]);
  await checkpointer.release();
  await admin.query(`drop schema ${options.schema} cascade`);
  await role.drop();
});

test("many users at once, whose turns would travel together, each write their own and see their own", async () => {
  const checkpointer = new PgCheckpointer(walled);
  const configs = Array.from({ length: 60 }, (_, index) => ({
    threadId: `many ${index}`,
    userId: `user ${index % 7}`,
  }));
  const states = await Promise.all(configs.map((config) => checkpointer.putState(config, createState())));
  await Promise.all(configs.map((config, index) => checkpointer.putState(config, states[index] ?? createState())));
  await Promise.all(configs.map((config) => checkpointer.putMessages(config, [Message.text(config.userId)])));
  const strangers = configs.map(({ threadId }, index) => ({ threadId, userId: `user ${(index + 1) % 7}` }));
  const [own, others] = await Promise.all(
    [configs, strangers].map((asked) => Promise.all(asked.map((config) => checkpointer.getState(config)))),
  );
  expect(own?.filter((state) => state === null)).toEqual([]);
  expect(new Set(others)).toEqual(new Set([null]));
});

test("behind PgBouncer in transaction mode, where a connection is whoever's came last, nothing is left of the one before", async () => {
  const pooler = await startPgBouncer(user.url);
  const pool = new pg.Pool({ connectionString: pooler.url, max: 12 });
  const checkpointer = new PgCheckpointer({ ...walled, pgPool: pool });
  const seen = await Promise.all(
    Array.from({ length: 120 }, async (_, index) => {
      const [asks, other] = index % 2 === 0 ? [alice, bob] : [bob, alice];
      const threads = await checkpointer.listThreads({ userId: asks.userId });
      return [threads.length, await checkpointer.getState({ ...other, userId: asks.userId })];
    }),
  );
  expect(new Set(seen.map((each) => JSON.stringify(each)))).toEqual(new Set(["[1,null]"]));
  for (let attempt = 0; attempt < 20; attempt++) {
    expect((await pool.query(`select * from ${schema}.agent_threads`)).rows).toEqual([]);
  }
  await pool.end();
  await pooler.stop();
});
