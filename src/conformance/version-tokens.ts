import assert from "node:assert/strict";
import { type AgentState, ValidationError, versionOf, versionToken } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, newThread, stateWith, unique } from "./sample.ts";
import type { AnyFields, Subject } from "./subject.ts";

/** Texts that are no token. */
const malformed = ["", " ", "1", "v1", "null", "{}", "\0", "\u{1F600}", "MS4x", "x".repeat(10_000)];

/** Tokens of states: what one process wrote, another one asks for. */
export const versionTokens: Subject = {
  name: "version tokens",
  promises: {
    async "a state that was put or read has a token; a fresh one has none"({ checkpointer, another }) {
      const config = newConfig();
      const state = stateWith();
      assert.equal(versionToken(state), undefined);
      await checkpointer.putState(config, state);
      const token = versionToken(state);
      assert.match(token ?? "", /^[\w-]{10,200}$/);
      const reader = await another();
      for (const read of [await reader.getState(config), await reader.getStateCache(config), { ...state }]) {
        assert.equal(versionToken(read as object), token);
      }
      assert.equal(versionToken(structuredClone(state)), undefined);
    },

    async "each version has another one, in every namespace and after a new beginning"({ checkpointer }) {
      const config = newConfig();
      const tokens: (string | undefined)[] = [];
      for (const part of [config, { ...config, namespace: "planner" }]) {
        for (const n of [1, 2]) tokens.push(versionToken(await checkpointer.putState(part, stateWith({ n }))));
      }
      await checkpointer.deleteThread(config);
      tokens.push(versionToken(await checkpointer.putState(config, stateWith({ n: 1 }))));
      assert.equal(new Set(tokens).size, 5);
      assert.ok(!tokens.includes(undefined));
    },

    async "atLeast answers that state or a newer one, whoever wrote it"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      let state = await checkpointer.putState(config, stateWith({ n: 1 }));
      const first = versionToken(state);
      for (let n = 2; n <= 10; n++) {
        state = await checkpointer.putState(config, { ...state, n });
        const read = await reader.getStateCache(config, { atLeast: versionToken(state) });
        assert.deepEqual([read?.["n"], versionOf(read as AgentState<AnyFields>)], [n, n]);
      }
      for (const one of [reader, await another(), checkpointer]) {
        assert.equal((await one.getStateCache(config, { atLeast: first }))?.["n"], 10);
      }
    },

    async "atLeast with the token of a draft answers the draft or what follows on it"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const state = await checkpointer.putState(config, stateWith({ n: 1 }));
      await checkpointer.putStateCache(config, Object.assign(state, { n: 2 }));
      const draft = await checkpointer.putStateCache(config, Object.assign(state, { n: 3 }));
      const read = await reader.getStateCache(config, { atLeast: versionToken(draft) });
      assert.deepEqual([read?.["n"], versionOf(read as AgentState<AnyFields>)], [3, 3]);
    },

    async "atLeast of a life that has ended answers what there is now"({ checkpointer, another }) {
      const config = newConfig();
      const reader = await another();
      const token = versionToken(await checkpointer.putState(config, stateWith({ life: 1 })));
      await checkpointer.clearState(config);
      assert.equal(await reader.getStateCache(config, { atLeast: token }), null);
      await checkpointer.deleteThread(config);
      assert.equal(await reader.getStateCache(config, { atLeast: token }), null);
      await checkpointer.putState(config, stateWith({ life: 2 }));
      for (const one of [reader, checkpointer]) {
        assert.equal((await one.getStateCache(config, { atLeast: token }))?.["life"], 2);
      }
    },

    async "atLeast of a state that is not there, or of another thread, answers the newest there is"({
      checkpointer,
      another,
    }) {
      const [config, other] = [newConfig(), newConfig()];
      await checkpointer.putState(config, stateWith({ n: 1 }));
      let far = await checkpointer.putState(other, stateWith({ n: "other" }));
      for (let n = 0; n < 5; n++) far = await checkpointer.putState(other, far);
      for (const reader of [checkpointer, await another()]) {
        assert.equal((await reader.getStateCache(config, { atLeast: versionToken(far) }))?.["n"], 1);
        const nowhere = await reader.getStateCache(
          { ...config, threadId: unique("thread") },
          { atLeast: versionToken(far) },
        );
        assert.equal(nowhere, null);
      }
    },

    async "a token opens nothing to another user"({ checkpointer, another }) {
      for (const config of [newConfig(), newThread()]) {
        const token = versionToken(await checkpointer.putState(config, stateWith({ secret: true })));
        for (const reader of [checkpointer, await another()]) {
          assert.equal(await reader.getStateCache({ ...config, userId: unique("stranger") }, { atLeast: token }), null);
        }
      }
    },

    async "a text that is no token is a ValidationError that does not quote it"({ checkpointer }) {
      const config = newConfig();
      const token = versionToken(await checkpointer.putState(config, stateWith())) ?? "";
      const cut = [token.slice(0, 20), token.slice(4), `${token}${token}`];
      for (const atLeast of [...malformed, ...cut]) {
        const error = await rejection(checkpointer.getStateCache(config, { atLeast }), ValidationError);
        assert.equal(error.field, "options.atLeast");
        if (atLeast.length > 4) assert.ok(!error.message.includes(atLeast));
      }
    },

    async "a token tells nothing of what the state holds, nor whose it is"({ checkpointer }) {
      const config = newConfig();
      const state = await checkpointer.putState(config, stateWith({ secret: "correct horse battery staple" }));
      const text = Buffer.from(versionToken(state) ?? "", "base64url").toString("latin1");
      for (const hidden of [config.threadId, config.userId, "staple"]) assert.ok(!text.includes(hidden));
    },
  },
};
