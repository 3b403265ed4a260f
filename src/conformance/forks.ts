import assert from "node:assert/strict";
import { AccessDeniedError, type AgentState, ConflictError, Message, NotFoundError, versionOf } from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { fieldsOf, newConfig, numberedMessages, type OwnedConfig, stateWith, textsOf, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, Subject } from "./subject.ts";

/** Copies of threads. */
export const forks: Subject = {
  name: "forks",
  promises: {
    async "a fork has the state, history, messages and fields of its source"({ checkpointer, another }) {
      const { source, target } = await conversation(checkpointer, 4);
      const made = await checkpointer.forkThread(source, target);
      const { createdAt, updatedAt, ...fields } = made;
      assert.deepEqual(fields, { ...target, threadName: "Name", metadata: { kind: "chat" }, runId: "run" });
      assert.ok(updatedAt >= createdAt);
      sameExactly(await checkpointer.getThread(target), made);
      for (const reader of [checkpointer, await another()]) {
        sameExactly(fieldsOf(await reader.getState(target)), fieldsOf(await reader.getState(source)));
        sameExactly(await reader.listMessages(target), await reader.listMessages(source));
        assert.deepEqual(metadataOf(await reader.listStates(target)), metadataOf(await reader.listStates(source)));
      }
    },

    async "a fork at each version has the state and the messages of that time"({ checkpointer, another }) {
      const { source } = await conversation(checkpointer, 5);
      const reader = await another();
      for (let version = 1; version <= 5; version++) {
        const target = { ...source, threadId: unique(`fork${version}`) };
        await checkpointer.forkThread(source, target, { version });
        const state = (await reader.getState(target)) as AgentState<AnyFields>;
        assert.equal(versionOf(state), version);
        sameExactly(fieldsOf(state), fieldsOf(await checkpointer.getState(source, { version })));
        assert.deepEqual(textsOf(await reader.listMessages(target)), textsOf(numberedMessages(2 * version)));
        assert.equal((await reader.listStates(target)).length, version);
        for (let past = 1; past <= version; past++) {
          const copied = await reader.getState(target, { version: past });
          sameExactly(fieldsOf(copied), fieldsOf(await reader.getState(source, { version: past })));
        }
        await rejection(reader.getState(target, { version: version + 1 }), NotFoundError);
      }
    },

    async "later writes to either side do not show in the other"({ checkpointer, another }) {
      const { source, target } = await conversation(checkpointer, 2);
      await checkpointer.forkThread(source, target);
      const sourceBefore = await everythingOf(checkpointer, source);
      await changeEverything(checkpointer, target);
      sameExactly(await everythingOf(checkpointer, source), sourceBefore);
      const targetBefore = await everythingOf(checkpointer, target);
      await changeEverything(checkpointer, source);
      sameExactly(await everythingOf(checkpointer, target), targetBefore);
      await checkpointer.deleteThread(source);
      sameExactly(await everythingOf(await another(), target), targetBefore);
    },

    async "versions and messages of a fork go on behind those it was made with"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 3);
      await checkpointer.forkThread(source, target, { version: 2 });
      const state = (await checkpointer.getState(target)) as AgentState<AnyFields>;
      await checkpointer.checkpoint(target, { state, messages: [Message.text("on")] });
      assert.equal(versionOf(state), 3);
      assert.deepEqual(textsOf(await checkpointer.listMessages(target)), ["0", "1", "2", "3", "on"]);
      const again = { ...target, threadId: unique("again") };
      await checkpointer.forkThread(target, again, { version: 3 });
      assert.deepEqual(textsOf(await checkpointer.listMessages(again)), ["0", "1", "2", "3", "on"]);
    },

    async "a fork of a fork at an old version is the source at that version"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 3);
      await checkpointer.forkThread(source, target);
      const again = { ...target, threadId: unique("again") };
      await checkpointer.forkThread(target, again, { version: 1 });
      sameExactly(
        fieldsOf(await checkpointer.getState(again)),
        fieldsOf(await checkpointer.getState(source, { version: 1 })),
      );
      assert.deepEqual(textsOf(await checkpointer.listMessages(again)), ["0", "1"]);
    },

    async "a fork at a clear has no state, and the versions before it"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 2);
      await checkpointer.clearState(source);
      await checkpointer.putState(source, stateWith({ turn: 4 }));
      await checkpointer.forkThread(source, target, { version: 3 });
      assert.equal(await checkpointer.getState(target), null);
      assert.equal((await checkpointer.getState(target, { version: 2 }))?.["turn"], 2);
    },

    async "a thread with messages and no state is copied too"({ checkpointer }) {
      const { source, target } = pair();
      await checkpointer.putMessages(source, numberedMessages(3));
      await checkpointer.forkThread(source, target);
      assert.deepEqual(textsOf(await checkpointer.listMessages(target)), ["0", "1", "2"]);
      assert.equal(await checkpointer.getState(target), null);
    },

    async "at a version, other namespaces are copied as they were then"({ checkpointer }) {
      const { source, target } = pair();
      const at = (config: OwnedConfig, namespace: string): Parameters<Checkpointer["getState"]>[0] => ({
        ...config,
        namespace,
      });
      await checkpointer.putState(at(source, "planner"), stateWith({ plan: "early" }));
      await checkpointer.putState(source, stateWith({ turn: 1 }));
      await checkpointer.putState(at(source, "planner"), stateWith({ plan: "late" }));
      await checkpointer.putState(at(source, "critic"), stateWith({ word: "late" }));
      await checkpointer.putState(source, stateWith({ turn: 2 }));
      await checkpointer.forkThread(source, target, { version: 1 });
      assert.equal((await checkpointer.getState(target))?.["turn"], 1);
      assert.equal((await checkpointer.getState(at(target, "planner")))?.["plan"], "early");
      assert.equal(await checkpointer.getState(at(target, "critic")), null);
      const whole = { ...target, threadId: unique("whole") };
      await checkpointer.forkThread(source, whole);
      assert.equal((await checkpointer.getState(at(whole, "critic")))?.["word"], "late");
    },

    async "the version counts in the namespace of the source's config"({ checkpointer, commitsLater }) {
      const { source, target } = pair();
      const planner = { ...source, namespace: "planner" };
      for (const turn of [1, 2]) await checkpointer.putState(source, stateWith({ turn }));
      await checkpointer.putState(planner, stateWith({ plan: 1 }));
      await rejection(checkpointer.forkThread(planner, target, { version: 2 }), NotFoundError);
      await checkpointer.forkThread(planner, target, { version: 1 });
      assert.equal((await checkpointer.getState({ ...target, namespace: "planner" }))?.["plan"], 1);
      const turn = (await checkpointer.getState(target))?.["turn"];
      assert.ok(turn === 2 || (commitsLater && turn === 1));
    },

    async "a target that exists is a ConflictError, and stays as it is"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 2);
      await checkpointer.putState(target, stateWith({ mine: true }));
      const before = await everythingOf(checkpointer, target);
      await rejection(checkpointer.forkThread(source, target), ConflictError);
      await rejection(checkpointer.forkThread(source, target, { version: 1 }), ConflictError);
      await rejection(checkpointer.forkThread(source, source), ConflictError);
      await rejection(checkpointer.forkThread({ ...source }, { threadId: target.threadId }), ConflictError);
      sameExactly(await everythingOf(checkpointer, target), before);
    },

    async "of two forks to one target at once one succeeds"({ checkpointer, another }) {
      const { source, target } = await conversation(checkpointer, 2);
      const rival = await another();
      const outcomes = await Promise.allSettled([
        checkpointer.forkThread(source, target),
        rival.forkThread(source, target),
      ]);
      const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
      assert.equal(refused.length, 1);
      assert.ok(refused[0] instanceof ConflictError);
      assert.equal((await checkpointer.listMessages(target)).length, 4);
    },

    async "a source or a version that does not exist is a NotFoundError, and makes nothing"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 2);
      const nowhere = { ...source, threadId: unique("nowhere") };
      assert.equal((await rejection(checkpointer.forkThread(nowhere, target), NotFoundError)).field, "from.threadId");
      const call = checkpointer.forkThread(source, target, { version: 3 });
      assert.equal((await rejection(call, NotFoundError)).field, "options.version");
      assert.equal(await checkpointer.getThread(target), null);
    },

    async "a fork belongs to the source's owner, or to the user that the application names"({ checkpointer }) {
      const { source } = await conversation(checkpointer, 1);
      const kept = { threadId: unique("kept") };
      assert.equal((await checkpointer.forkThread(source, kept)).userId, source.userId);
      const byTheApplication = { threadId: unique("kept") };
      const from = { threadId: source.threadId };
      assert.equal((await checkpointer.forkThread(from, byTheApplication)).userId, source.userId);
      const given = { threadId: unique("given"), userId: unique("user") };
      assert.equal((await checkpointer.forkThread(from, given)).userId, given.userId);
      assert.equal((await checkpointer.getState(given))?.["turn"], 1);
      assert.equal(await checkpointer.getState({ ...source, threadId: given.threadId }), null);
    },

    async "from one user to another is denied, and makes nothing"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 1);
      const other = { ...target, userId: unique("other") };
      await rejection(checkpointer.forkThread(source, other), AccessDeniedError);
      assert.equal(await checkpointer.getThread({ threadId: other.threadId }), null);
    },

    async "the source's state put into the fork overwrites, as any other thread's does"({ checkpointer }) {
      const { source, target } = await conversation(checkpointer, 2);
      const state = (await checkpointer.getState(source)) as AgentState<AnyFields>;
      await checkpointer.forkThread(source, target);
      await checkpointer.putState(target, stateWith({ turn: 3 }));
      await checkpointer.putState(target, state);
      assert.equal(versionOf(state), 4);
      assert.equal((await checkpointer.getState(target))?.["turn"], 2);
    },
  },
};

function pair(): { readonly source: OwnedConfig; readonly target: OwnedConfig } {
  const source = newConfig();
  return { source, target: { threadId: unique("fork"), userId: source.userId } };
}

/** A thread of so many turns, each of two messages and a version; its fork is still to be made. */
async function conversation(checkpointer: Checkpointer, turns: number): Promise<ReturnType<typeof pair>> {
  const { source, target } = pair();
  const all = numberedMessages(2 * turns);
  await checkpointer.putThread(source, { threadName: "Name", metadata: { kind: "chat" } });
  for (let turn = 1; turn <= turns; turn++) {
    const state = stateWith({ turn, context: all.slice(0, 2 * turn), plan: { done: turn } });
    const messages = all.slice(2 * turn - 2, 2 * turn);
    await checkpointer.checkpoint({ ...source, runId: "run" }, { state, messages }, { metadata: { turn } });
  }
  return { source, target };
}

function metadataOf(history: readonly { readonly version: number; readonly metadata: unknown }[]): unknown[] {
  return history.map(({ version, metadata }) => [version, metadata]);
}

async function everythingOf(checkpointer: Checkpointer, config: OwnedConfig): Promise<unknown[]> {
  return [
    await checkpointer.getState(config),
    await checkpointer.listStates(config),
    await checkpointer.listMessages(config),
    await checkpointer.getThread(config),
  ];
}

async function changeEverything(checkpointer: Checkpointer, config: OwnedConfig): Promise<void> {
  await checkpointer.updateState(config, (state) => {
    (state as AgentState<AnyFields>)["plan"] = { done: "changed" };
    state?.context.push(Message.text("changed"));
  });
  await checkpointer.putMessages(config, [Message.text("replaced", { messageId: "m0" }), Message.text("new")]);
  await checkpointer.deleteMessage(config, "m1");
  await checkpointer.putThread(config, { threadName: "changed", metadata: { kind: "changed" }, runId: "changed" });
  await checkpointer.clearState({ ...config, namespace: "" });
}
