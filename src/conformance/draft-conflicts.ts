import assert from "node:assert/strict";
import { type AgentState, ConflictError, versionOf } from "../index.ts";
import { rejection, sameExactly, settled } from "./expectations.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

type State = AgentState<AnyFields>;

/** Compare-and-swap of states that need not wait for the database. */
export const draftConflicts: Subject = {
  name: "conflicts of drafts",
  promises: {
    async "of two drafts from the same read one is told of the conflict, and nothing is lost"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const first = (await checkpointer.getStateCache(config)) as State;
      const second = (await other.getStateCache(config)) as State;
      await checkpointer.putStateCache(config, { ...first, by: "first" });
      const error = await rejection(other.putStateCache(config, { ...second, by: "second" }), ConflictError);
      assert.deepEqual([error.expected, error.actual, error.retryable], [1, 2, false]);
      const again = (await other.getStateCache(config)) as State;
      assert.equal(again["by"], "first");
      await other.putStateCache(config, { ...again, by: "second" });
      for (const one of [checkpointer, other]) await one.release();
      const history = await historyOf(await another(), config);
      assert.deepEqual(history, ["nobody", "first", "second"]);
    },

    async "of many drafts at once from the same read exactly one succeeds"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const reads = await Promise.all(writers.map((writer) => writer.getStateCache(config)));
      const calls = Array.from({ length: 8 }, (_, index) =>
        (writers[index % 2] as Checkpointer).putStateCache(config, { ...(reads[index % 2] as State), by: index }),
      );
      const { succeeded, errors } = await settled(calls);
      assert.equal(succeeded, 1);
      for (const error of errors) {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual([error.expected, error.actual], [1, 2]);
      }
      for (const writer of writers) await writer.release();
      assert.equal((await historyOf(await another(), config)).length, 2);
    },

    async "a draft conflicts with what another one has committed since"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const stale = (await other.getStateCache(config)) as State;
      await checkpointer.putState(config, stateWith({ by: "first" }), { durability: "sync" });
      await rejection(other.putStateCache(config, { ...stale, by: "second" }), ConflictError);
      assert.equal((await other.getStateCache(config))?.["by"], "first");
      await other.release();
      assert.deepEqual(await historyOf(checkpointer, config), ["nobody", "first"]);
    },

    async "a state that was read before a draft of this checkpointer conflicts with it, drafted or not"({
      checkpointer,
    }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const stale = (await checkpointer.getState(config)) as State;
      await checkpointer.putStateCache(config, { ...stale, by: "first" });
      for (const durability of ["async", "exit", "sync"] as const) {
        const call = checkpointer.putState(config, { ...stale, by: durability }, { durability });
        const error = await rejection(call, ConflictError);
        assert.deepEqual([error.expected, error.actual], [1, 2]);
      }
      const turn = checkpointer.checkpoint(config, { state: { ...stale, by: "turn" } });
      await rejection(turn, ConflictError);
      assert.deepEqual(await historyOf(checkpointer, config), ["nobody", "first"]);
      assert.equal((await checkpointer.listThreads({ userId: config.userId })).length, 1);
    },

    async "a draft of a state from before a clear conflicts with it"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const state = await checkpointer.putState(config, stateWith());
      const read = (await other.getStateCache(config)) as State;
      await checkpointer.clearState(config);
      await rejection(checkpointer.putStateCache(config, state), ConflictError);
      await rejection(other.putStateCache(config, read), ConflictError);
      for (const reader of [checkpointer, other]) assert.equal(await reader.getStateCache(config), null);
    },

    async "a draft of a state from before a deletion conflicts, and makes nothing"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const state = await checkpointer.putState(config, stateWith({ life: 1 }));
      const read = (await other.getStateCache(config)) as State;
      await checkpointer.deleteThread(config);
      await rejection(checkpointer.putStateCache(config, { ...state }), ConflictError);
      await rejection(other.putStateCache(config, { ...read }), ConflictError);
      assert.equal(await other.getThread(config), null);
      await checkpointer.putState(config, stateWith({ life: 2 }));
      await rejection(other.putStateCache(config, { ...read }), ConflictError);
      assert.equal((await other.getStateCache(config))?.["life"], 2);
    },

    async "a fresh draft overwrites, and so does one that is told to"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const stale = await checkpointer.putState(config, stateWith({ by: 1 }));
      await other.putStateCache(config, stateWith({ by: 2 }));
      const fresh = await checkpointer.putStateCache(config, stateWith({ by: 3 }));
      assert.equal(versionOf(fresh), 3);
      const told = await checkpointer.putStateCache(config, { ...stale, by: 4 }, { onConflict: "overwrite" });
      assert.equal(versionOf(told), 4);
      for (const reader of [other, checkpointer]) sameExactly(await reader.getStateCache(config), told);
      for (const one of [checkpointer, other]) await one.release();
      assert.deepEqual(await historyOf(await another(), config), [1, 2, 3, 4]);
    },

    async "drafts that overwrite at the same time all succeed, one after the other"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const calls = Array.from({ length: 12 }, (_, index) =>
        (writers[index % 2] as Checkpointer).putStateCache(config, stateWith({ by: index })),
      );
      const versions = (await Promise.all(calls)).map((state) => versionOf(state) as number);
      assert.deepEqual(
        versions.toSorted((left, right) => left - right),
        Array.from({ length: 12 }, (_, n) => n + 2),
      );
      for (const writer of writers) await writer.release();
      const history = await historyOf(await another(), config);
      assert.equal(history.length, 13);
      for (const [index, version] of versions.entries()) assert.equal(history[version - 1], index);
    },

    async "ifVersion names the version that must stand, drafts included"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ by: 1 }));
      await checkpointer.putStateCache(config, stateWith({ by: 2 }), { ifVersion: 1 });
      for (const writer of [checkpointer, other]) {
        for (const ifVersion of [0, 1, 9]) {
          const error = await rejection(writer.putStateCache(config, stateWith(), { ifVersion }), ConflictError);
          assert.deepEqual([error.expected, error.actual], [ifVersion, 2]);
        }
      }
      await other.putStateCache(config, stateWith({ by: 3 }), { ifVersion: 2 });
      assert.equal((await checkpointer.getStateCache(config))?.["by"], 3);
    },

    async "ifVersion of a thread that does not exist conflicts unless it is 0, and makes none"({ checkpointer }) {
      const config = newConfig();
      const error = await rejection(checkpointer.putStateCache(config, stateWith(), { ifVersion: 4 }), ConflictError);
      assert.deepEqual([error.expected, error.actual], [4, 0]);
      assert.equal(await checkpointer.getThread(config), null);
      await checkpointer.putStateCache(config, stateWith({ n: 1 }), { ifVersion: 0 });
      assert.equal((await checkpointer.getStateCache(config))?.["n"], 1);
    },

    async "20 increments at once from two checkpointers that draft are all there"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      await checkpointer.putState(config, stateWith({ by: 0 }));
      const calls = Array.from({ length: 20 }, (_, index) =>
        (writers[index % 2] as Checkpointer).updateState(
          config,
          (state) => ({ ...(state as State), by: ((state as State)["by"] as number) + 1 }),
          { durability: "async", maxAttempts: 1_000 },
        ),
      );
      await Promise.all(calls);
      assert.equal((await checkpointer.getStateCache(config))?.["by"], 20);
      for (const writer of writers) await writer.release();
      assert.deepEqual(
        await historyOf(await another(), config),
        Array.from({ length: 21 }, (_, n) => n),
      );
    },
  },
};

/** What each version says that it is by, the first one first. */
async function historyOf(reader: Checkpointer, config: ReturnType<typeof newConfig>): Promise<unknown[]> {
  const versions = (await reader.listStates(config)).map((info) => info.version).toReversed();
  assert.deepEqual(
    versions,
    Array.from(versions, (_, index) => index + 1),
  );
  return await Promise.all(versions.map(async (version) => (await reader.getState(config, { version }))?.["by"]));
}
