import assert from "node:assert/strict";
import { ReleasedError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, textsOf, unique } from "./sample.ts";
import type { Checkpointer, MethodName, Subject } from "./subject.ts";

/** Every public method but `release`, called on a thread that exists. */
function everyCall(
  checkpointer: Checkpointer,
  config: ReturnType<typeof newConfig>,
): Readonly<Record<MethodName, () => Promise<unknown>>> {
  const fork = { threadId: unique("fork"), userId: config.userId };
  return {
    setup: () => checkpointer.setup(),
    putState: () => checkpointer.putState(config, stateWith()),
    getState: () => checkpointer.getState(config),
    putStateCache: () => checkpointer.putStateCache(config, stateWith()),
    getStateCache: () => checkpointer.getStateCache(config),
    listStates: () => checkpointer.listStates(config),
    updateState: () => checkpointer.updateState(config, (state) => state),
    putMessages: () => checkpointer.putMessages(config, numberedMessages(2)),
    getMessage: () => checkpointer.getMessage(config, "m0"),
    listMessages: () => checkpointer.listMessages(config),
    deleteMessage: () => checkpointer.deleteMessage(config, "m0"),
    putThread: () => checkpointer.putThread(config),
    getThread: () => checkpointer.getThread(config),
    listThreads: () => checkpointer.listThreads({ userId: config.userId }),
    forkThread: () => checkpointer.forkThread(config, fork),
    repairState: () => checkpointer.repairState(config),
    checkpoint: () =>
      checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(1), thread: {} }),
    warmCache: () => checkpointer.warmCache({ userId: config.userId }),
    beginRun: () => checkpointer.beginRun(config),
    acquireRun: () => checkpointer.acquireRun(config),
    requestStop: () => checkpointer.requestStop(config),
    stopRequested: () => checkpointer.stopRequested(config),
    watch: async () => await checkpointer.watch(config, { signal: AbortSignal.abort() }).next(),
    health: () => checkpointer.health(),
    clearState: () => checkpointer.clearState(config),
    stats: () => checkpointer.stats(config),
    deleteThread: () => checkpointer.deleteThread(config),
  };
}

/** Setting up, releasing, and what subclasses can rely on. */
export const lifecycle: Subject = {
  name: "lifecycle",
  promises: {
    async "setup may be called again, and by many at once, and loses nothing"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const others = await Promise.all([another(), another(), another()]);
      await Promise.all([checkpointer, ...others].map((one) => one.setup()));
      for (const one of others) assert.equal((await one.getState(config))?.["n"], 1);
    },

    async "after release every call is a ReleasedError"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.release();
      for (const call of Object.values(everyCall(checkpointer, config))) await rejection(call(), ReleasedError);
    },

    async "release may be called again, and at the same time"({ checkpointer }) {
      await Promise.all([checkpointer.release(), checkpointer.release()]);
      await checkpointer.release();
      await checkpointer[Symbol.asyncDispose]();
    },

    async "leaving the block of await using releases"({ another }) {
      const config = newConfig();
      const left = await another();
      {
        await using used = left;
        await used.putState(config, stateWith());
      }
      await rejection(left.getState(config), ReleasedError);
    },

    async "release waits for the calls under way, and they succeed"({ checkpointer, another }) {
      const config = newConfig();
      const calls = Array.from({ length: 10 }, (_, index) =>
        checkpointer.putMessages(config, numberedMessages(2, `${index}-`)),
      );
      const released = checkpointer.release();
      await Promise.all(calls);
      await released;
      assert.equal((await (await another()).listMessages(config)).length, 20);
    },

    async "what one wrote before its release is there for the next"({ checkpointer, another }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putMessages(config, numberedMessages(2));
      await checkpointer.release();
      const next = await another();
      assert.deepEqual(await next.getState(config), state);
      assert.deepEqual(textsOf(await next.listMessages(config)), ["0", "1"]);
    },

    async "releasing one leaves the others at work"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.release();
      assert.equal((await other.getState(config))?.["n"], 1);
      await other.putState(config, stateWith({ n: 2 }));
    },

    async "public methods never call each other, so an override counts each call once"({ checkpointer }) {
      const config = newConfig();
      const counts: Record<string, number> = {};
      const calls = everyCall(checkpointer, config);
      const methods = checkpointer as unknown as Record<string, (...given: unknown[]) => unknown>;
      for (const method of Object.keys(calls)) {
        const original = methods[method] as (...given: unknown[]) => unknown;
        methods[method] = (...given) => {
          counts[method] = (counts[method] ?? 0) + 1;
          return original.apply(checkpointer, given);
        };
      }
      const expected: Record<string, number> = {};
      for (const [method, call] of Object.entries(calls)) {
        await call();
        expected[method] = 1;
        assert.deepEqual(counts, expected, method);
      }
    },

    async "a checkpointer that keeps a single near copy answers as one that keeps many"({ another }) {
      const small = await another({ maxCachedThreads: 1 });
      const configs = [newConfig(), newConfig(), newConfig()];
      for (const round of [1, 2, 3]) {
        for (const config of configs) {
          await small.updateState(config, (state) => {
            const next = state ?? stateWith({ rounds: [] });
            (next["rounds"] as number[]).push(round);
            return next;
          });
        }
      }
      for (const config of configs) assert.deepEqual((await small.getState(config))?.["rounds"], [1, 2, 3]);
    },
  },
};
