import { describe, expect, test } from "vitest";
import type { AnyId } from "../../src/model/config.ts";
import type {
  ForkRequest,
  MessageQuery,
  MessageRow,
  NewEntry,
  StatePart,
  ThreadPatch,
  ThreadQuery,
  Turn,
} from "../../src/stores/cold-store.ts";
import { MemoryColdStore } from "../../src/stores/memory/index.ts";

// What every store does is the conformance suite's; here stands what memory does by its own means: clock, order, sharing.

const ALL_THREADS: ThreadQuery = { search: null, metadata: null, limit: null, offset: 0, before: null, after: null };
const ALL_MESSAGES: MessageQuery = {
  search: null,
  limit: null,
  offset: 0,
  before: null,
  after: null,
  descending: false,
  roles: null,
  sinceMs: null,
  untilMs: null,
};
const NO_PATCH: ThreadPatch = {
  threadName: undefined,
  nameSearch: "",
  metadata: {},
  metadataSearch: {},
  removedMetadata: [],
  runId: undefined,
  createdAtMs: null,
  updatedAtMs: null,
};

let writes = 0;

function turn(threadId: AnyId, parts: Partial<Turn> = {}): Turn {
  const writeId = `write-${++writes}`;
  return {
    threadId,
    userId: null,
    namespace: "",
    writeId,
    runId: null,
    lease: null,
    state: null,
    messages: [],
    thread: null,
    ...parts,
  };
}

function entry(writeId: string, parts: Partial<NewEntry> = {}): NewEntry {
  return { kind: "snapshot", body: `"${writeId}"`, writeId, metadata: "{}", ...parts };
}

function message(messageId: string, parts: Partial<MessageRow> = {}): MessageRow {
  return { messageId, role: "user", body: `"${messageId}"`, searchText: messageId, sentAtMs: null, ...parts };
}

function scope(threadId: AnyId, namespace = ""): { threadId: AnyId; userId: AnyId | null; namespace: string } {
  return { threadId, userId: null, namespace };
}

function fork(from: AnyId, to: AnyId, parts: Partial<ForkRequest> = {}): ForkRequest {
  return {
    incarnation: null,
    from: scope(from),
    to,
    owner: null,
    version: null,
    writeId: `fork-${++writes}`,
    ...parts,
  };
}

async function ids(store: MemoryColdStore, query: Partial<ThreadQuery> = {}): Promise<AnyId[]> {
  return (await store.listThreads(null, { ...ALL_THREADS, ...query })).map(({ threadId }) => threadId);
}

/** Puts one state after another, each as a turn of its own. */
async function putStates(
  store: MemoryColdStore,
  threadId: AnyId,
  namespace: string,
  writeIds: readonly string[],
): Promise<void> {
  let base: StatePart["base"] = null;
  for (const [index, writeId] of writeIds.entries()) {
    const state: StatePart = { base, entries: [entry(writeId)] };
    const [outcome] = await store.commit([turn(threadId, { namespace, writeId, state })]);
    if (outcome?.kind !== "committed") throw new Error(`not committed: ${outcome?.kind}`);
    base = { incarnation: outcome.incarnation, version: index + 1, writeId };
  }
}

describe("the clock", () => {
  test("writes of one millisecond keep their order, a clock that goes back too", async () => {
    let now = 1_764_000_000_000;
    const store = new MemoryColdStore(() => now);
    const names = Array.from({ length: 50 }, (_, index) => `t${index}`);
    for (const name of names) await store.commit([turn(name)]);
    now -= 60_000;
    await store.commit([turn("last")]);
    expect(await ids(store)).toEqual(["last", ...names.toReversed()]);
  });

  test("a time that a patch gives is kept, and does not move the clock", async () => {
    const store = new MemoryColdStore(() => 5);
    await store.commit([turn("a", { thread: { ...NO_PATCH, createdAtMs: 1, updatedAtMs: 900 } })]);
    await store.commit([turn("b")]);
    const rows = await store.listThreads(null, ALL_THREADS);
    expect(rows.map((row) => [row.threadId, row.createdAtMs])).toEqual([
      ["a", 1],
      ["b", rows[1]?.updatedAtMs],
    ]);
    expect(rows[0]?.updatedAtMs).toBe(900);
    expect(rows[1]?.updatedAtMs).toBeCloseTo(5, 2);
  });

  test("a message that is replaced keeps its time unless it is told another", async () => {
    let now = 100;
    const store = new MemoryColdStore(() => now);
    const sentAt = async (sinceMs: number): Promise<readonly string[]> =>
      store.listMessages(scope("t"), { ...ALL_MESSAGES, sinceMs, untilMs: sinceMs + 1 });
    await store.commit([turn("t", { messages: [message("m")] })]);
    now = 200;
    await store.commit([turn("t", { messages: [message("m", { body: `"again"` })] })]);
    expect(await sentAt(100)).toEqual([`"again"`]);
    await store.commit([turn("t", { messages: [message("m", { sentAtMs: 7 })] })]);
    expect(await sentAt(7)).toEqual([`"m"`]);
  });
});

describe("order of equal times", () => {
  const at = { ...NO_PATCH, updatedAtMs: 1 };

  test.each([
    [
      "strings by bytes of UTF-8",
      ["a", "B", "\u{1F600}", "\uFF5E", "aa", "é"],
      ["\u{1F600}", "\uFF5E", "é", "aa", "a", "B"],
    ],
    ["numbers", [9, 10, -3], [10, 9, -3]],
    ["bigints", [9n, 10n, -3n, 9_007_199_254_740_993n], [9_007_199_254_740_993n, 10n, 9n, -3n]],
  ])("%s, descending", async (_what, given, expected) => {
    const store = new MemoryColdStore();
    await store.commit(given.map((id) => turn(id, { thread: at })));
    expect(await ids(store)).toEqual(expected);
    expect(await ids(store, { before: expected[2] as AnyId })).toEqual(expected.slice(0, 2));
    expect(await ids(store, { after: expected[1] as AnyId, limit: 1 })).toEqual(expected.slice(2, 3));
  });
});

describe("threads", () => {
  test("metadata keep their text, whatever their keys are called", async () => {
    const store = new MemoryColdStore();
    const metadata = Object.fromEntries([
      ["__proto__", `{"a":1}`],
      ["b", "1"],
      ["c", "2"],
    ]);
    await store.commit([turn("t", { thread: { ...NO_PATCH, metadata, metadataSearch: { b: "one", c: "two" } } })]);
    await store.commit([turn("t", { thread: { ...NO_PATCH, metadata: { b: "3" }, removedMetadata: ["c"] } })]);
    expect((await store.getThread(scope("t")))?.metadata).toBe(`{"__proto__":{"a":1},"b":3}`);
    expect(await ids(store, { metadata: `{"__proto__":{}}` })).toEqual(["t"]);
    expect(await ids(store, { search: "one" })).toEqual(["t"]);
    expect(await ids(store, { search: "two" })).toEqual([]);
  });

  test("a name that was removed is not found", async () => {
    const store = new MemoryColdStore();
    await store.commit([turn("t", { thread: { ...NO_PATCH, threadName: "Trip", nameSearch: "trip" } })]);
    expect(await ids(store, { search: "rip" })).toEqual(["t"]);
    await store.commit([turn("t", { thread: { ...NO_PATCH, threadName: null } })]);
    expect(await ids(store, { search: "rip" })).toEqual([]);
  });

  test("the patch's run wins, null included; without one, the turn's", async () => {
    const store = new MemoryColdStore();
    const runId = async (): Promise<string | null | undefined> => (await store.getThread(scope("t")))?.runId;
    await store.commit([turn("t", { runId: "r1" })]);
    await store.commit([turn("t", { thread: NO_PATCH })]);
    expect(await runId()).toBe("r1");
    await store.commit([turn("t", { runId: "r2", thread: { ...NO_PATCH, runId: "r3" } })]);
    expect(await runId()).toBe("r3");
    await store.commit([turn("t", { runId: "r4", thread: { ...NO_PATCH, runId: null } })]);
    expect(await runId()).toBeNull();
  });

  test("a deletion is recognised when it is repeated, until the thread is made again", async () => {
    const store = new MemoryColdStore();
    await putStates(store, "t", "sub", ["w1"]);
    expect(await store.findDeletion("t")).toBeNull();
    expect(await store.deleteThread(scope("t"), "d", null)).toEqual({ incarnation: 1, namespaces: ["sub"] });
    expect(await store.deleteThread(scope("t"), "d", null)).toEqual({ incarnation: 1, namespaces: [] });
    expect(await store.deleteThread(scope("t"), "e", null)).toBeNull();
    expect(await store.findDeletion("t")).toEqual({ incarnation: 1, writeId: "d" });
    expect(await store.commit([turn("t")])).toEqual([{ kind: "committed", incarnation: 2 }]);
    expect(await store.deleteThread({ ...scope("t"), userId: "someone" }, "d", null)).toBeNull();
  });

  test("a stop is for the run that was asked, and ends when another one begins", async () => {
    const store = new MemoryColdStore();
    const isStopped = async (runId: string | null): Promise<boolean> => store.isStopRequested(scope("t"), runId);
    expect(await store.requestStop(scope("t"), null)).toBe(false);
    await store.commit([turn("t", { runId: "r1" })]);
    expect(await store.requestStop({ ...scope("t"), userId: "someone" }, null)).toBe(false);
    expect(await isStopped(null)).toBe(false);
    expect(await store.requestStop(scope("t"), null)).toBe(true);
    expect([await isStopped("r1"), await isStopped(null), await isStopped("r2")]).toEqual([true, true, false]);
    await store.commit([turn("t", { runId: "r1" }), turn("other", { runId: "r2" })]);
    expect(await isStopped("r1")).toBe(true);
    await store.commit([turn("t", { runId: "r2" })]);
    expect([await isStopped("r1"), await isStopped(null)]).toEqual([false, false]);
  });

  test("the states that were written last are read whole, of one user and one namespace", async () => {
    const store = new MemoryColdStore();
    const state: StatePart = { base: null, entries: [entry("w1"), entry("w2", { kind: "delta" })] };
    await store.commit([turn("a", { userId: "u", state })]);
    await store.commit([turn("b", { userId: "u", messages: [message("m")] }), turn("c", { userId: "v", state })]);
    await store.commit([turn("d", { userId: "u", namespace: "sub", state })]);
    const recent = async (userId: AnyId | null, namespace: string, limit: number): Promise<unknown> =>
      (await store.readRecent(userId, namespace, limit)).map(({ threadId, tail }) => [threadId, tail.entries.length]);
    expect(await recent("u", "", 10)).toEqual([["a", 2]]);
    expect(await recent("u", "sub", 10)).toEqual([["d", 2]]);
    expect(await recent(null, "", 10)).toEqual([
      ["c", 2],
      ["a", 2],
    ]);
    expect(await recent(null, "", 0)).toEqual([]);
  });
});

describe("repetitions", () => {
  test("a turn without a state is known by its write id for as long as a retry may take", async () => {
    const store = new MemoryColdStore();
    const first = turn("t", { messages: [message("m")] });
    await store.commit([first]);
    await store.deleteMessage(scope("t"), "m", null);
    for (let index = 0; index < 63; index++) await store.commit([turn("t")]);
    expect(await store.commit([first])).toEqual([{ kind: "committed", incarnation: 1 }]);
    expect(await store.getMessage(scope("t"), "m")).toBeNull();
  });

  test("a turn of several entries is a repetition only if all of them stand", async () => {
    const store = new MemoryColdStore();
    await putStates(store, "t", "", ["w1", "w2"]);
    const commit = async (...writeIds: string[]): Promise<unknown> =>
      (await store.commit([turn("t", { state: { base: null, entries: writeIds.map((id) => entry(id)) } })]))[0];
    expect(await commit("w1")).toEqual({ kind: "committed", incarnation: 1 });
    expect(await commit("w1", "w2")).toEqual({ kind: "committed", incarnation: 1 });
    expect(await commit("w1", "other")).toEqual({ kind: "conflict", actual: 2 });
    expect(await commit("w1", "w2", "w3")).toEqual({ kind: "conflict", actual: 2 });
  });
});

describe("forks", () => {
  test("at a version: what the thread had then, in every namespace", async () => {
    const store = new MemoryColdStore();
    await store.commit([turn("t", { messages: [message("m1")] })]);
    await putStates(store, "t", "sub", ["s1"]);
    const state: StatePart = { base: null, entries: [entry("w1"), entry("w2", { kind: "delta" })] };
    await store.commit([turn("t", { state, messages: [message("m2"), message("m1", { body: `"new"` })] })]);
    await store.commit([turn("t", { messages: [message("m3")] })]);
    await putStates(store, "t", "late", ["l1"]);
    expect(await store.forkThread(fork("t", "f", { version: 1 }))).toBe("forked");

    expect(await store.listMessages(scope("f"), ALL_MESSAGES)).toEqual([`"new"`, `"m2"`]);
    const tails = await store.read(
      ["", "sub", "late"].map((namespace) => ({ ...scope("f", namespace), known: null, version: null })),
    );
    expect(tails.map(({ entries }) => entries.map(({ writeId }) => writeId))).toEqual([["w1"], ["s1"], []]);
    expect(await store.stats(null, "f")).toMatchObject({ threads: 1, messages: 2, versions: 2 });
  });

  test("a fork and its source go their own ways", async () => {
    const store = new MemoryColdStore();
    await putStates(store, "t", "", ["w1"]);
    await store.commit([turn("t", { messages: [message("m1")], thread: { ...NO_PATCH, metadata: { a: "1" } } })]);
    await store.forkThread(fork("t", "f"));
    const base = { incarnation: 2, version: 1, writeId: "w1" };
    await store.commit([
      turn("f", {
        state: { base, entries: [entry("w2")] },
        messages: [message("m2")],
        thread: { ...NO_PATCH, metadata: { a: "2" } },
      }),
    ]);
    expect(await store.stats(null, "t")).toMatchObject({ messages: 1, versions: 1 });
    expect(await store.stats(null, "f")).toMatchObject({ messages: 2, versions: 2 });
    expect((await store.getThread(scope("t")))?.metadata).toBe(`{"a":1}`);
  });

  test("a stamp of the source proves nothing about the fork", async () => {
    const store = new MemoryColdStore();
    await putStates(store, "t", "", ["w1"]);
    await store.forkThread(fork("t", "f"));
    const known = { incarnation: 1, version: 1, writeId: "w1" };
    const [tail] = await store.read([{ ...scope("f"), known, version: null }]);
    expect(tail).toMatchObject({ incarnation: 2, continues: false, entries: [{ writeId: "w1" }] });
    const state: StatePart = { base: known, entries: [entry("w2")] };
    expect(await store.commit([turn("f", { state })])).toEqual([{ kind: "conflict", actual: 1 }]);
  });

  test("a repetition is known by its write id; other answers stand in the order of their checks", async () => {
    const store = new MemoryColdStore();
    await store.commit([turn("t"), turn("taken")]);
    const request = fork("t", "f");
    expect(await store.forkThread(request)).toBe("forked");
    expect(await store.forkThread(request)).toBe("forked");
    expect(await store.forkThread(fork("t", "f"))).toBe("target-exists");
    expect(await store.forkThread(fork("t", "taken", { version: 1 }))).toBe("version-missing");
    expect(await store.forkThread(fork("none", "taken"))).toBe("source-missing");
  });
});

describe("tails", () => {
  test("begin at the newest entry that stands alone, or behind what is known", async () => {
    const store = new MemoryColdStore();
    const kinds = ["snapshot", "delta", "snapshot", "delta", "clear"] as const;
    const entries = kinds.map((kind, index) => entry(`w${index + 1}`, { kind }));
    await store.commit([turn("t", { state: { base: null, entries } })]);
    const versions = async (version: number | null, known: number | null): Promise<unknown> => {
      const stamp = known === null ? null : { incarnation: 1, version: known, writeId: `w${known}` };
      const [tail] = await store.read([{ ...scope("t"), known: stamp, version }]);
      return [tail?.continues, tail?.entries.map((row) => row.version)];
    };
    expect(await versions(null, null)).toEqual([false, [5]]);
    expect(await versions(4, null)).toEqual([false, [3, 4]]);
    expect(await versions(99, null)).toEqual([false, [5]]);
    expect(await versions(4, 1)).toEqual([true, [2, 3, 4]]);
    expect(await versions(null, 5)).toEqual([true, []]);
    expect(await versions(2, 4)).toEqual([false, [1, 2]]);
    expect(await versions(null, 6)).toEqual([false, [5]]);
  });
});

test("setup and release may be called, and release keeps what is stored", async () => {
  const store = new MemoryColdStore();
  await store.setup();
  await store.commit([turn("t")]);
  await store.release();
  expect(store.isBusy()).toBe(false);
  expect(await ids(store)).toEqual(["t"]);
});
