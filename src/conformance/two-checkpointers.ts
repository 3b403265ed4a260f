import assert from "node:assert/strict";
import { type AgentState, Message, versionOf } from "../index.ts";
import { sameExactly } from "./expectations.ts";
import { idsOf, newConfig, numberedMessages, stateWith, textsOf } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

/** Two checkpointers over one storage, each with near copies of its own. */
export const twoCheckpointers: Subject = {
  name: "two checkpointers",
  promises: {
    async "each sees at once what the other wrote, although it holds a near copy"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()] as const;
      await checkpointer.putState(config, stateWith({ turns: [] }));
      for (let turn = 0; turn < 20; turn++) {
        const [writer, reader] = turn % 2 === 0 ? pair : ([pair[1], pair[0]] as const);
        const state = (await writer.getState(config)) as AgentState<AnyFields>;
        (state["turns"] as number[]).push(turn);
        state.context.push(Message.text(`turn ${turn}`));
        if (turn % 7 === 6) state.context.splice(0, 3);
        await writer.putState(config, state);
        sameExactly(await reader.getState(config), state);
      }
    },

    async "a reader that fell many versions behind catches up"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 0 }));
      assert.equal((await reader.getState(config))?.["n"], 0);
      for (let n = 1; n <= 50; n++) {
        state["n"] = n;
        state["scratch"] = String(n).repeat(500);
        state.context.push(Message.text(`turn ${n}`));
        await checkpointer.putState(config, state);
      }
      sameExactly(await reader.getState(config), state);
    },

    async "each sees the other's clears, deletions and new beginnings"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ life: 1 }));
      assert.equal((await other.getState(config))?.["life"], 1);
      await other.clearState(config);
      assert.equal(await checkpointer.getState(config), null);
      await checkpointer.putState(config, stateWith({ life: 2 }));
      assert.equal((await other.getState(config))?.["life"], 2);
      await other.deleteThread(config);
      assert.equal(await checkpointer.getState(config), null);
      await other.putState(config, stateWith({ life: 3 }));
      const read = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      assert.deepEqual([read["life"], versionOf(read)], [3, 1]);
    },

    async "a clear ends also what was written since the same process has cleared last"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ by: "one" }));
      await checkpointer.clearState(config);
      await other.putState(config, stateWith({ by: "other" }));
      await checkpointer.clearState(config);
      assert.equal(await other.getState(config), null);
      assert.equal((await other.listStates(config)).length, 4);
    },

    async "a fresh state overwrites also what the writer has not seen"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.putState(config, stateWith({ by: "one" }));
      await other.putState(config, stateWith({ by: "other" }));
      await other.putState(config, stateWith({ by: "other again" }));
      const put = await checkpointer.putState(config, stateWith({ by: "one" }));
      assert.equal(versionOf(put), 4);
      for (const reader of [checkpointer, other]) sameExactly(await reader.getState(config), put);
    },

    async "messages of both stand in the order in which they were put"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()];
      for (let index = 0; index < 10; index++) {
        await (pair[index % 2] as Checkpointer).putMessages(config, [Message.text("x", { messageId: `m${index}` })]);
      }
      for (const reader of pair) {
        assert.deepEqual(idsOf(await reader.listMessages(config)), idsOf(numberedMessages(10)));
      }
    },

    async "whole turns of both at once are all there, each message once"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()];
      await Promise.all(
        Array.from({ length: 16 }, async (_, index) => {
          const writer = pair[index % 2] as Checkpointer;
          await writer.putMessages(config, [Message.text(String(index))]);
          await writer.updateState(config, (state) => {
            const next = state ?? stateWith();
            next.context.push(Message.text(String(index)));
            return next;
          });
        }),
      );
      const expected = Array.from({ length: 16 }, (_, index) => String(index)).toSorted();
      for (const reader of pair) {
        assert.deepEqual(textsOf(await reader.listMessages(config)).toSorted(), expected);
        const state = (await reader.getState(config)) as AgentState<AnyFields>;
        assert.deepEqual(textsOf(state.context).toSorted(), expected);
        assert.equal(versionOf(state), 16);
      }
    },

    async "threads made by both at once are one thread"({ checkpointer, another }) {
      const pair = [checkpointer, await another()];
      const config = newConfig();
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (pair[index % 2] as Checkpointer).putThread(config, { metadata: { [`key${index}`]: index } }),
        ),
      );
      const keys = Object.keys((await checkpointer.getThread(config))?.metadata ?? {}).toSorted();
      assert.deepEqual(
        keys,
        Array.from({ length: 10 }, (_, index) => `key${index}`),
      );
      assert.equal((await checkpointer.listThreads({ userId: config.userId })).length, 1);
    },

    async "a reader at work while another writes sees only whole versions, and never goes back"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const reader = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 0, twin: 0 }));
      const writer = { isWriting: true };
      const writing = (async (): Promise<void> => {
        for (let n = 1; n <= 40; n++) {
          Object.assign(state, { n, twin: n });
          await checkpointer.putState(config, state);
        }
        writer.isWriting = false;
      })();
      let seen = 0;
      while (writer.isWriting) {
        const read = (await reader.getState(config)) as AgentState<AnyFields>;
        assert.equal(read["n"], read["twin"]);
        assert.equal(read["n"], (versionOf(read) ?? 0) - 1);
        assert.ok(read["n"] >= seen);
        seen = read["n"];
      }
      await writing;
      assert.equal((await reader.getState(config))?.["n"], 40);
    },
  },
};
