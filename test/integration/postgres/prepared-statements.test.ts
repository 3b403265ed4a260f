import { beforeAll, describe, expect, test } from "vitest";
import { createState, Message, versionOf } from "../../../src/index.ts";
import { Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);

beforeAll(() => database.open().setup());

/** All methods, on a thread that has a state and a message. */
async function callEveryMethod(checkpointer: ReturnType<typeof database.open>, threadId: string): Promise<void> {
  const message = Message.text("x", { messageId: "m" });
  await checkpointer.checkpoint({ threadId }, { state: createState(), messages: [message] });
  for (const call of Object.values(everyRead(checkpointer, threadId))) expect(await call()).not.toBeNull();
  for (const call of Object.values(everyWrite(checkpointer, threadId))) await call();
}

async function namesOn(pool: ReturnType<typeof database.pool>): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>("select name from pg_prepared_statements order by name");
  return rows.map(({ name }) => name);
}

describe("prepared statements", () => {
  test("are used by default, and not where they are switched off", async () => {
    const pools = { named: database.pool({ max: 1 }), unnamed: database.pool({ max: 1 }) };
    await callEveryMethod(database.open({ pgPool: pools.named }), "used");
    await callEveryMethod(database.open({ pgPool: pools.unnamed, preparedStatements: false }), "not used");
    expect(await namesOn(pools.named)).toContainEqual(expect.stringMatching(/^agenity_putState_[0-9a-f]+$/));
    expect(await namesOn(pools.unnamed)).toEqual([]);
  });

  test.each(["discard all", "deallocate all"])(
    "that are lost to %s are done without, and no call fails",
    async (command) => {
      const pool = database.pool({ max: 1 });
      const checkpointer = database.open({ pgPool: pool });
      const config = { threadId: command };
      let state = await checkpointer.putState(config, createState());
      for (let version = 2; version <= 4; version++) {
        state = await checkpointer.putState(config, state);
        await pool.query(command);
        await callEveryMethod(checkpointer, `${command} ${version}`);
        await pool.query(command);
        expect(versionOf((await checkpointer.getState(config)) ?? {})).toBe(version);
      }
      expect(await checkpointer.listStates(config)).toHaveLength(4);
    },
  );

  test("that somebody else has prepared on a connection under our names are done without", async () => {
    const first = database.pool({ max: 1 });
    await callEveryMethod(database.open({ pgPool: first }), "first");
    const names = await namesOn(first);
    expect(names.length).toBeGreaterThan(5);
    // As a pooler does that hands a server's connection on to another client.
    const pool = database.pool({ max: 1 });
    const client = await pool.connect();
    for (const name of names) await client.query(`prepare "${name}" as select 1`);
    client.release();
    const checkpointer = database.open({ pgPool: pool });
    await callEveryMethod(checkpointer, "second");
    const state = await checkpointer.putState({ threadId: "third" }, createState());
    expect(versionOf(await checkpointer.putState({ threadId: "third" }, state))).toBe(2);
    expect(await checkpointer.listStates({ threadId: "third" })).toHaveLength(2);
  });

  test("that a migration of another process has made out of date are done without", async () => {
    const pool = database.pool({ max: 1 });
    const checkpointer = database.open({ pgPool: pool });
    await checkpointer.putThread({ threadId: "migrated" }, { threadName: "before", runId: "run" });
    expect(await namesOn(pool)).toContainEqual(expect.stringMatching(/^agenity_getThread_/));
    await database.rows("alter table {{threads}} alter column run_id type varchar(600)");
    const thread = await checkpointer.putThread({ threadId: "migrated" }, { threadName: "after" });
    expect(thread).toMatchObject({ threadName: "after", runId: "run" });
    await callEveryMethod(checkpointer, "after the migration");
  });

  test("of checkpointers with other tables or other types of ids share a connection without mixing", async () => {
    const pool = database.pool({ max: 1 });
    const strings = database.open({ pgPool: pool });
    const others = database.open({ pgPool: pool, tablePrefix: "others_" });
    await others.setup();
    for (const note of ["one", "two", "three"]) {
      await strings.putState({ threadId: "same" }, createState({ note }));
      await others.putState({ threadId: "same" }, createState({ note: `other ${note}` }));
      expect((await strings.getState({ threadId: "same" }))?.note).toBe(note);
      expect((await others.getState({ threadId: "same" }))?.note).toBe(`other ${note}`);
    }
  });
});
