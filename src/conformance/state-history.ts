import assert from "node:assert/strict";
import { type AgentState, Message, NotFoundError, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { fieldsOf, newConfig, stateWith, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";
import { seededRandom } from "./seeded-random.ts";
import type { ThreadConfig } from "../index.ts";

/** Reading states of the past, and listing them. */
export const stateHistory: Subject = {
  name: "history of states",
  promises: {
    async "versions are listed newest first"({ checkpointer }) {
      const config = await withVersions(checkpointer, 4);
      const history = await checkpointer.listStates(config);
      assert.deepEqual(versionsOf(history), [4, 3, 2, 1]);
      for (const info of history) {
        assert.ok(info.createdAt instanceof Date);
        assert.equal(info.cleared, false);
        assert.deepEqual(info.metadata, {});
      }
      const times = history.map((info) => info.createdAt.getTime());
      assert.deepEqual(
        times,
        times.toSorted((left, right) => right - left),
      );
    },

    async "before and limit give pages of versions"({ checkpointer }) {
      const config = await withVersions(checkpointer, 5);
      const list = async (before: number | undefined, limit: number | undefined): Promise<number[]> =>
        versionsOf(await checkpointer.listStates(config, { before, limit }));
      assert.deepEqual(await list(undefined, 2), [5, 4]);
      assert.deepEqual(await list(4, 2), [3, 2]);
      assert.deepEqual(await list(2, 2), [1]);
      assert.deepEqual(await list(1, 2), []);
      assert.deepEqual(await list(100, undefined), [5, 4, 3, 2, 1]);
    },

    async "without a limit all versions are listed, however many"({ checkpointer }) {
      const config = await withVersions(checkpointer, 120);
      assert.equal((await checkpointer.listStates(config)).length, 120);
    },

    async "limit 0 lists no versions"({ checkpointer }) {
      const config = await withVersions(checkpointer, 2);
      assert.deepEqual(await checkpointer.listStates(config, { limit: 0 }), []);
    },

    async "metadata is kept with its version and filters by containment"({ checkpointer }) {
      const config = newConfig();
      const kept = [
        { node: "plan", tags: ["a", "b"], deep: { x: 1, y: 2 } },
        { node: "act", at: new Date(7), big: 3n },
        { node: "plan", empty: null },
      ];
      for (const metadata of kept) await checkpointer.putState(config, stateWith(), { metadata });
      await checkpointer.putState(config, stateWith());
      const all = await checkpointer.listStates(config);
      assert.deepEqual(
        all.map((info) => info.metadata),
        [{}, ...kept.toReversed()],
      );
      const list = async (metadata: AnyFields, limit?: number): Promise<number[]> =>
        versionsOf(await checkpointer.listStates(config, { metadata, limit }));
      assert.deepEqual(await list({ node: "plan" }), [3, 1]);
      assert.deepEqual(await list({ node: "plan" }, 1), [3]);
      assert.deepEqual(await list({ tags: ["b"] }), [1]);
      assert.deepEqual(await list({ deep: { y: 2 } }), [1]);
      assert.deepEqual(await list({ at: new Date(7), big: 3n }), [2]);
      assert.deepEqual(await list({ empty: null }), [3]);
      assert.deepEqual(await list({ node: "pla" }), []);
      assert.deepEqual(await list({}), [4, 3, 2, 1]);
      assert.deepEqual(await list({ deep: {} }), [1]);
      assert.deepEqual(await list({ at: {} }), [], "a Date is no record");
      assert.deepEqual(await list({ big: { v: "3" } }), [], "nor is a bigint");
    },

    async "a thread without states, and no thread, have no versions"({ checkpointer }) {
      const config = newConfig();
      assert.deepEqual(await checkpointer.listStates(config), []);
      await checkpointer.putThread(config);
      assert.deepEqual(await checkpointer.listStates(config), []);
    },

    async "every version is read as it was written, after edits of every kind"({ checkpointer, another }) {
      const config = newConfig();
      const written = await writeRandomHistory(checkpointer, config, { versions: 60, seed: 1 });
      const stranger = await another();
      for (const [index, expected] of written.entries()) {
        const version = index + 1;
        for (const reader of [checkpointer, stranger]) {
          const read = (await reader.getState(config, { version })) as AgentState<AnyFields>;
          assert.deepStrictEqual(fieldsOf(read), expected, `version ${version}`);
          assert.equal(versionOf(read), version);
        }
      }
      assert.deepStrictEqual(fieldsOf(await stranger.getState(config)), written.at(-1));
    },

    async "every version of a large state that changes wholly is read as it was written"({ checkpointer, another }) {
      const config = newConfig();
      const written: AnyFields[] = [];
      for (let turn = 0; turn < 25; turn++) {
        const state = stateWith({ scratch: String(turn).repeat(8_000), turn, kept: "the same" });
        written.push(fieldsOf(state));
        await checkpointer.putState(config, state);
      }
      const reader = await another();
      for (const [index, expected] of written.entries()) {
        sameExactly(fieldsOf(await reader.getState(config, { version: index + 1 })), expected);
      }
    },

    async "a version that was read again later is the same"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ plan: ["first"] }));
      const before = await checkpointer.getState(config, { version: 1 });
      await checkpointer.putState(config, stateWith({ plan: ["second"] }));
      await checkpointer.clearState(config);
      sameExactly(await checkpointer.getState(config, { version: 1 }), before);
    },

    async "a version that the thread never had is a NotFoundError"({ checkpointer }) {
      const config = await withVersions(checkpointer, 2);
      const error = await rejection(checkpointer.getState(config, { version: 3 }), NotFoundError);
      assert.equal(error.field, "options.version");
      await rejection(checkpointer.getState({ ...config, namespace: "other" }, { version: 1 }), NotFoundError);
      const empty = newConfig();
      await checkpointer.putThread(empty);
      await rejection(checkpointer.getState(empty, { version: 1 }), NotFoundError);
    },

    async "where there is no thread there is no version, and no error"({ checkpointer }) {
      assert.equal(await checkpointer.getState(newConfig(), { version: 1 }), null);
    },
  },
};

async function withVersions(checkpointer: Checkpointer, count: number): Promise<ThreadConfig> {
  const config = newConfig();
  for (let version = 1; version <= count; version++) await checkpointer.putState(config, stateWith({ version }));
  return config;
}

function versionsOf(history: readonly { readonly version: number }[]): number[] {
  return history.map((info) => info.version);
}

/** Writes versions that differ by random edits, and answers the fields of each. */
async function writeRandomHistory(
  checkpointer: Checkpointer,
  config: ThreadConfig,
  { versions, seed }: { readonly versions: number; readonly seed: number },
): Promise<AnyFields[]> {
  const random = seededRandom(seed);
  const state = stateWith();
  const written: AnyFields[] = [];
  for (let version = 1; version <= versions; version++) {
    editRandomly(state, random);
    await checkpointer.putState(config, state);
    written.push(fieldsOf({ ...state, context: [...state.context], executionMeta: { ...state.executionMeta } }));
  }
  return written;
}

/** One to three of the edits that agents make. Values are replaced, never changed in place. */
function editRandomly(state: AgentState<AnyFields>, random: (below: number) => number): void {
  const edits: (() => void)[] = [
    () => void state.context.push(Message.text("x".repeat(random(900)))),
    () => void state.context.push(...["a", "b", "c"].map((text) => Message.text(text))),
    () => void state.context.splice(0, random(state.context.length + 1)),
    () => void state.context.splice(random(state.context.length + 1), random(3), Message.text(unique("middle"))),
    () => (state["plan"] = Array.from({ length: random(5) }, () => random(3))),
    () => (state["seen"] = new Map([[random(5), { at: new Date(random(9)) }]])),
    () => (state[`field${random(4)}`] = "y".repeat(random(6_000))),
    () => delete state[`field${random(4)}`],
    () => (state.contextSummary = random(2) === 0 ? null : unique("summary")),
    () => (state.executionMeta = { step: random(100), status: "running" }),
  ];
  for (let count = 1 + random(3); count > 0; count--) edits[random(edits.length)]?.();
}
