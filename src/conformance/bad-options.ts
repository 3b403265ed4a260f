import assert from "node:assert/strict";
import { ValidationError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, MethodName, Promises, Subject } from "./subject.ts";

type Config = ReturnType<typeof newConfig>;
type CallWith = (checkpointer: Checkpointer, config: Config, options: never) => Promise<unknown>;

/** Methods that take none; of `warmCache` they stand in the config. */
type WithoutOptions =
  | "setup"
  | "clearState"
  | "getMessage"
  | "deleteMessage"
  | "putThread"
  | "getThread"
  | "deleteThread"
  | "repairState"
  | "warmCache"
  | "beginRun"
  | "requestStop"
  | "stopRequested"
  | "health"
  | "stats";
type OptionMethod = Exclude<MethodName, WithoutOptions>;

/** Methods that take options. */
const methods: Readonly<Record<OptionMethod, CallWith>> = {
  putState: (checkpointer, config, options) => checkpointer.putState(config, stateWith(), options),
  getState: (checkpointer, config, options) => checkpointer.getState(config, options),
  putStateCache: (checkpointer, config, options) => checkpointer.putStateCache(config, stateWith(), options),
  getStateCache: (checkpointer, config, options) => checkpointer.getStateCache(config, options),
  listStates: (checkpointer, config, options) => checkpointer.listStates(config, options),
  updateState: (checkpointer, config, options) => checkpointer.updateState(config, () => stateWith(), options),
  putMessages: (checkpointer, config, options) => checkpointer.putMessages(config, numberedMessages(1), options),
  listMessages: (checkpointer, config, options) => checkpointer.listMessages(config, options),
  listThreads: (checkpointer, { userId }, options) => checkpointer.listThreads({ userId }, options),
  forkThread: (checkpointer, config, options) => checkpointer.forkThread(config, newConfig(), options),
  checkpoint: (checkpointer, config, options) => checkpointer.checkpoint(config, { state: stateWith() }, options),
  acquireRun: (checkpointer, config, options) => checkpointer.acquireRun(config, options),
  watch: async (checkpointer, config, options) => await checkpointer.watch(config, options).next(),
};

const badCounts = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "10", null, 2n];
const badVersions = [0, -1, 1.5, Number.NaN, "1", null, 2 ** 31];
const badTexts = [1, null, ["a"]];
const badRecords = [1, null, ["a"], "a"];
const badDurabilities = ["later", "", null, true, 1];
const badInstants = ["yesterday", null, Number.NaN, new Date(Number.NaN), true];

/** Wrong values of each option, by method. */
const wrong: Readonly<Record<OptionMethod, Readonly<Record<string, readonly unknown[]>>>> = {
  putState: {
    durability: badDurabilities,
    ifVersion: [-1, 0.5, "1", null, 2 ** 31 - 1],
    onConflict: ["ignore", true, null],
    metadata: badRecords,
  },
  putStateCache: {
    durability: [...badDurabilities, "sync"],
    ifVersion: [-1, 0.5, "1", null, 2 ** 31 - 1],
    onConflict: ["ignore", true, null],
    metadata: badRecords,
  },
  getStateCache: { atLeast: [1, null, "", {}, new Date(0)] },
  getState: { version: badVersions },
  listStates: { before: badVersions, limit: badCounts, metadata: badRecords },
  updateState: { maxAttempts: [0, 1_001, 1.5, "3", null], durability: badDurabilities, metadata: badRecords },
  putMessages: { metadata: badRecords },
  listMessages: {
    search: badTexts,
    limit: badCounts,
    offset: badCounts,
    before: [1, "", null],
    after: [1, "", null],
    order: ["up", "ASC", true],
    role: ["robot", ["user", "robot"], 1],
    since: badInstants,
    until: badInstants,
  },
  listThreads: {
    search: badTexts,
    metadata: badRecords,
    limit: badCounts,
    offset: badCounts,
    before: [1, "", null],
    after: [1, "", null],
  },
  forkThread: { version: badVersions },
  checkpoint: {
    // A whole turn is durable before the call answers.
    durability: [...badDurabilities, "async", "exit"],
    ifVersion: [-1, "1"],
    onConflict: ["ignore"],
    metadata: badRecords,
  },
  acquireRun: {
    ttlMs: [...badCounts, 0, 999, 86_400_001],
    waitMs: [...badCounts, 86_400_001],
    renew: [1, "yes", null],
  },
  watch: { pollMs: [...badCounts, 0, 9, 3_600_001], signal: [null, {}, true, new AbortController()] },
};

/** Options that are wrong. */
export const badOptions: Subject = {
  name: "wrong options",
  promises: {
    ...Object.fromEntries(
      byMethod(wrong).flatMap(([method, options]) =>
        Object.entries(options).map(([option, values]): [string, Promises[string]] => [
          `${method} refuses wrong values of ${option} with a ValidationError that names it`,
          ({ checkpointer }) => refuses(checkpointer, method, option, values),
        ]),
      ),
    ),
    ...Object.fromEntries(
      byMethod(methods).map(([method]): [string, Promises[string]] => [
        `${method} refuses an option that it does not know with a ValidationError that names it`,
        ({ checkpointer }) => refuses(checkpointer, method, "limits", [1, undefined]),
      ]),
    ),

    async "a part of a checkpoint that does not exist is a ValidationError"({ checkpointer }) {
      const config = newConfig();
      const parts = { messages: numberedMessages(1), message: numberedMessages(1)[0] };
      const error = await rejection(checkpointer.checkpoint(config, parts), ValidationError);
      assert.equal(error.field, "parts.message");
      for (const none of [undefined, null, numberedMessages(1)]) {
        await rejection(checkpointer.checkpoint(config, none as never), ValidationError);
      }
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a change that is no function is a ValidationError"({ checkpointer }) {
      const config = newConfig();
      for (const change of [undefined, null, stateWith()]) {
        assert.equal(
          (await rejection(checkpointer.updateState(config, change as never), ValidationError)).field,
          "change",
        );
      }
    },

    async "a message id that cannot be one is a ValidationError"({ checkpointer }) {
      const config = newConfig();
      for (const messageId of [undefined, null, 1, "", "a\0", "x".repeat(513)]) {
        const get = await rejection(checkpointer.getMessage(config, messageId as string), ValidationError);
        const remove = await rejection(checkpointer.deleteMessage(config, messageId as string), ValidationError);
        assert.deepEqual([get.field, remove.field], ["messageId", "messageId"]);
      }
    },
  },
};

function byMethod<T>(record: Readonly<Record<OptionMethod, T>>): [OptionMethod, T][] {
  return Object.entries(record) as [OptionMethod, T][];
}

async function refuses(
  checkpointer: Checkpointer,
  method: OptionMethod,
  option: string,
  values: readonly unknown[],
): Promise<void> {
  const config = newConfig();
  const call = methods[method];
  const present = method === "forkThread";
  if (present) await checkpointer.putThread(config);
  for (const value of values) {
    const options: AnyFields = { [option]: value };
    const error = await rejection(call(checkpointer, config, options as never), ValidationError);
    assert.match(error.field, new RegExp(`^options\\.${option}(\\[|$)`));
  }
  if (!present) assert.equal(await checkpointer.getThread(config), null);
}
