import assert from "node:assert/strict";
import { AccessDeniedError, NotFoundError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, newThread, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

type Config = Parameters<Checkpointer["getState"]>[0];

/** Runs, and asking them to stop. */
export const runs: Subject = {
  name: "runs",
  promises: {
    async "beginRun makes the thread, and its run is the one that was named"({ checkpointer, another }) {
      const config = newConfig();
      assert.equal(await checkpointer.beginRun({ ...config, runId: "run-1" }), "run-1");
      const thread = await (await another()).getThread(config);
      assert.deepEqual([thread?.runId, thread?.userId], ["run-1", config.userId]);
      assert.equal(await checkpointer.beginRun({ ...config, runId: "run-2" }), "run-2");
      assert.equal((await checkpointer.getThread(config))?.runId, "run-2");
    },

    async "a run that is not named gets an id that no other has"({ checkpointer }) {
      const config = newConfig();
      const ids = [await checkpointer.beginRun(config), await checkpointer.beginRun(config)];
      for (const id of ids) assert.match(id, /^[\da-f-]{36}$/);
      assert.notEqual(ids[0], ids[1]);
      assert.equal((await checkpointer.getThread(config))?.runId, ids[1]);
    },

    async "beginRun leaves state, messages and fields as they are"({ checkpointer }) {
      const config = newConfig();
      const parts = { state: stateWith({ n: 1 }), messages: numberedMessages(2), thread: { threadName: "Name" } };
      await checkpointer.checkpoint(config, parts);
      await checkpointer.beginRun(config);
      assert.equal((await checkpointer.getState(config))?.["n"], 1);
      assert.equal((await checkpointer.listStates(config)).length, 1);
      assert.equal((await checkpointer.listMessages(config)).length, 2);
      assert.equal((await checkpointer.getThread(config))?.threadName, "Name");
    },

    async "a stop is seen at once by every checkpointer, asked for the run or for any"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const runId = await checkpointer.beginRun(config);
      for (const reader of [checkpointer, other]) await isAsked(reader, config, { [runId]: false });
      await other.requestStop({ ...config, runId });
      await other.requestStop({ ...config, runId });
      for (const reader of [checkpointer, other, await another()]) {
        await isAsked(reader, config, { [runId]: true, "another run": false });
        assert.equal(await reader.stopRequested(config), true);
      }
    },

    async "without a runId the run that wrote last is asked"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.beginRun({ ...config, runId: "run-1" });
      await checkpointer.putState({ ...config, runId: "run-2" }, stateWith());
      await (await another()).requestStop(config);
      await isAsked(checkpointer, config, { "run-1": false, "run-2": true });
    },

    async "a stop is over when the next run begins, by beginRun or by whatever it writes first"({
      checkpointer,
      another,
    }) {
      const other = await another();
      const beginnings: ((config: Config) => Promise<unknown>)[] = [
        (config) => checkpointer.beginRun(config),
        (config) => checkpointer.putState(config, stateWith()),
        (config) => checkpointer.putStateCache(config, stateWith()),
        (config) => checkpointer.updateState(config, () => stateWith()),
        (config) => checkpointer.putMessages(config, numberedMessages(1)),
        (config) => checkpointer.putThread(config),
        (config) => checkpointer.checkpoint(config, { messages: numberedMessages(1) }),
        (config) => checkpointer.putThread({ ...config, runId: undefined }, { runId: config.runId }),
      ];
      for (const begin of beginnings) {
        const config = newConfig();
        await checkpointer.putState({ ...config, runId: "run-1" }, stateWith());
        await other.requestStop(config);
        assert.equal(await checkpointer.stopRequested(config), true);
        await begin({ ...config, runId: "run-2" });
        for (const reader of [checkpointer, other]) {
          await isAsked(reader, config, { "run-1": false, "run-2": false });
          assert.equal(await reader.stopRequested(config), false, begin.toString());
        }
      }
    },

    async "what the run itself writes, or somebody without a run, leaves the stop"({ checkpointer, another }) {
      const config = newConfig();
      const run = { ...config, runId: "run-1" };
      const other = await another();
      await checkpointer.beginRun(run);
      await other.requestStop(run);
      await checkpointer.putState(run, stateWith());
      await checkpointer.putStateCache(run, stateWith());
      await checkpointer.putMessages(run, numberedMessages(1));
      await checkpointer.beginRun(run);
      await checkpointer.putState(config, stateWith());
      await other.putThread(config, { threadName: "Name" });
      await other.deleteMessage(config, "m0");
      for (const reader of [checkpointer, other]) await isAsked(reader, config, { "run-1": true });
    },

    async "a run that has not begun is asked, and finds that when it begins"({ checkpointer, another }) {
      for (const begin of ["beginRun", "putMessages"] as const) {
        const config = newConfig();
        const next = { ...config, runId: "run-2" };
        const other = await another();
        await checkpointer.beginRun({ ...config, runId: "run-1" });
        await other.requestStop(next);
        await isAsked(checkpointer, config, { "run-1": false, "run-2": true });
        await (begin === "beginRun"
          ? checkpointer.beginRun(next)
          : checkpointer.putMessages(next, numberedMessages(1)));
        await isAsked(checkpointer, config, { "run-1": false, "run-2": true });
        await checkpointer.beginRun({ ...config, runId: "run-3" });
        await isAsked(other, config, { "run-2": false, "run-3": false });
      }
    },

    async "on a thread that has had no run, whichever runs is asked, until one begins"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putMessages(config, numberedMessages(1));
      await (await another()).requestStop(config);
      assert.equal(await checkpointer.stopRequested(config), true);
      await checkpointer.beginRun({ ...config, runId: "run-1" });
      await isAsked(checkpointer, config, { "run-1": false });
      assert.equal(await checkpointer.stopRequested(config), false);
    },

    async "a stop is durable"({ checkpointer, another }) {
      const config = newConfig();
      const runId = await checkpointer.beginRun(config);
      await checkpointer.requestStop(config);
      await checkpointer.release();
      await isAsked(await another(), config, { [runId]: true });
    },

    async "a stop is of the whole thread, whatever the namespace"({ checkpointer }) {
      const config = newConfig();
      const runId = await checkpointer.beginRun({ ...config, namespace: "planner" });
      await checkpointer.requestStop(config);
      await isAsked(checkpointer, { ...config, namespace: "critic" }, { [runId]: true });
    },

    async "a copy of the thread, and one made again, are not asked"({ checkpointer }) {
      const config = newConfig();
      const run = { ...config, runId: "run-1" };
      await checkpointer.putState(run, stateWith());
      await checkpointer.requestStop(run);
      const fork = { ...config, threadId: unique("fork") };
      await checkpointer.forkThread(config, fork);
      assert.equal(await checkpointer.stopRequested(fork), false);
      await checkpointer.deleteThread(config);
      assert.equal(await checkpointer.stopRequested(config), false);
      await checkpointer.beginRun(run);
      await isAsked(checkpointer, config, { "run-1": false });
    },

    async "requestStop without a thread is a NotFoundError, and makes none; nothing was requested there"({
      checkpointer,
    }) {
      const config = newConfig();
      const error = await rejection(checkpointer.requestStop({ ...config, runId: "run-1" }), NotFoundError);
      assert.equal(error.field, "config.threadId");
      assert.equal(await checkpointer.getThread(config), null);
      assert.equal(await checkpointer.stopRequested(config), false);
    },

    async "another user neither stops nor begins a run, nor sees that it was asked"({ checkpointer, another }) {
      for (const config of [newConfig(), newThread()]) {
        const stranger = { threadId: config.threadId, userId: unique("stranger") };
        const runId = await checkpointer.beginRun(config);
        for (const one of [checkpointer, await another()]) {
          await rejection(one.requestStop(stranger), AccessDeniedError);
          await rejection(one.beginRun(stranger), AccessDeniedError);
        }
        await isAsked(checkpointer, config, { [runId]: false });
        await checkpointer.requestStop(config);
        await isAsked(checkpointer, config, { [runId]: true });
        await isAsked(checkpointer, stranger, { [runId]: false });
        assert.equal(await checkpointer.stopRequested(stranger), false);
      }
    },
  },
};

/** Whether each of some runs was asked to stop. */
async function isAsked(
  reader: Checkpointer,
  config: Config,
  expected: Readonly<Record<string, boolean>>,
): Promise<void> {
  for (const [runId, asked] of Object.entries(expected)) {
    assert.equal(await reader.stopRequested({ ...config, runId }), asked, runId);
  }
}
