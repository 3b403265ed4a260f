import assert from "node:assert/strict";
import { InvalidConfigError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith } from "./sample.ts";
import type { Checkpointer, MethodName, Promises, Subject } from "./subject.ts";

type Config = Parameters<Checkpointer["getState"]>[0];

/** Methods that take the config of one thread; `forkThread` takes two, under other names. */
type ThreadMethod = Exclude<
  { [M in MethodName]: undefined extends Parameters<Checkpointer[M]>[0] ? never : M }[MethodName],
  "forkThread"
>;

/** Calls that take the config of a thread, by method. */
function callsWith(
  checkpointer: Checkpointer,
  config: unknown,
): Readonly<Record<ThreadMethod, () => Promise<unknown>>> {
  const given = config as Config;
  return {
    putState: () => checkpointer.putState(given, stateWith()),
    getState: () => checkpointer.getState(given),
    putStateCache: () => checkpointer.putStateCache(given, stateWith()),
    getStateCache: () => checkpointer.getStateCache(given),
    listStates: () => checkpointer.listStates(given),
    updateState: () => checkpointer.updateState(given, () => stateWith()),
    clearState: () => checkpointer.clearState(given),
    putMessages: () => checkpointer.putMessages(given, numberedMessages(1)),
    getMessage: () => checkpointer.getMessage(given, "m"),
    listMessages: () => checkpointer.listMessages(given),
    deleteMessage: () => checkpointer.deleteMessage(given, "m"),
    putThread: () => checkpointer.putThread(given),
    getThread: () => checkpointer.getThread(given),
    deleteThread: () => checkpointer.deleteThread(given),
    repairState: () => checkpointer.repairState(given),
    checkpoint: () => checkpointer.checkpoint(given, { state: stateWith() }),
    watch: async () => await checkpointer.watch(given).next(),
    beginRun: () => checkpointer.beginRun(given),
    acquireRun: () => checkpointer.acquireRun(given),
    requestStop: () => checkpointer.requestStop(given),
    stopRequested: () => checkpointer.stopRequested(given),
  };
}

const config = newConfig();

/** Wrong configs, by what is wrong, with the field that the error names. */
const wrong: Readonly<Record<string, readonly [field: string, config: unknown]>> = {
  "no config": ["config", undefined],
  "null for a config": ["config", null],
  "a text for a config": ["config", config.threadId],
  "no threadId": ["config.threadId", { userId: config.userId }],
  "threadId undefined": ["config.threadId", { ...config, threadId: undefined }],
  "threadId null": ["config.threadId", { ...config, threadId: null }],
  "a number for threadId": ["config.threadId", { ...config, threadId: 0 }],
  "a bigint for threadId": ["config.threadId", { ...config, threadId: 1n }],
  "an empty threadId": ["config.threadId", { ...config, threadId: "" }],
  "NUL in threadId": ["config.threadId", { ...config, threadId: "a\0b" }],
  "a lone surrogate in threadId": ["config.threadId", { ...config, threadId: "a\uD83D" }],
  "a threadId of more than 512 bytes": ["config.threadId", { ...config, threadId: "\u00E9".repeat(257) }],
  "a number for userId": ["config.userId", { ...config, userId: 7 }],
  "null for userId": ["config.userId", { ...config, userId: null }],
  "an empty userId": ["config.userId", { ...config, userId: "" }],
  "a byte order mark before a threadId": ["config.threadId", { ...config, threadId: `\uFEFF${config.threadId}` }],
  "a byte order mark before a userId": ["config.userId", { ...config, userId: `\uFEFF${config.userId}` }],
  "NUL in userId": ["config.userId", { ...config, userId: "\0" }],
  "a userId of more than 512 bytes": ["config.userId", { ...config, userId: "x".repeat(513) }],
  "a number for namespace": ["config.namespace", { ...config, namespace: 1 }],
  "a namespace of more than 255 bytes": ["config.namespace", { ...config, namespace: "x".repeat(256) }],
  "NUL in namespace": ["config.namespace", { ...config, namespace: "\0" }],
  "an empty runId": ["config.runId", { ...config, runId: "" }],
  "a runId of more than 512 bytes": ["config.runId", { ...config, runId: "x".repeat(513) }],
  "a lease that is no token": ["config.lease", { ...config, lease: "mine" }],
  "a number for lease": ["config.lease", { ...config, lease: 1 }],
  "the seed's thread_id": ["config.thread_id", { ...config, thread_id: "a" }],
  "a misspelt userId": ["config.userID", { threadId: config.threadId, userID: "a" }],
  "an unknown key": ["config.checkpointId", { ...config, checkpointId: "a" }],
};

/** Configs that are wrong. */
export const badConfigs: Subject = {
  name: "wrong configs",
  promises: {
    ...Object.fromEntries(
      Object.entries(wrong).map(([what, [field, bad]]): [string, Promises[string]] => [
        `${what} is an InvalidConfigError of every method, and names ${field}`,
        async ({ checkpointer }) => {
          for (const [method, call] of Object.entries(callsWith(checkpointer, bad))) {
            const error = await rejection(call(), InvalidConfigError);
            assert.equal(error.field, field, method);
          }
          assert.equal(await checkpointer.getThread(config), null);
        },
      ]),
    ),

    async "an error of a config does not quote what it was given"({ checkpointer }) {
      const bad = { ...config, userId: "secret\0" };
      for (const call of Object.values(callsWith(checkpointer, bad))) {
        assert.doesNotMatch((await rejection(call(), InvalidConfigError)).message, /secret/);
      }
    },

    async "listThreads and stats name the wrong field of theirs"({ checkpointer }) {
      const fails = async (field: string, call: Promise<unknown>): Promise<void> => {
        assert.equal((await rejection(call, InvalidConfigError)).field, field);
      };
      await fails("config.userID", checkpointer.listThreads({ userID: "a" } as never));
      await fails("config.threadId", checkpointer.listThreads({ threadId: "a" } as never));
      await fails("config.userId", checkpointer.listThreads({ userId: 7 } as never));
      await fails("config.namespace", checkpointer.stats({ namespace: "a" } as never));
      await fails("config.threadId", checkpointer.stats({ threadId: 7 } as never));
      await fails("config.userId", checkpointer.stats({ userId: "" }));
    },

    async "forkThread says which of its configs is wrong"({ checkpointer }) {
      const source = newConfig();
      await checkpointer.putThread(source);
      const fails = async (field: string, call: Promise<unknown>): Promise<void> => {
        assert.equal((await rejection(call, InvalidConfigError)).field, field);
      };
      await fails("from.threadId", checkpointer.forkThread({ userId: "a" } as never, config));
      await fails("from.user", checkpointer.forkThread({ ...source, user: "a" } as never, config));
      await fails("to.threadId", checkpointer.forkThread(source, {} as never));
      await fails("to", checkpointer.forkThread(source, undefined as never));
    },

    async "a config that was right once is checked again when it has changed"({ checkpointer }) {
      const { threadId } = newConfig();
      const given: Record<string, unknown> = { threadId, userId: undefined };
      const read = (): Promise<unknown> => checkpointer.getState(given as never);
      await read();
      delete given["userId"];
      given["userID"] = "a";
      assert.equal((await rejection(read(), InvalidConfigError)).field, "config.userID");
      delete given["userID"];
      await read();
      given["userId"] = null;
      assert.equal((await rejection(read(), InvalidConfigError)).field, "config.userId");
    },

    async "undefined is as good as left out"({ checkpointer }) {
      const given = { ...newConfig(), namespace: undefined, runId: undefined };
      await checkpointer.putState(given, stateWith({ n: 1 }));
      assert.equal((await checkpointer.getState({ threadId: given.threadId, userId: undefined }))?.["n"], 1);
      await checkpointer.listThreads({ userId: undefined }, { limit: 1, search: undefined });
      await checkpointer.stats({ userId: undefined, threadId: undefined });
    },
  },
};
