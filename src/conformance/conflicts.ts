import assert from "node:assert/strict";
import { type AgentState, ConflictError, ValidationError, versionOf } from "../index.ts";
import { rejection, sameExactly, settled } from "./expectations.ts";
import { fieldsOf, newConfig, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

type State = AgentState<AnyFields>;

/** Compare-and-swap: what a write is based on, and who is refused. */
export const conflicts: Subject = {
  name: "conflicts of states",
  promises: {
    async "of two writers from the same read one is told of the conflict, and nothing is lost"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ by: "nobody" }));
      const other = await another();
      const first = (await checkpointer.getState(config)) as State;
      const second = (await other.getState(config)) as State;
      first["by"] = "first";
      second["by"] = "second";
      await checkpointer.putState(config, first);
      const error = await rejection(other.putState(config, second), ConflictError);
      assert.deepEqual([error.expected, error.actual, error.retryable], [1, 2, false]);
      for (const reader of [checkpointer, other]) assert.equal((await reader.getState(config))?.["by"], "first");
      assert.equal((await checkpointer.listStates(config)).length, 2);
    },

    async "of many writers at once from the same read exactly one succeeds"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const writers = [checkpointer, await another()];
      const reads = await Promise.all(
        Array.from({ length: 8 }, (_, index) => readBy(writers[index % 2] as Checkpointer, config)),
      );
      const { succeeded, errors } = await settled(
        reads.map(({ writer, state }, index) => writer.putState(config, { ...state, index })),
      );
      assert.equal(succeeded, 1);
      assert.equal(errors.length, 7);
      for (const error of errors) {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual([error.expected, error.actual], [1, 2]);
      }
      assert.equal((await checkpointer.listStates(config)).length, 2);
    },

    async "who was refused reads again, and then succeeds"({ checkpointer }) {
      const config = newConfig();
      const mine = await checkpointer.putState(config, stateWith({ count: 1 }));
      const stale = { ...mine, count: 10 };
      await checkpointer.putState(config, { ...mine, count: 2 });
      await rejection(checkpointer.putState(config, stale), ConflictError);
      const again = (await checkpointer.getState(config)) as State;
      again["count"] = (again["count"] as number) + 10;
      await checkpointer.putState(config, again);
      assert.equal((await checkpointer.getState(config))?.["count"], 12);
    },

    async "reading anew does not make a state writable that was read before"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const old = (await checkpointer.getState(config)) as State;
      const other = await another();
      await other.putState(config, { ...((await other.getState(config)) as State), n: 2 });
      // A poll, a list, a page: what was read belongs to the answer, not to the checkpointer or the config.
      assert.equal((await checkpointer.getState(config))?.["n"], 2);
      await checkpointer.getState(config, { version: 2 });
      await checkpointer.listStates(config);
      const error = await rejection(checkpointer.putState(config, { ...old, n: 3 }), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 2]);
      assert.equal((await other.getState(config))?.["n"], 2);
    },

    async "a state that was read before a clear conflicts with it"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith());
      await checkpointer.clearState(config);
      const error = await rejection(checkpointer.putState(config, state), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 2]);
      assert.equal(await checkpointer.getState(config), null);
    },

    async "a state of an earlier version conflicts, unless it is told to overwrite"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ life: "first" }));
      await checkpointer.putState(config, stateWith({ life: "second" }));
      const old = (await checkpointer.getState(config, { version: 1 })) as State;
      const error = await rejection(checkpointer.putState(config, old), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 2]);
      await checkpointer.putState(config, old, { onConflict: "overwrite" });
      assert.equal(versionOf(old), 3);
      assert.equal((await checkpointer.getState(config))?.["life"], "first");
    },

    async "a fresh state overwrites"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ by: "first", gone: true }));
      const put = await (await another()).putState(config, stateWith({ by: "second" }));
      assert.equal(versionOf(put), 2);
      sameExactly(await checkpointer.getState(config), put);
    },

    async "a state of another thread or namespace overwrites, and counts on from there"({ checkpointer }) {
      const source = newConfig();
      const target = { ...newConfig(), userId: source.userId };
      for (const step of [1, 2, 3]) await checkpointer.putState(source, stateWith({ step }));
      await checkpointer.putState(target, stateWith({ step: 0 }));
      const foreign = (await checkpointer.getState(source)) as State;
      await checkpointer.putState(target, foreign);
      assert.equal(versionOf(foreign), 2);
      const elsewhere = { ...source, namespace: "elsewhere" };
      await checkpointer.putState(elsewhere, (await checkpointer.getState(source)) as State);
      assert.equal(versionOf((await checkpointer.getState(elsewhere)) as State), 1);
      assert.equal((await checkpointer.getState(target))?.["step"], 3);
    },

    async "a spread keeps the version, so the copy is compared too"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith());
      const copy = { ...state, edited: true };
      assert.equal(versionOf(copy), 1);
      await checkpointer.putState(config, { ...state });
      await rejection(checkpointer.putState(config, copy), ConflictError);
    },

    async "the version never shows in JSON, and a copy through JSON or structuredClone overwrites"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      const text = JSON.stringify(state);
      assert.deepEqual(Object.keys(JSON.parse(text) as object), ["context", "contextSummary", "executionMeta", "n"]);
      assert.equal(text, JSON.stringify(fieldsOf(state)));
      for (const copy of [JSON.parse(text) as State, structuredClone(state)]) {
        assert.equal(versionOf(copy), undefined);
        await checkpointer.putState(config, { ...stateWith(), n: 2 });
        await checkpointer.putState(config, copy);
        assert.equal((await checkpointer.getState(config))?.["n"], 1);
      }
    },

    async "ifVersion names the version that must stand, whatever the state carries"({ checkpointer }) {
      const config = newConfig();
      const first = await checkpointer.putState(config, stateWith({ n: 1 }));
      const kept = { ...first, n: 3 };
      await checkpointer.putState(config, stateWith({ n: 2 }), { ifVersion: 1 });
      const error = await rejection(checkpointer.putState(config, stateWith(), { ifVersion: 1 }), ConflictError);
      assert.deepEqual([error.expected, error.actual], [1, 2]);
      await checkpointer.putState(config, kept, { ifVersion: 2 });
      assert.equal(versionOf(kept), 3);
      const future = await rejection(checkpointer.putState(config, stateWith(), { ifVersion: 9 }), ConflictError);
      assert.deepEqual([future.expected, future.actual], [9, 3]);
      assert.equal((await checkpointer.getState(config))?.["n"], 3);
    },

    async "ifVersion 0 writes only where there is no state"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }), { ifVersion: 0 });
      for (const writer of [checkpointer, await another()]) {
        const error = await rejection(writer.putState(config, stateWith({ n: 2 }), { ifVersion: 0 }), ConflictError);
        assert.deepEqual([error.expected, error.actual], [0, 1]);
      }
      assert.equal((await checkpointer.getState(config))?.["n"], 1);
      await checkpointer.clearState(config);
      await checkpointer.putState(config, stateWith({ n: 3 }), { ifVersion: 0 });
      assert.equal((await checkpointer.getState(config))?.["n"], 3);
    },

    async "ifVersion 0 writes where the state was cleared and the thread deleted since, by whomever"({
      checkpointer,
      another,
    }) {
      const other = await another();
      for (const deleter of [checkpointer, other]) {
        const config = newConfig();
        await checkpointer.putState(config, stateWith({ n: 1 }));
        await checkpointer.clearState(config);
        await deleter.deleteThread(config);
        const put = await checkpointer.putState(config, stateWith({ n: 2 }), { ifVersion: 0 });
        assert.equal(versionOf(put), 1);
        sameExactly(await other.getState(config), put);
      }
    },

    async "of many writers at once with ifVersion 0 exactly one makes the state"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      const calls = Array.from({ length: 8 }, (_, index) =>
        (writers[index % 2] as Checkpointer).putState(config, stateWith({ index }), { ifVersion: 0 }),
      );
      const { succeeded, errors } = await settled(calls);
      assert.equal(succeeded, 1);
      for (const error of errors) {
        assert.ok(error instanceof ConflictError);
        assert.deepEqual([error.expected, error.actual], [0, 1]);
      }
      assert.equal((await checkpointer.listStates(config)).length, 1);
    },

    async "ifVersion of a thread that does not exist conflicts and makes none"({ checkpointer }) {
      const config = newConfig();
      const last = 2 ** 31 - 2; // the last version that another one can follow
      await rejection(checkpointer.putState(config, stateWith(), { ifVersion: last }), ConflictError);
      const error = await rejection(checkpointer.putState(config, stateWith(), { ifVersion: 4 }), ConflictError);
      assert.deepEqual([error.expected, error.actual], [4, 0]);
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "ifVersion and overwrite together are a ValidationError"({ checkpointer }) {
      const config = newConfig();
      const call = checkpointer.putState(config, stateWith(), { ifVersion: 0, onConflict: "overwrite" });
      await rejection(call, ValidationError);
      assert.equal(await checkpointer.getThread(config), null);
      await checkpointer.putState(config, stateWith(), { ifVersion: 0, onConflict: "reject" });
    },

    async "writers that overwrite at the same time all succeed, one after the other"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      const calls = Array.from({ length: 12 }, (_, index) =>
        (writers[index % 2] as Checkpointer).putState(config, stateWith({ index }), { onConflict: "overwrite" }),
      );
      const versions = (await Promise.all(calls)).map((state) => versionOf(state) as number);
      assert.deepEqual(
        versions.toSorted((left, right) => left - right),
        Array.from({ length: 12 }, (_, n) => n + 1),
      );
      for (const [index, version] of versions.entries()) {
        assert.equal((await checkpointer.getState(config, { version }))?.["index"], index);
      }
    },
  },
};

async function readBy(
  writer: Checkpointer,
  config: Parameters<Checkpointer["getState"]>[0],
): Promise<{ writer: Checkpointer; state: State }> {
  return { writer, state: (await writer.getState(config)) as State };
}
