import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createState, Message, RunHeldError, RunLostError, versionOf } from "../../../src/index.ts";
import { rejected } from "../../rejected.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type Checkpointer, Database, type Fields } from "./database.ts";

const database = new Database(import.meta.url);
const program = fileURLToPath(new URL("leased-worker-process.ts", import.meta.url));
let proxy: TcpProxy;

beforeAll(async () => {
  await database.open().setup();
  proxy = await startTcpProxy(database.url);
});

afterAll(() => proxy.close());

/** Has the first request that contains a text carried out, and its answer lost. */
function losesAnswerTo(text: string): Promise<void> {
  return proxy.cutAfterRequest((request) => request.includes(text));
}

function behindProxy(): Checkpointer {
  return database.open({ postgresDsn: database.dsn({ host: new URL(proxy.url).host }) });
}

test("an answer that is lost leaves a lease that is held, and what is written under it is there once", async () => {
  const checkpointer = behindProxy();
  const config = { threadId: "lost answers" };
  const acquired = losesAnswerTo("agenity_acquireLease_");
  const lease = await checkpointer.acquireRun(config);
  await acquired;
  await rejected(database.open().acquireRun(config), RunHeldError);
  const written = losesAnswerTo("agenity_commitTurns_");
  const state = await checkpointer.putState(lease.config, createState());
  await written;
  expect(versionOf(await checkpointer.putState(lease.config, { ...state, note: 2 }))).toBe(2);
  const said = losesAnswerTo("agenity_commitTurns_");
  await checkpointer.putMessages(lease.config, [Message.text("x")]);
  await said;
  expect(await checkpointer.listMessages(config)).toHaveLength(1);
  const renewed = losesAnswerTo("agenity_renewLease_");
  await lease.renew();
  await renewed;
  const released = losesAnswerTo("agenity_renewLease_");
  await lease.release();
  await released;
  await (await database.open().acquireRun(config)).release();
});

test("a write that waits in the server while the lease goes to somebody else is refused when its turn comes", async () => {
  const applicationName = "agenity-test-leased";
  const checkpointer = database.open({ postgresDsn: database.dsn({ applicationName }) });
  const writes: Readonly<Record<string, (config: { threadId: string }) => Promise<unknown>>> = {
    putState: (config) => checkpointer.putState(config, createState({ note: "late" })),
    putMessages: (config) => checkpointer.putMessages(config, [Message.text("late")]),
    deleteMessage: (config) => checkpointer.deleteMessage(config, "m"),
    deleteThread: (config) => checkpointer.deleteThread(config),
  };
  for (const [method, write] of Object.entries(writes)) {
    const config = { threadId: `waiting ${method}` };
    const lease = await checkpointer.acquireRun(config);
    await checkpointer.checkpoint(lease.config, {
      state: createState({ note: "first" }),
      messages: [Message.text("first", { messageId: "m" })],
    });
    const other = await database.connect();
    await other.query("begin");
    const threads = database.table("threads");
    await other.query(`update ${threads} set lease = gen_random_uuid() where thread_id = $1`, [config.threadId]);
    const call = rejected(write(lease.config), RunLostError);
    await database.waitsForLock(applicationName);
    await other.query("commit");
    other.release();
    await call;
    expect((await checkpointer.getState(config))?.note, method).toBe("first");
    expect(await checkpointer.listMessages(config), method).toHaveLength(1);
  }
});

/** A process that holds a thread's lease and has written `"awake"` under it. */
async function leasedWorker(threadId: string) {
  const worker = spawn(process.execPath, ["--import", "tsx", program, database.url, database.schema, threadId], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const says = createInterface(worker.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => (await says.next()).value;
  expect(await next()).toBe("acquired");
  worker.stdin.write("awake\n");
  expect(await next()).toBe("written");
  return { worker, next, ended: once(worker, "exit") };
}

/** Waits for the lease, and goes on where the worker was. */
async function takeOver(checkpointer: Checkpointer, threadId: string): Promise<void> {
  const lease = await checkpointer.acquireRun({ threadId }, { waitMs: 60_000 });
  const state = (await checkpointer.getState(lease.config)) ?? createState<Fields>();
  expect(state.note).toBe("awake");
  await checkpointer.putState(lease.config, { ...state, note: "taken over" });
}

test("a process that is frozen for longer than its lease cannot write when it wakes", async () => {
  const config = { threadId: "frozen" };
  const checkpointer = database.open();
  const { worker, next, ended } = await leasedWorker(config.threadId);
  await rejected(checkpointer.acquireRun(config), RunHeldError);
  worker.kill("SIGSTOP");
  await takeOver(checkpointer, config.threadId);
  worker.kill("SIGCONT");
  worker.stdin.write("late\n");
  expect(await next()).toBe("AGENITY_RUN_LOST");
  worker.stdin.end();
  await ended;
  expect((await checkpointer.getState(config))?.note).toBe("taken over");
});

test("a process that is killed holds nobody up for longer than its lease", async () => {
  const { worker, ended } = await leasedWorker("killed");
  worker.kill("SIGKILL");
  await ended;
  await takeOver(database.open(), "killed");
});
