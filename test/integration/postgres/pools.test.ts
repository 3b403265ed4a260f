import { beforeAll, describe, expect, test } from "vitest";
import { createState, Message, versionOf } from "../../../src/index.ts";
import { Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);

beforeAll(() => database.open().setup());

describe("a pool of one connection", () => {
  test("serves every method, all of them at once, 8 times over", async () => {
    const checkpointer = database.open({ pgPool: database.pool({ max: 1 }) });
    const threads = Array.from({ length: 8 }, (_, index) => `one-${index}`);
    for (const threadId of threads) await checkpointer.putState({ threadId }, createState());
    const calls = threads.flatMap((threadId) => {
      // Deleting, clearing and forking side by side with the rest may leave others nothing to find; here only waiting for ever would fail.
      const writes = Object.entries(everyWrite(checkpointer, threadId)).filter(([name]) => name !== "deleteThread");
      return [...writes.map(([, call]) => call), ...Object.values(everyRead(checkpointer, threadId))];
    });
    await Promise.all([...calls.map((call) => call()), checkpointer.setup(), checkpointer.setup()]);
    await Promise.all(threads.map((threadId) => checkpointer.deleteThread({ threadId })));
    const forks = await checkpointer.listThreads();
    expect(forks).toHaveLength(threads.length);
    await Promise.all(forks.map(({ threadId }) => checkpointer.deleteThread({ threadId })));
  });

  test("is not held while a change of updateState is at work, which may use the checkpointer itself", async () => {
    const checkpointer = database.open({ pgPool: database.pool({ max: 1 }) });
    const config = { threadId: "nested" };
    await checkpointer.putMessages(config, [Message.text("one"), Message.text("two")]);
    const change = async (): Promise<ReturnType<typeof createState>> =>
      createState({ context: await checkpointer.listMessages(config) });
    const written = await Promise.all([1, 2, 3, 4].map(() => checkpointer.updateState(config, change)));
    expect(written.map((state) => state?.context.length)).toEqual([2, 2, 2, 2]);
    expect(new Set(written.map((state) => versionOf(state ?? {})))).toEqual(new Set([1, 2, 3, 4]));
  });

  test("gets one listener of ours, however many checkpointers it is lent to, and keeps it until the last is released", async () => {
    const pool = database.pool({ max: 1 });
    const before = pool.listenerCount("error");
    const checkpointers = Array.from({ length: 12 }, () => database.open({ pgPool: pool }));
    expect(pool.listenerCount("error")).toBe(before + 1);
    for (const checkpointer of checkpointers) {
      expect(pool.listenerCount("error")).toBe(before + 1);
      await checkpointer.getThread({ threadId: "listened" });
      await checkpointer.release();
    }
    expect(pool.listenerCount("error")).toBe(before);
  });

  test("may be shared by several checkpointers, and by the application's own queries", async () => {
    const pool = database.pool({ max: 1 });
    const checkpointers = [database.open({ pgPool: pool }), database.open({ pgPool: pool })];
    const calls = Array.from({ length: 20 }, async (_, index) => {
      await pool.query("select 1");
      return await checkpointers[index % 2]?.updateState({ threadId: "shared" }, (state) => ({
        ...(state ?? createState()),
        note: Number((state as { note?: unknown } | null)?.note ?? 0) + 1,
      }));
    });
    await Promise.all(calls);
    expect((await checkpointers[0]?.getState({ threadId: "shared" }))?.note).toBe(20);
  });
});

describe("a pool that was lent", () => {
  test("stays open after release(), and is left as it was found", async () => {
    const pool = database.pool({ application_name: "agenity-test-lent" });
    const listeners = (): Record<string, number> =>
      Object.fromEntries(
        ["error", "connect", "acquire", "release", "remove"].map((event) => [event, pool.listenerCount(event)]),
      );
    const before = listeners();
    const checkpointer = database.open({ pgPool: pool, releaseResources: true });
    await checkpointer.putState({ threadId: "lent" }, createState());
    expect(listeners()["error"]).toBe((before["error"] ?? 0) + 1);
    await checkpointer.release();
    expect(listeners()).toEqual(before);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    const client = await pool.connect();
    const listenersOfClient = client.listenerCount("error");
    client.release();
    expect(listenersOfClient).toBe(0);
    expect(await database.connections("agenity-test-lent")).toBe(1);
  });

  test("serves the next checkpointer after the first one's release", async () => {
    const pool = database.pool({ max: 2 });
    const first = database.open({ pgPool: pool });
    await first.putState({ threadId: "handed on" }, createState({ contextSummary: "kept" }));
    await first.release();
    const next = database.open({ pgPool: pool });
    expect((await next.getState({ threadId: "handed on" }))?.contextSummary).toBe("kept");
  });

  test("keeps its own type parsers and settings: ours never reach the application's queries", async () => {
    const types = { getTypeParser: () => () => "the application's own" };
    const pool = database.pool({ types, application_name: "agenity-test-types" });
    const checkpointer = database.open({ pgPool: pool });
    const config = { threadId: "types" };
    await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("x")], thread: {} });
    for (const call of Object.values(everyRead(checkpointer, "types"))) await call();
    expect((await checkpointer.getThread(config))?.createdAt).toBeInstanceOf(Date);
    expect(versionOf((await checkpointer.getState(config)) ?? {})).toBe(1);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: "the application's own" }]);
  });

  test("that the application ends makes calls fail as a storage that cannot be reached, at once", async () => {
    const pool = database.pool();
    const checkpointer = database.open({ pgPool: pool });
    await checkpointer.putState({ threadId: "ended" }, createState());
    await pool.end();
    pool.end = async () => {}; // the file's end would end it once more
    await expect(checkpointer.getState({ threadId: "ended" })).rejects.toMatchObject({
      code: "AGENITY_STORAGE_UNAVAILABLE",
    });
    await checkpointer.release();
  });
});

describe("a pool of our own", () => {
  test("is made once, however many calls come first, and has 10 connections at most", async () => {
    const applicationName = "agenity-test-first-calls";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    await Promise.all([1, 2, 3, 4].map(() => checkpointer.setup()));
    expect(await database.connections(applicationName)).toBe(4);
    const threads = Array.from({ length: 200 }, (_, index) => ({ threadId: `first-${index}` }));
    let most = 0;
    const calls = Promise.all(
      threads.flatMap((config) => [checkpointer.putThread(config), checkpointer.listMessages(config)]),
    );
    const watch = async (): Promise<void> => {
      most = Math.max(most, await database.connections(applicationName));
    };
    for (let round = 0; round < 5; round++) await watch();
    await calls;
    await watch();
    expect(most).toBeLessThanOrEqual(10);
    await checkpointer.release();
    // A second pool would still have its connections: nobody could close them any more.
    await expect.poll(() => database.connections(applicationName)).toBe(0);
  });

  test("is named for the server's lists, unless the connection string names it", async () => {
    const role = await database.role(["select"]);
    const names = { agenity: database.dsn(role), mine: database.dsn({ ...role, applicationName: "mine" }) };
    for (const [name, postgresDsn] of Object.entries(names)) {
      const checkpointer = database.open({ postgresDsn });
      await checkpointer.getThread({ threadId: "named" });
      const text = "select distinct application_name as name from pg_stat_activity where usename = $1";
      expect(await database.rows(text, [role.user])).toEqual([{ name }]);
      await checkpointer.release();
      await expect.poll(() => database.rows(text, [role.user])).toEqual([]);
    }
  });

  test("is closed by release(), after the calls under way", async () => {
    const applicationName = "agenity-test-closed";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    const writes = Array.from({ length: 20 }, (_, index) =>
      checkpointer.putMessages({ threadId: `closed-${index}` }, [Message.text("x")]),
    );
    await checkpointer.release();
    expect((await Promise.all(writes)).flat()).toHaveLength(20);
    await expect.poll(() => database.connections(applicationName)).toBe(0);
  });

  test("is left open by release() where releaseResources is false", async () => {
    const applicationName = "agenity-test-left-open";
    const postgresDsn = database.dsn({ applicationName });
    const checkpointer = database.open({ postgresDsn, releaseResources: false });
    await checkpointer.putState({ threadId: "left open" }, createState());
    await checkpointer.release();
    expect(await database.connections(applicationName)).toBeGreaterThan(0);
    // Nobody but us could be listening to what happens to them now.
    await database.terminate(applicationName);
  });

  test("is not made before it is needed", async () => {
    const applicationName = "agenity-test-unused";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    await checkpointer.release();
    expect(await database.connections(applicationName)).toBe(0);
  });
});
