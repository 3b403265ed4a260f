import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createState, Message, versionOf } from "../../../src/index.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, Database } from "./database.ts";
import { LastWordsProxy } from "./last-words-proxy.ts";

const database = new Database(import.meta.url);
let proxy: TcpProxy;

beforeAll(async () => {
  await database.open().setup();
  proxy = await startTcpProxy(database.url);
});

afterAll(() => proxy.close());

/** Whether a client has sent this text. */
function sends(text: string): (request: Buffer) => boolean {
  return (request) => request.includes(text);
}

describe("a connection that is ended while it is idle", () => {
  test("neither ends the process nor fails the next call, over a pool of ours", async () => {
    const applicationName = "agenity-test-idle-own";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    const config = { threadId: "idle own" };
    let state = await checkpointer.putState(config, createState());
    for (let round = 2; round <= 4; round++) {
      expect(await database.terminate(applicationName)).toBeGreaterThan(0);
      state = await checkpointer.putState(config, state);
      expect(versionOf(state)).toBe(round);
      await database.terminate(applicationName);
      expect(versionOf((await checkpointer.getState(config)) ?? {})).toBe(round);
    }
  });

  test("neither ends the process nor fails the next call, over a pool that was lent and has no other listener", async () => {
    const applicationName = "agenity-test-idle-lent";
    const pool = database.pool({ application_name: applicationName });
    const checkpointer = database.open({ pgPool: pool });
    const config = { threadId: "idle lent" };
    const state = await checkpointer.putState(config, createState());
    expect(pool.listenerCount("error")).toBe(1);
    const removed = new Promise((resolve) => pool.once("remove", resolve));
    await database.terminate(applicationName);
    await removed;
    expect(versionOf(await checkpointer.putState(config, state))).toBe(2);
  });

  test("does not fail the calls of a crowd that meets it", async () => {
    const applicationName = "agenity-test-idle-crowd";
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    const threads = Array.from({ length: 60 }, (_, index) => ({ threadId: `crowd-${index}` }));
    const states = await Promise.all(threads.map((config) => checkpointer.putState(config, createState())));
    for (let round = 2; round <= 4; round++) {
      const ended = database.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        [applicationName],
      );
      const calls = threads.map((config, index) => checkpointer.putState(config, states[index] ?? createState()));
      expect(new Set((await Promise.all(calls)).map(versionOf))).toEqual(new Set([round]));
      await ended;
    }
    const counts = await Promise.all(threads.map((config) => checkpointer.listStates(config)));
    expect(new Set(counts.map((versions) => versions.length))).toEqual(new Set([4]));
  });
});

describe("a connection that is ended in the very moment in which it is made", () => {
  // The server is ready for a query, and says in the same packet that it shuts down: whoever waits for the connection has not got it yet.
  const ready = Buffer.from("Z\0\0\0\u0005I");
  const fields = "SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
  const shutdown = Buffer.from(`E\0\0\0${String.fromCharCode(4 + fields.length)}${fields}`);

  test.each(["of our own", "that was lent"])(
    "neither ends the process nor fails the call, over a pool %s",
    async (kind) => {
      const ending = await LastWordsProxy.to(new URL(database.url));
      const postgresDsn = database.dsn({ host: ending.host });
      const pool = database.pool({ connectionString: postgresDsn });
      const checkpointer = database.open(kind === "that was lent" ? { pgPool: pool } : { postgresDsn });
      for (let round = 1; round <= 3; round++) {
        const ended = ending.endAfter(ready, shutdown);
        await checkpointer.putMessages({ threadId: `moment ${kind}` }, [Message.text("x")]);
        await ended;
      }
      expect(await checkpointer.listMessages({ threadId: `moment ${kind}` })).toHaveLength(3);
      await ending.close();
    },
  );
});

describe("a connection that is ended while a write waits in the server", () => {
  const applicationName = "agenity-test-waiting";

  type Write = (checkpointer: Checkpointer, threadId: string) => Promise<unknown>;

  /** Writes, and how many versions and messages a thread has after them that had one of each. */
  const writes: readonly (readonly [method: string, write: Write, versions: number, messages: number])[] = [
    ["putState", (checkpointer, threadId) => checkpointer.putState({ threadId }, createState()), 2, 1],
    ["putMessages", (checkpointer, threadId) => checkpointer.putMessages({ threadId }, [Message.text("x")]), 1, 2],
    ["putThread", (checkpointer, threadId) => checkpointer.putThread({ threadId }, { threadName: "new" }), 1, 1],
    [
      "checkpoint",
      (checkpointer, threadId) =>
        checkpointer.checkpoint({ threadId }, { state: createState(), messages: [Message.text("x")], thread: {} }),
      2,
      2,
    ],
    ["deleteThread", (checkpointer, threadId) => checkpointer.deleteThread({ threadId }), 0, 0],
  ];

  test.each(writes)("%s is done exactly once", async (method, write, versions, messages) => {
    const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
    const config = { threadId: `waiting ${method}` };
    await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("first")] });
    const other = await database.connect();
    await other.query("begin");
    await other.query(`select from ${database.table("threads")} where thread_id = $1 for update`, [config.threadId]);
    const call = write(checkpointer, config.threadId);
    await database.waitsForLock(applicationName);
    expect(await database.terminate(applicationName)).toBeGreaterThan(0);
    await other.query("rollback");
    other.release();
    expect(await call).not.toBe(false);
    expect(await checkpointer.listStates(config)).toHaveLength(versions);
    expect(await checkpointer.listMessages(config)).toHaveLength(messages);
  });
});

describe("a connection that is ended when the write is committed, before the answer gets through", () => {
  /** A checkpointer behind the proxy, whose next connections are open already. */
  function behindProxy(): Checkpointer {
    return database.open({ postgresDsn: database.dsn({ host: new URL(proxy.url).host }) });
  }

  test("putState: the version is there once, and its state can be put again", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost putState" };
    const first = await checkpointer.putState(config, createState());
    const lost = proxy.cutAfterRequest(sends("agenity_putState_"));
    const second = await checkpointer.putState(config, { ...first, note: "second" });
    await lost;
    expect(versionOf(second)).toBe(2);
    expect(versionOf(await checkpointer.putState(config, { ...second, note: "third" }))).toBe(3);
    expect((await checkpointer.getState(config, { version: 2 }))?.note).toBe("second");
    expect(await checkpointer.listStates(config)).toHaveLength(3);
  });

  test("a thread's first state, overwriting ones and clears are there once", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost first" };
    const first = proxy.cutAfterRequest(sends("agenity_commitTurns_"));
    expect(versionOf(await checkpointer.putState(config, createState()))).toBe(1);
    await first;
    const over = proxy.cutAfterRequest(sends("agenity_putState_"));
    expect(versionOf(await checkpointer.putState(config, createState(), { onConflict: "overwrite" }))).toBe(2);
    await over;
    const cleared = proxy.cutAfterRequest(sends("agenity_putState_"));
    await checkpointer.clearState(config);
    await cleared;
    expect((await checkpointer.listStates(config)).map((version) => version.cleared)).toEqual([true, false, false]);
  });

  test("updateState: an increment is made once", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost updateState" };
    const increment = (): Promise<unknown> =>
      checkpointer.updateState(config, (state) => ({
        ...(state ?? createState()),
        note: Number(state?.note ?? 0) + 1,
      }));
    await increment();
    const lost = proxy.cutAfterRequest(sends("agenity_putState_"));
    await increment();
    await lost;
    expect((await checkpointer.getState(config))?.note).toBe(2);
  });

  test("putMessages and checkpoint: each message and each version is there once, in order", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost messages" };
    await checkpointer.putMessages(config, [Message.text("0", { messageId: "0" })]);
    const put = proxy.cutAfterRequest(sends("agenity_commitTurns_"));
    await checkpointer.putMessages(config, [
      Message.text("1", { messageId: "1" }),
      Message.text("2", { messageId: "2" }),
    ]);
    await put;
    const written = proxy.cutAfterRequest(sends("agenity_commitTurns_"));
    const turn = {
      state: createState(),
      messages: [Message.text("3", { messageId: "3" })],
      thread: { threadName: "named" },
    };
    expect(versionOf((await checkpointer.checkpoint(config, turn)).state ?? {})).toBe(1);
    await written;
    expect((await checkpointer.listMessages(config)).map(({ messageId }) => messageId)).toEqual(["0", "1", "2", "3"]);
    expect(
      await database.value("select count(*)::integer from {{messages}} where thread_id = $1", [config.threadId]),
    ).toBe(4);
    expect((await checkpointer.getThread(config))?.threadName).toBe("named");
    expect(await checkpointer.listStates(config)).toHaveLength(1);
  });

  test("a group's states are each there once", async () => {
    const checkpointer = behindProxy();
    const threads = Array.from({ length: 40 }, (_, index) => ({ threadId: `lost group ${index}` }));
    const states = await Promise.all(threads.map((config) => checkpointer.putState(config, createState())));
    const lost = proxy.cutAfterRequest(sends("agenity_putStates_"));
    const again = await Promise.all(
      threads.map((config, index) =>
        checkpointer.putState(config, { ...(states[index] ?? createState()), note: index }),
      ),
    );
    await lost;
    expect(again.map(versionOf)).toEqual(threads.map(() => 2));
    const found = await Promise.all(threads.map((config) => checkpointer.listStates(config)));
    expect(found.map((versions) => versions.length)).toEqual(threads.map(() => 2));
  });

  test("forkThread answers the copy that it made", async () => {
    const checkpointer = behindProxy();
    const [from, to] = [{ threadId: "lost fork" }, { threadId: "lost fork, copy" }];
    await checkpointer.checkpoint(from, { state: createState(), messages: [Message.text("x")] });
    const lost = proxy.cutAfterRequest(sends("agenity_forkThread_"));
    expect((await checkpointer.forkThread(from, to)).threadId).toBe(to.threadId);
    await lost;
    expect(await checkpointer.listMessages(to)).toHaveLength(1);
  });

  test("deleteThread and deleteMessage answer that there was one", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost deletion" };
    await checkpointer.putMessages(config, [Message.text("x", { messageId: "m" })]);
    const message = proxy.cutAfterRequest(sends("agenity_deleteMessage_"));
    expect(await checkpointer.deleteMessage(config, "m")).toBe(true);
    await message;
    expect(await checkpointer.deleteMessage(config, "m")).toBe(false);
    const thread = proxy.cutAfterRequest(sends("commit\0"));
    expect(await checkpointer.deleteThread(config)).toBe(true);
    await thread;
    expect(await checkpointer.deleteThread(config)).toBe(false);
  });

  test("reads are answered", async () => {
    const checkpointer = behindProxy();
    const config = { threadId: "lost reads" };
    await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("x", { messageId: "m" })] });
    const reads = {
      agenity_readTail_: () => checkpointer.getState(config),
      agenity_getMessage_: () => checkpointer.getMessage(config, "m"),
      "order by message.seq": () => checkpointer.listMessages(config),
      agenity_getThread_: () => checkpointer.getThread(config),
    };
    for (const [text, read] of Object.entries(reads)) {
      const lost = proxy.cutAfterRequest(sends(text));
      expect(await read(), text).toBeTruthy();
      await lost;
    }
  });
});
