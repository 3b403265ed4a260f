import { randomUUID } from "node:crypto";
import { type BaseCheckpointer, createState, Message } from "../../../src/index.ts";
import type { Checkpointer } from "./database.ts";

/** Calls by the names of their methods, each on the same thread. */
export type Calls = Readonly<Record<string, () => Promise<unknown>>>;

type ReadMethod =
  | "getState"
  | "getStateCache"
  | "listStates"
  | "getMessage"
  | "listMessages"
  | "getThread"
  | "listThreads"
  | "stopRequested"
  | "warmCache"
  | "stats";

/** Methods that are tried in ways of their own. */
type OtherMethod = "setup" | "release" | "health" | "watch";

/** Whatever else there is, so that the compiler misses a new method. */
type WriteMethod = Exclude<keyof BaseCheckpointer & string, ReadMethod | OtherMethod>;

/** Every method that reads. */
export function everyRead(checkpointer: Checkpointer, threadId: string): Calls {
  const config = { threadId };
  return {
    getState: () => checkpointer.getState(config),
    "getState of a version": () => checkpointer.getState(config, { version: 1 }),
    listStates: () => checkpointer.listStates(config),
    getMessage: () => checkpointer.getMessage(config, "m"),
    listMessages: () => checkpointer.listMessages(config),
    getThread: () => checkpointer.getThread(config),
    listThreads: () => checkpointer.listThreads(),
    stats: () => checkpointer.stats(config),
    getStateCache: () => checkpointer.getStateCache(config),
    stopRequested: () => checkpointer.stopRequested(config),
    warmCache: () => checkpointer.warmCache(),
  } satisfies Calls & Readonly<Record<ReadMethod, unknown>>;
}

/** Every method that writes, once the thread is there. The last one deletes it. */
export function everyWrite(checkpointer: Checkpointer, threadId: string): Calls {
  const config = { threadId };
  const state = { context: [Message.text("in the state")] };
  return {
    putState: () => checkpointer.putState(config, createState(state)),
    putStateCache: () => checkpointer.putStateCache(config, createState(state)),
    updateState: () => checkpointer.updateState(config, (found) => found ?? createState(state)),
    putMessages: () => checkpointer.putMessages(config, [Message.text("said", { messageId: "m" })]),
    putThread: () => checkpointer.putThread(config, { threadName: "named" }),
    checkpoint: () =>
      checkpointer.checkpoint(config, { state: createState(state), messages: [Message.text("x")], thread: {} }),
    beginRun: () => checkpointer.beginRun(config),
    acquireRun: async () => {
      await using lease = await checkpointer.acquireRun(config);
      await checkpointer.putMessages(lease.config, [Message.text("under a lease")]);
    },
    requestStop: () => checkpointer.requestStop(config),
    repairState: () => checkpointer.repairState(config),
    forkThread: () => checkpointer.forkThread(config, { threadId: randomUUID() }),
    deleteMessage: () => checkpointer.deleteMessage(config, "m"),
    clearState: () => checkpointer.clearState(config),
    deleteThread: () => checkpointer.deleteThread(config),
  } satisfies Calls & Readonly<Record<WriteMethod, unknown>>;
}
