import assert from "node:assert/strict";
import {
  AccessDeniedError,
  type AgentState,
  ConflictError,
  InvalidConfigError,
  Message,
  NotFoundError,
} from "../index.ts";
import { rejection, sameExactly } from "./expectations.ts";
import { idsOf, newConfig, newThread, numberedMessages, type OwnedConfig, stateWith, unique } from "./sample.ts";
import type { AnyFields, Checkpointer, MethodName, Subject } from "./subject.ts";

type Config = Parameters<Checkpointer["getState"]>[0];

/** Whose threads they are. */
export const ownership: Subject = {
  name: "ownership",
  promises: {
    async "another user reads nothing of a thread"({ checkpointer, another }) {
      const { stranger } = await ownedThread(checkpointer);
      for (const reader of [checkpointer, await another()]) await readsNothing(reader, stranger);
    },

    async "another user's writes are denied and leave nothing behind"({ checkpointer, another }) {
      const { owner, stranger } = await ownedThread(checkpointer);
      const before = await everythingOf(checkpointer, owner);
      for (const writer of [checkpointer, await another()]) {
        await mayNotWrite(writer, stranger);
        sameExactly(await everythingOf(checkpointer, owner), before);
        assert.deepEqual(await writer.listThreads({ userId: stranger.userId }), []);
      }
    },

    async "another user may not write with the owner's state in his hands"({ checkpointer }) {
      const { owner, stranger } = await ownedThread(checkpointer);
      const state = (await checkpointer.getState(owner)) as AgentState<AnyFields>;
      await rejection(checkpointer.putState(stranger, state), AccessDeniedError);
      await rejection(checkpointer.putState(stranger, { ...state }, { onConflict: "overwrite" }), AccessDeniedError);
      await rejection(checkpointer.putState(stranger, stateWith(), { ifVersion: 2 }), AccessDeniedError);
      await rejection(checkpointer.putState(stranger, stateWith(), { ifVersion: 0 }), AccessDeniedError);
      assert.equal((await checkpointer.getState(owner))?.["secret"], "of the owner");
    },

    async "another user may not change a namespace that the owner has not used"({ checkpointer }) {
      const { owner, stranger } = await ownedThread(checkpointer);
      const namespace = "unused";
      await rejection(checkpointer.putState({ ...stranger, namespace }, stateWith()), AccessDeniedError);
      assert.equal(await checkpointer.getState({ ...owner, namespace }), null);
    },

    async "another user may not copy a thread, nor copy over it"({ checkpointer }) {
      const { owner, stranger } = await ownedThread(checkpointer);
      const before = await everythingOf(checkpointer, owner);
      const target = { ...stranger, threadId: unique("stolen") };
      await rejection(checkpointer.forkThread(stranger, target), NotFoundError);
      assert.equal(await checkpointer.getThread({ threadId: target.threadId }), null);
      const own = { ...stranger, threadId: unique("own") };
      await checkpointer.putThread(own);
      await rejection(checkpointer.forkThread(own, stranger), ConflictError);
      sameExactly(await everythingOf(checkpointer, owner), before);
    },

    async "another user's change of a state is never given the owner's"({ checkpointer }) {
      const { stranger } = await ownedThread(checkpointer);
      const seen: unknown[] = [];
      const call = checkpointer.updateState(stranger, (state) => {
        seen.push(state);
        return stateWith({ by: "stranger" });
      });
      await rejection(call, AccessDeniedError);
      assert.deepEqual(seen, [null]);
    },

    async "a thread of nobody is seen and written only without a user"({ checkpointer }) {
      const ownerless = newThread();
      const someone = { ...ownerless, userId: unique("user") };
      await checkpointer.putMessages(ownerless, numberedMessages(2));
      await checkpointer.putState(ownerless, stateWith({ secret: "nobody's" }));
      const before = await everythingOf(checkpointer, ownerless);
      await readsNothing(checkpointer, someone);
      await mayNotWrite(checkpointer, someone);
      sameExactly(await everythingOf(checkpointer, ownerless), before);
      assert.equal((await checkpointer.getState(ownerless))?.["secret"], "nobody's");
    },

    async "a call without a user sees and writes every thread, and the owner stays"({ checkpointer }) {
      const { owner } = await ownedThread(checkpointer);
      const application = { threadId: owner.threadId };
      sameExactly(await everythingOf(checkpointer, application), await everythingOf(checkpointer, owner));
      await checkpointer.updateState(application, (state) => {
        (state as AgentState<AnyFields>)["secret"] = "of the application";
      });
      await checkpointer.putMessages(application, [Message.text("x", { messageId: "by the application" })]);
      await checkpointer.deleteMessage(application, "m0");
      assert.equal((await checkpointer.getState(owner))?.["secret"], "of the application");
      assert.deepEqual(idsOf(await checkpointer.listMessages(owner)), ["m1", "by the application"]);
      assert.equal((await checkpointer.getThread(application))?.userId, owner.userId);
      assert.equal(await checkpointer.deleteThread(application), true);
      assert.equal(await checkpointer.getThread(owner), null);
    },

    async "each user lists his own threads"({ checkpointer }) {
      const [ada, bob] = [newConfig(), newConfig()];
      await checkpointer.putThread(ada);
      await checkpointer.putThread(bob);
      await checkpointer.putThread(newThread());
      const list = async (userId: string): Promise<string[]> =>
        (await checkpointer.listThreads({ userId })).map((thread) => thread.threadId);
      assert.deepEqual(await list(ada.userId), [ada.threadId]);
      assert.deepEqual(await list(bob.userId), [bob.threadId]);
    },

    async "with requireUserId every call without a user is an InvalidConfigError, and nothing is written"({ another }) {
      const strict = await another({ requireUserId: true });
      const config = newThread();
      const target = newThread();
      const calls: (() => Promise<unknown>)[] = [
        ...readsOf(strict, config),
        ...writesOf(strict, config),
        () => strict.listThreads(),
        () => strict.listThreads({}),
        () => strict.stats(),
        () => strict.warmCache(),
        () => strict.forkThread(config, target),
      ];
      for (const call of calls) {
        const error = await rejection(call(), InvalidConfigError);
        assert.match(error.field, /^(config|from)\.userId$/);
      }
      const application = await another();
      assert.equal(await application.getThread(config), null);
      const owned = { ...config, userId: unique("user") };
      await strict.putState(owned, stateWith({ ok: true }));
      assert.equal((await strict.getState(owned))?.["ok"], true);
    },
  },
};

/** A thread with a state, messages and a name, and the config of somebody else who names it. */
async function ownedThread(
  checkpointer: Checkpointer,
): Promise<{ readonly owner: OwnedConfig; readonly stranger: OwnedConfig }> {
  const owner = newConfig();
  await checkpointer.putThread(owner, { threadName: "private", metadata: { private: true }, runId: "private" });
  await checkpointer.putMessages(owner, numberedMessages(2));
  await checkpointer.putState(owner, stateWith({ secret: "of the owner" }));
  await checkpointer.putState(owner, stateWith({ secret: "of the owner" }));
  return { owner, stranger: { threadId: owner.threadId, userId: unique("stranger") } };
}

async function everythingOf(checkpointer: Checkpointer, config: Config): Promise<unknown[]> {
  return await Promise.all([
    checkpointer.getState(config),
    checkpointer.getStateCache(config),
    checkpointer.stopRequested(config),
    checkpointer.listStates(config),
    checkpointer.listMessages(config),
    checkpointer.getThread(config),
    checkpointer.stats({ threadId: config.threadId, userId: config.userId }),
  ]);
}

async function readsNothing(checkpointer: Checkpointer, config: OwnedConfig): Promise<void> {
  assert.equal(await checkpointer.getState(config), null);
  assert.equal(await checkpointer.getState(config, { version: 1 }), null);
  assert.equal(await checkpointer.getStateCache(config), null);
  assert.equal(await checkpointer.stopRequested(config), false);
  assert.equal(await checkpointer.warmCache({ userId: config.userId }), 0);
  assert.deepEqual(await checkpointer.listStates(config), []);
  assert.equal(await checkpointer.getMessage(config, "m0"), null);
  assert.deepEqual(await checkpointer.listMessages(config), []);
  assert.deepEqual(await checkpointer.listMessages(config, { search: "0" }), []);
  assert.equal(await checkpointer.getThread(config), null);
  assert.deepEqual(await checkpointer.listThreads({ userId: config.userId }), []);
  const nothing = { threads: 0, messages: 0, versions: 0, stateBytes: 0, messageBytes: 0 };
  assert.deepEqual(await checkpointer.stats(config), nothing);
  assert.deepEqual(await checkpointer.stats({ userId: config.userId }), nothing);
}

async function mayNotWrite(checkpointer: Checkpointer, config: OwnedConfig): Promise<void> {
  for (const write of writesOf(checkpointer, config)) {
    const error = await rejection(write(), AccessDeniedError).catch((cause: unknown) => {
      throw new Error(`not denied: ${write.toString()}`, { cause });
    });
    assert.equal(error.retryable, false);
  }
}

/** Methods that read one thread. */
type ReadMethod =
  | "getState"
  | "getStateCache"
  | "listStates"
  | "getMessage"
  | "listMessages"
  | "getThread"
  | "stopRequested"
  | "watch"
  | "stats";

/** Methods that write one thread. `forkThread` has promises of its own; the others mean no thread. */
type WriteMethod = Exclude<MethodName, ReadMethod | "setup" | "listThreads" | "warmCache" | "health" | "forkThread">;

type Calls<M extends MethodName> = Readonly<Record<M, readonly (() => Promise<unknown>)[]>>;

function readsOf(checkpointer: Checkpointer, config: Config): (() => Promise<unknown>)[] {
  const reads: Calls<ReadMethod> = {
    getState: [() => checkpointer.getState(config), () => checkpointer.getState(config, { version: 1 })],
    getStateCache: [() => checkpointer.getStateCache(config)],
    listStates: [() => checkpointer.listStates(config)],
    getMessage: [() => checkpointer.getMessage(config, "m0")],
    listMessages: [() => checkpointer.listMessages(config)],
    getThread: [() => checkpointer.getThread(config)],
    stopRequested: [() => checkpointer.stopRequested(config)],
    watch: [async () => await checkpointer.watch(config).next()],
    stats: [() => checkpointer.stats({ threadId: config.threadId, userId: config.userId })],
  };
  return Object.values(reads).flat();
}

function writesOf(checkpointer: Checkpointer, config: Config): (() => Promise<unknown>)[] {
  const writes: Calls<WriteMethod> = {
    putState: [() => checkpointer.putState(config, stateWith({ by: "stranger" }))],
    putStateCache: [() => checkpointer.putStateCache(config, stateWith({ by: "stranger" }))],
    updateState: [() => checkpointer.updateState(config, () => stateWith({ by: "stranger" }))],
    clearState: [() => checkpointer.clearState(config)],
    repairState: [() => checkpointer.repairState(config)],
    putMessages: [() => checkpointer.putMessages(config, [Message.text("by a stranger", { messageId: "m0" })])],
    deleteMessage: [() => checkpointer.deleteMessage(config, "m0")],
    putThread: [
      () => checkpointer.putThread(config, { threadName: "by a stranger" }),
      () => checkpointer.putThread(config),
    ],
    deleteThread: [() => checkpointer.deleteThread(config)],
    checkpoint: [
      () => checkpointer.checkpoint(config, { state: stateWith() }),
      () => checkpointer.checkpoint(config, { messages: numberedMessages(1) }),
      () => checkpointer.checkpoint(config, { thread: { metadata: { private: undefined } } }),
    ],
    beginRun: [() => checkpointer.beginRun({ ...config, runId: "by a stranger" })],
    acquireRun: [() => checkpointer.acquireRun({ ...config, runId: "by a stranger" })],
    requestStop: [() => checkpointer.requestStop(config)],
  };
  return Object.values(writes).flat();
}
