import assert from "node:assert/strict";
import { type AgentState, ConflictError, Message, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

/** Reading, changing and writing as one. */
export const updates: Subject = {
  name: "updateState",
  promises: {
    async "20 increments at once from two checkpointers are all there"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ count: 0 }));
      const writers = [checkpointer, await another()];
      const calls = Array.from({ length: 20 }, (_, index) =>
        (writers[index % 2] as Checkpointer).updateState(config, (state) => {
          const standing = state as AgentState<AnyFields>;
          standing["count"] = (standing["count"] as number) + 1;
        }),
      );
      const counts = (await Promise.all(calls)).map((state) => state?.["count"] as number);
      assert.deepEqual(
        counts.toSorted((left, right) => left - right),
        Array.from({ length: 20 }, (_, n) => n + 1),
      );
      assert.equal((await checkpointer.getState(config))?.["count"], 20);
      assert.equal((await checkpointer.listStates(config)).length, 21);
    },

    async "without a state the change gets null, and may answer the first one"({ checkpointer }) {
      const config = newConfig();
      const seen: unknown[] = [];
      const made = await checkpointer.updateState(config, (state) => {
        seen.push(state);
        return stateWith({ made: true });
      });
      assert.deepEqual(seen, [null]);
      assert.equal(versionOf(made as AgentState<AnyFields>), 1);
      sameExactly(await checkpointer.getState(config), made);
    },

    async "states made at once where there was none do not overwrite each other"({ checkpointer, another }) {
      const config = newConfig();
      const writers = [checkpointer, await another()];
      const add = (text: string) => (state: AgentState<AnyFields> | null) => {
        const next = state ?? stateWith();
        next.context.push(Message.text(text));
        return next;
      };
      const texts = ["a", "b", "c", "d", "e", "f"];
      await Promise.all(
        texts.map((text, index) => (writers[index % 2] as Checkpointer).updateState(config, add(text))),
      );
      const context = (await checkpointer.getState(config))?.context ?? [];
      assert.deepEqual(context.map((message) => Message.textOf(message)).toSorted(), texts);
    },

    async "where there is none and the change answers nothing, nothing is written"({ checkpointer }) {
      const config = newConfig();
      assert.equal(await checkpointer.updateState(config, () => undefined), null);
      assert.equal(await checkpointer.updateState(config, () => null), null);
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a change that answers nothing writes the state that it was given"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ plan: ["a"] }));
      const written = await checkpointer.updateState(config, (state) => {
        assert.ok(state);
        (state["plan"] as string[]).push("b");
      });
      assert.deepEqual(written?.["plan"], ["a", "b"]);
      assert.equal(versionOf(written), 2);
      sameExactly(await checkpointer.getState(config), written);
    },

    async "a change may take its time"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.updateState(config, async (state) => {
        await checkpointer.listMessages(config);
        return { ...(state as AgentState<AnyFields>), n: 2 };
      });
      assert.equal((await checkpointer.getState(config))?.["n"], 2);
    },

    async "a change whose ground has moved runs again on the new state, whatever object it answers"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const rival = await another();
      const seen: unknown[] = [];
      const written = await checkpointer.updateState(config, async (state) => {
        seen.push(state?.["n"]);
        if (seen.length === 1) await rival.putState(config, stateWith({ n: 100 }));
        return stateWith({ n: (state?.["n"] as number) + 1 });
      });
      assert.deepEqual(seen, [1, 100]);
      assert.equal(written?.["n"], 101);
      assert.equal(versionOf(written), 3);
    },

    async "after maxAttempts the conflict is thrown"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const rival = await another();
      let attempts = 0;
      const call = checkpointer.updateState(
        config,
        async (state) => {
          attempts++;
          await rival.putState(config, stateWith({ rival: attempts }));
          return state;
        },
        { maxAttempts: 3 },
      );
      const error = await rejection(call, ConflictError);
      assert.equal(attempts, 3);
      assert.deepEqual([error.expected, error.actual], [3, 4]);
      assert.equal((await checkpointer.getState(config))?.["rival"], 3);
    },

    async "what the change throws is thrown, and nothing is written"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      const mistake = new Error("the change's own");
      await assert.rejects(
        checkpointer.updateState(config, (state) => {
          (state as AgentState<AnyFields>)["n"] = 2;
          throw mistake;
        }),
        mistake,
      );
      assert.equal((await checkpointer.getState(config))?.["n"], 1);
      assert.equal((await checkpointer.listStates(config)).length, 1);
    },

    async "after a clear the change gets null"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.clearState(config);
      for (const writer of [checkpointer, await another()]) {
        await writer.updateState(config, (state) => {
          assert.equal(state, null);
          return stateWith({ n: 2 });
        });
        assert.equal((await checkpointer.getState(config))?.["n"], 2);
        await checkpointer.clearState(config);
      }
    },

    async "metadata is kept with the version"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.updateState(config, () => stateWith(), { metadata: { node: "plan" } });
      const [info] = await checkpointer.listStates(config);
      assert.deepEqual(info?.metadata, { node: "plan" });
    },
  },
};
