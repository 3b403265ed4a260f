import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import {
  AccessDeniedError,
  type AnyId,
  type BaseCheckpointer,
  type IdKind,
  InvalidConfigError,
  ValidationError,
} from "../index.ts";
import { rejection } from "./expectations.ts";
import { numberedMessages, stateWith, textsOf, unique } from "./sample.ts";
import type { AnyFields, MakeCheckpointer } from "./subject.ts";

type Typed = BaseCheckpointer<AnyFields, AnyId, AnyId>;

/** Tests of one pair of types of ids. */
export interface TypedSubject {
  /** Which pair. */
  readonly name: string;
  /** Promises by their sentences. */
  readonly promises: Readonly<Record<string, () => Promise<void>>>;
}

/** Ids of one type: a new one each time, those at the edges, and what is none. */
interface Samples {
  readonly fresh: () => AnyId;
  readonly edges: readonly AnyId[];
  readonly wrong: readonly unknown[];
}

const samples: Readonly<Record<IdKind, Samples>> = {
  string: {
    fresh: () => unique("id"),
    edges: ["0", "-1", "007", " ", "NaN"],
    wrong: [0, 1n, "", null, ["a"]],
  },
  int: {
    fresh: () => randomInt(1_000_000, 2_000_000_000),
    edges: [0, -1, 7, 2 ** 31 - 1, -(2 ** 31 - 1)],
    wrong: ["0", 1n, 0.5, 2 ** 31, Number.NaN, null],
  },
  bigint: {
    fresh: () => BigInt(randomInt(1_000_000, 2 ** 47)) * 50_000n,
    edges: [0n, -1n, 7n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n - 1n)],
    wrong: ["0", 0, 2n ** 63n, null],
  },
};

/**
 * What ids of each type promise, thread ids and user ids in every pair; two texts are what the rest of the kit is about. Besides
 * random ids the storage must have room for those at the edges of their types: whatever has one of them is deleted.
 */
export function typedIds(kinds: readonly IdKind[], make: MakeCheckpointer): TypedSubject[] {
  const pairs = kinds.flatMap((idType) => kinds.map((userIdType) => ({ idType, userIdType })));
  return pairs
    .filter(({ idType, userIdType }) => idType !== "string" || userIdType !== "string")
    .map((pair) => ({
      name: `thread ids of type ${pair.idType}, user ids of type ${pair.userIdType}`,
      promises: promisesOf(samples[pair.idType], samples[pair.userIdType], () => make<IdKind, IdKind>(pair)),
    }));
}

function promisesOf(thread: Samples, user: Samples, make: () => Promise<Typed>): TypedSubject["promises"] {
  const withOne = (keep: (checkpointer: Typed) => Promise<void>) => async (): Promise<void> => {
    const checkpointer = await make();
    try {
      await keep(checkpointer);
    } finally {
      await checkpointer.release();
    }
  };
  return {
    "every id is an id, 0, negative ones and those at the edges included": withOne((checkpointer) =>
      edgesAreIds(checkpointer, thread, user),
    ),
    "every user's threads are his own, user 0 included": withOne((checkpointer) =>
      usersAreApart(checkpointer, thread, user),
    ),
    "states, messages and forks go by such ids": withOne((checkpointer) => everythingWorks(checkpointer, thread, user)),
    "lists take such ids as cursors": withOne((checkpointer) => cursorsWork(checkpointer, thread, user)),
    "a thread id of another type is an InvalidConfigError": withOne(async (checkpointer) => {
      for (const threadId of thread.wrong) {
        const call = checkpointer.putState({ threadId } as never, stateWith());
        assert.equal((await rejection(call, InvalidConfigError)).field, "config.threadId");
        const list = checkpointer.listThreads({}, { after: threadId } as never);
        assert.equal((await rejection(list, ValidationError)).field, "options.after");
      }
    }),
    "a user id of another type is an InvalidConfigError": withOne(async (checkpointer) => {
      for (const userId of user.wrong) {
        const call = checkpointer.putState({ threadId: thread.fresh(), userId } as never, stateWith());
        assert.equal((await rejection(call, InvalidConfigError)).field, "config.userId");
        assert.equal(
          (await rejection(checkpointer.listThreads({ userId } as never), InvalidConfigError)).field,
          "config.userId",
        );
      }
    }),
  };
}

async function edgesAreIds(checkpointer: Typed, thread: Samples, user: Samples): Promise<void> {
  for (const threadId of thread.edges) await checkpointer.deleteThread({ threadId });
  for (const [index, threadId] of thread.edges.entries()) {
    const config = { threadId, userId: user.edges[index % user.edges.length] as AnyId };
    await checkpointer.checkpoint(config, { state: stateWith({ index }), messages: numberedMessages(index + 1) });
  }
  for (const [index, threadId] of thread.edges.entries()) {
    const userId = user.edges[index % user.edges.length] as AnyId;
    const info = await checkpointer.getThread({ threadId, userId });
    assert.deepStrictEqual([info?.threadId, info?.userId], [threadId, userId]);
    assert.equal((await checkpointer.getState({ threadId, userId }))?.["index"], index);
    assert.equal((await checkpointer.getStateCache({ threadId, userId }))?.["index"], index);
    await checkpointer.putStateCache({ threadId, userId }, stateWith({ index: "draft" }));
    assert.equal((await checkpointer.getStateCache({ threadId, userId }))?.["index"], "draft");
    assert.equal(await checkpointer.warmCache({ userId, limit: 1 }), 1);
    assert.equal((await checkpointer.listMessages({ threadId, userId })).length, index + 1);
    assert.equal(await checkpointer.deleteThread({ threadId, userId }), true);
    assert.equal(await checkpointer.getThread({ threadId }), null);
  }
}

async function usersAreApart(checkpointer: Typed, thread: Samples, user: Samples): Promise<void> {
  const owned = user.edges.map((userId) => ({ userId, threadId: thread.fresh() }));
  for (const config of owned) await checkpointer.putState(config, stateWith());
  for (const { userId } of owned) {
    const mine = (await checkpointer.listThreads({ userId })).map((info) => info.threadId);
    for (const other of owned) {
      const isMine = other.userId === userId;
      assert.equal(mine.includes(other.threadId), isMine);
      assert.equal((await checkpointer.getState({ ...other, userId })) !== null, isMine);
      assert.equal((await checkpointer.getStateCache({ ...other, userId })) !== null, isMine);
      if (!isMine) await rejection(checkpointer.putThread({ ...other, userId }), AccessDeniedError);
    }
  }
  for (const config of owned) assert.equal(await checkpointer.deleteThread(config), true);
}

async function everythingWorks(checkpointer: Typed, thread: Samples, user: Samples): Promise<void> {
  const config = { threadId: thread.fresh(), userId: user.fresh() };
  const fork = { threadId: thread.fresh(), userId: config.userId };
  const { state } = await checkpointer.checkpoint(config, {
    state: stateWith({ n: 1 }),
    messages: numberedMessages(2),
  });
  assert.ok(state);
  state["n"] = 2;
  await checkpointer.putState(config, state);
  const made = await checkpointer.forkThread(config, fork, { version: 1 });
  assert.deepStrictEqual([made.threadId, made.userId], [fork.threadId, fork.userId]);
  assert.equal((await checkpointer.getState(fork))?.["n"], 1);
  assert.deepEqual(textsOf(await checkpointer.listMessages(fork, { after: "m0" })), ["1"]);
  await checkpointer.putThread(fork, made);
  await checkpointer.clearState(fork);
  assert.equal(await checkpointer.getState(fork), null);
  assert.equal((await checkpointer.repairState(fork)).context.length, 2);
  assert.equal(await checkpointer.deleteMessage(fork, "m0"), true);
  assert.deepEqual((await checkpointer.stats({ userId: config.userId })).threads, 2);
  await checkpointer.beginRun({ ...fork, runId: "run" });
  await (await checkpointer.acquireRun({ ...fork, runId: "run" })).release();
  await checkpointer.requestStop(fork);
  assert.deepEqual([await checkpointer.stopRequested(fork), await checkpointer.stopRequested(config)], [true, false]);
  assert.equal((await checkpointer.getState(config))?.["n"], 2);
}

async function cursorsWork(checkpointer: Typed, thread: Samples, user: Samples): Promise<void> {
  const userId = user.fresh();
  const threadIds = Array.from({ length: 5 }, () => thread.fresh());
  for (const threadId of threadIds) await checkpointer.putThread({ threadId, userId });
  const listed = (await checkpointer.listThreads({ userId })).map((info) => info.threadId);
  assert.deepStrictEqual(listed, threadIds.toReversed());
  const after = await checkpointer.listThreads({ userId }, { after: listed[1], limit: 2 });
  assert.deepStrictEqual(
    after.map((info) => info.threadId),
    listed.slice(2, 4),
  );
  const before = await checkpointer.listThreads({ userId }, { before: listed[1] });
  assert.deepStrictEqual(
    before.map((info) => info.threadId),
    listed.slice(0, 1),
  );
}
