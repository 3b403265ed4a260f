import assert from "node:assert/strict";
import { AccessDeniedError, ReleasedError, RunHeldError, RunLostError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Checkpointer, MethodName, Subject } from "./subject.ts";

type Config = Parameters<Checkpointer["getState"]>[0];
/** The shortest life that a lease may have. */
const SHORT = { ttlMs: 1_000, renew: false } as const;

/** Methods that write a thread under a lease. */
type LeasedMethod = Extract<
  MethodName,
  | "putState"
  | "putStateCache"
  | "updateState"
  | "clearState"
  | "repairState"
  | "putMessages"
  | "deleteMessage"
  | "putThread"
  | "checkpoint"
  | "beginRun"
  | "deleteThread"
>;

function writesOf(checkpointer: Checkpointer, config: Config): Readonly<Record<LeasedMethod, () => Promise<unknown>>> {
  return {
    putState: () => checkpointer.putState(config, stateWith({ n: 1 })),
    putStateCache: () => checkpointer.putStateCache(config, stateWith({ n: 2 })),
    updateState: () => checkpointer.updateState(config, () => stateWith({ n: 3 })),
    repairState: () => checkpointer.repairState(config),
    clearState: () => checkpointer.clearState(config),
    putMessages: () => checkpointer.putMessages(config, numberedMessages(2)),
    deleteMessage: () => checkpointer.deleteMessage(config, "m0"),
    putThread: () => checkpointer.putThread(config, { threadName: "Name" }),
    checkpoint: () =>
      checkpointer.checkpoint(config, { state: stateWith(), messages: numberedMessages(1), thread: {} }),
    beginRun: () => checkpointer.beginRun(config),
    deleteThread: () => checkpointer.deleteThread(config),
  };
}

/** The right to be a thread's only run, for a time. */
export const runLeases: Subject = {
  name: "run leases",
  promises: {
    async "acquireRun makes the thread, and begins the run that was named, or a new one"({ checkpointer, another }) {
      const config = newConfig();
      const named = await checkpointer.acquireRun({ ...config, runId: "run-1" });
      assert.equal(named.runId, "run-1");
      const { lease, ...rest } = named.config;
      assert.deepEqual(rest, { ...config, runId: "run-1" });
      assert.match(String(lease), /^[\da-f-]{36}$/);
      const thread = await (await another()).getThread(config);
      assert.deepEqual([thread?.runId, thread?.userId], ["run-1", config.userId]);
      await named.release();
      const fresh = await checkpointer.acquireRun(config);
      assert.match(fresh.runId, /^[\da-f-]{36}$/);
      assert.notEqual(fresh.config.lease, lease);
      assert.equal((await checkpointer.getThread(config))?.runId, fresh.runId);
    },

    async "a new run is not asked what the one before was"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.beginRun({ ...config, runId: "run-1" });
      await (await another()).requestStop(config);
      const lease = await checkpointer.acquireRun(config);
      assert.equal(await checkpointer.stopRequested(lease.config), false);
      await (await another()).requestStop(config);
      assert.equal(await checkpointer.stopRequested(lease.config), true);
    },

    async "while it is held nobody else acquires a run, in whatever namespace, and the thread stays as it is"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const lease = await checkpointer.acquireRun(config);
      for (const one of [checkpointer, await another()]) {
        for (const namespace of ["", "planner"]) {
          const error = await rejection(one.acquireRun({ ...config, namespace, runId: "late" }), RunHeldError);
          assert.ok(error.restMs > 0 && error.restMs <= 30_000, String(error.restMs));
          assert.equal(error.retryable, true);
        }
      }
      assert.equal((await checkpointer.getThread(config))?.runId, lease.runId);
      await checkpointer.putState(lease.config, stateWith({ n: 1 }));
    },

    async "of many that acquire at once one gets it, and each that waits gets its turn"({ checkpointer, another }) {
      const config = newConfig();
      const workers = [checkpointer, await another(), await another()];
      let holders = 0;
      await Promise.all(
        workers.flatMap((worker) =>
          [1, 2].map(async () => {
            await using lease = await worker.acquireRun(config, { waitMs: 60_000 });
            assert.equal(++holders, 1);
            const state = (await worker.getState(lease.config)) ?? stateWith({ n: 0 });
            state["n"] = Number(state["n"]) + 1;
            await worker.putState(lease.config, state);
            holders--;
          }),
        ),
      );
      assert.equal((await checkpointer.getState(config))?.["n"], 6);
    },

    async "under a lease every method writes, durably before it answers"({ checkpointer, another }) {
      const config = newConfig();
      const lease = await checkpointer.acquireRun(config);
      const other = await another();
      await checkpointer.putStateCache(lease.config, stateWith({ n: 1 }));
      const state = (await checkpointer.getStateCache(lease.config)) ?? stateWith();
      await checkpointer.putStateCache(lease.config, Object.assign(state, { n: 2 }));
      assert.equal((await other.listStates(config)).length, 2);
      for (const write of Object.values(writesOf(checkpointer, lease.config))) await write();
      assert.equal(await other.getThread(config), null);
    },

    async "a worker that slept through its lease cannot write: each method is a RunLostError, and nothing is written"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      await checkpointer.putMessages(config, numberedMessages(1));
      const sleeper = await checkpointer.acquireRun(config, SHORT);
      const stale = (await checkpointer.getState(sleeper.config)) ?? stateWith();
      const worker = await another();
      const lease = await worker.acquireRun(config, { waitMs: 60_000 });
      const before = await contentsOf(worker, config);
      const error = await rejection(checkpointer.putState(sleeper.config, { ...stale, by: "sleeper" }), RunLostError);
      assert.equal(error.retryable, false);
      for (const [method, write] of Object.entries(writesOf(checkpointer, sleeper.config))) {
        await rejection(write(), RunLostError);
        assert.deepEqual(await contentsOf(worker, config), before, method);
      }
      await rejection(sleeper.renew(), RunLostError);
      await worker.putState(lease.config, stateWith({ by: "worker" }));
      assert.equal((await checkpointer.getState(config))?.["by"], "worker");
      assert.ok(sleeper.signal.aborted);
    },

    async "a lease that has passed, or was given back, writes no more, even if nobody else came"({ checkpointer }) {
      const config = newConfig();
      const askedMs = performance.now();
      const passed = await checkpointer.acquireRun(config, SHORT);
      const answeredMs = performance.now();
      await aborted(passed.signal);
      assert.ok(passed.signal.reason instanceof RunLostError);
      // The process counts from when it asked, the store from when it was asked: until then its lease stands a little longer.
      await pause(answeredMs - askedMs + 2);
      await rejection(checkpointer.putState(passed.config, stateWith()), RunLostError);
      const given = await checkpointer.acquireRun(config);
      await given.release();
      await given.release();
      assert.equal(given.signal.aborted, false);
      await rejection(checkpointer.putState(given.config, stateWith()), RunLostError);
      await rejection(given.renew(), RunLostError);
      assert.equal(await checkpointer.getState(config), null);
    },

    async "a lease that renews itself outlives its time; one that is renewed by hand does too"({
      checkpointer,
      another,
    }) {
      const [config, watched] = [newConfig(), newConfig()];
      const renewed = await checkpointer.acquireRun(config, { ttlMs: 1_000 });
      const byHand = await checkpointer.acquireRun(watched, SHORT);
      // Somebody else's ends twice meanwhile, so this one's time is up, but for its renewals.
      const other = await another();
      const clock = newConfig();
      for (let round = 0; round < 2; round++) {
        const passing = await other.acquireRun(clock, { ...SHORT, waitMs: 60_000 });
        while (!passing.signal.aborted) {
          await byHand.renew();
          await pause();
        }
      }
      await checkpointer.putState(renewed.config, stateWith({ n: 1 }));
      await checkpointer.putState(byHand.config, stateWith({ n: 1 }));
      assert.equal(renewed.signal.aborted, false);
      await rejection(other.acquireRun(config), RunHeldError);
    },

    async "who writes without a lease is not kept out; the version tells of him"({ checkpointer, another }) {
      const config = newConfig();
      const lease = await checkpointer.acquireRun(config);
      await checkpointer.putState(lease.config, stateWith({ n: 1 }));
      const other = await another();
      await other.putThread(config, { threadName: "renamed" });
      await other.putMessages(config, numberedMessages(1));
      await other.requestStop(config);
      assert.equal(await checkpointer.stopRequested(lease.config), true);
      assert.equal((await checkpointer.getThread(config))?.threadName, "renamed");
    },

    async "release gives back what the checkpointer holds"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const lease = await other.acquireRun(config);
      await other.release();
      await (await checkpointer.acquireRun(config)).release();
      assert.equal(lease.signal.aborted, false);
    },

    async "release ends a wait for somebody else's lease"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.acquireRun(config);
      const other = await another();
      const waiting = rejection(other.acquireRun(config, { waitMs: 86_400_000 }), ReleasedError);
      await other.release();
      await waiting;
      assert.equal((await checkpointer.getThread(config))?.userId, config.userId);
    },

    async "a thread that is deleted and made again knows nothing of the lease, nor does a copy"({ checkpointer }) {
      const config = newConfig();
      const lease = await checkpointer.acquireRun(config);
      await checkpointer.putState(lease.config, stateWith());
      const fork = { ...config, threadId: unique("fork") };
      await checkpointer.forkThread(config, fork);
      await (await checkpointer.acquireRun(fork)).release();
      await checkpointer.deleteThread(config);
      for (const write of Object.values(writesOf(checkpointer, lease.config))) await rejection(write(), RunLostError);
      assert.equal(await checkpointer.getThread(config), null);
      await checkpointer.putState(config, stateWith({ n: 2 }));
      await rejection(checkpointer.putState(lease.config, stateWith({ n: 3 })), RunLostError);
      assert.equal((await checkpointer.getState(config))?.["n"], 2);
    },

    async "another user neither acquires a run nor hears that it is held"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.acquireRun(config);
      const stranger = { threadId: config.threadId, userId: unique("stranger") };
      for (const one of [checkpointer, await another()]) {
        await rejection(one.acquireRun(stranger), AccessDeniedError);
        await rejection(one.acquireRun(stranger, { waitMs: 60_000 }), AccessDeniedError);
      }
    },
  },
};

/** All that a write could have changed. */
async function contentsOf(checkpointer: Checkpointer, config: Config): Promise<unknown> {
  const { state, messages, thread } = {
    state: await checkpointer.getState(config),
    messages: await checkpointer.listMessages(config),
    thread: await checkpointer.getThread(config),
  };
  return [state, (await checkpointer.listStates(config)).length, messages, thread];
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    // A lease's own timer keeps no process alive, so this one does.
    const alive = setInterval(() => {}, 1_000);
    signal.addEventListener("abort", () => {
      clearInterval(alive);
      resolve(undefined);
    });
  });
}

async function pause(milliseconds = 100): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
