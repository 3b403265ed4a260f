import { randomUUID } from "node:crypto";
import type { ColdStore, Scope, Turn } from "../../../src/stores/cold-store.ts";

/** The owner of the threads that are tried. */
export const OWNER = "the owner";
/** Who tries. */
export const STRANGER = "a stranger";

/** Tries to get at a thread of the owner's, as a stranger; answers whether something of it was seen, or changed. */
export type Attempt = (store: ColdStore, threadId: string) => Promise<boolean>;

const entry = { kind: "snapshot", body: "{}", metadata: "{}" } as const;

function turn(threadId: string, parts: Partial<Turn>): Turn {
  const bare = { namespace: "", runId: null, lease: null, state: null, messages: [], thread: null };
  return { threadId, userId: STRANGER, writeId: randomUUID(), ...bare, ...parts };
}

function message(messageId: string): Turn["messages"][number] {
  return { messageId, role: "user", body: `{"messageId":"${messageId}"}`, searchText: "secret", sentAtMs: null };
}

/** A turn of every kind, and of each statement that commits: a new state, messages alone, and a version on what stands. */
function stateTurn(threadId: string): Turn {
  const writeId = randomUUID();
  return turn(threadId, { writeId, state: { base: null, entries: [{ ...entry, writeId }] } });
}

async function nextTurn(store: ColdStore, threadId: string): Promise<Turn> {
  const [tail] = await store.read([{ threadId, userId: null, namespace: "", known: null, version: null }]);
  const head = tail?.entries.at(-1);
  if (tail === undefined || head === undefined) throw new Error("there is no state to build on");
  const writeId = randomUUID();
  const base = { incarnation: tail.incarnation, version: head.version, writeId: head.writeId };
  return turn(threadId, { writeId, state: { base, entries: [{ ...entry, writeId }] } });
}

/** Makes the owner's thread: a state, a message, a name and a run. */
export async function makeThread(store: ColdStore, threadId: string): Promise<void> {
  const parts = { userId: OWNER, runId: "run", messages: [message("m")] };
  const outcomes = await store.commit([{ ...stateTurn(threadId), ...parts }]);
  if (outcomes[0]?.kind !== "committed") throw new Error("the owner's thread was not made");
}

/** The lease that the owner's thread is held under. */
export const LEASE = randomUUID();

async function isCommitted(store: ColdStore, turns: readonly Turn[]): Promise<boolean> {
  return (await store.commit(turns)).some(({ kind }) => kind === "committed");
}

const scopeOf = (threadId: string): Scope => ({ threadId, userId: STRANGER, namespace: "" });
const everyMessage = {
  ...{ search: null, limit: null, offset: 0, before: null, after: null, descending: false },
  ...{ roles: null, sinceMs: null, untilMs: null },
};
const everyThread = { search: null, metadata: null, limit: null, offset: 0, before: null, after: null };
const lease = { runId: "mine", lease: randomUUID(), ttlMs: 60_000 };

/** Every member of the port that reads or writes a thread, in each form that has a statement of its own. */
export const attempts: Readonly<Record<string, Attempt>> = {
  getThread: async (store, threadId) => (await store.getThread(scopeOf(threadId))) !== null,
  listThreads: async (store) => (await store.listThreads(STRANGER, everyThread)).length > 0,
  getMessage: async (store, threadId) => (await store.getMessage(scopeOf(threadId), "m")) !== null,
  listMessages: async (store, threadId) => (await store.listMessages(scopeOf(threadId), everyMessage)).length > 0,
  "listMessages, newest first": async (store, threadId) =>
    (await store.listMessages(scopeOf(threadId), { ...everyMessage, descending: true })).length > 0,
  listVersions: async (store, threadId) =>
    (await store.listVersions(scopeOf(threadId), { before: null, limit: null, metadata: null })).length > 0,
  "read of one": async (store, threadId) => {
    const [tail] = await store.read([{ ...scopeOf(threadId), known: null, version: null }]);
    return tail?.incarnation !== 0;
  },
  "read of two": async (store, threadId) => {
    const request = { ...scopeOf(threadId), known: null, version: null };
    return (await store.read([request, { ...request, version: 1 }])).some(({ incarnation }) => incarnation !== 0);
  },
  readRecent: async (store) => (await store.readRecent(STRANGER, "", 10)).length > 0,
  stats: async (store, threadId) => {
    const { threads, messages, versions } = await store.stats(STRANGER, threadId);
    return threads + messages + versions > 0;
  },
  isStopRequested: async (store, threadId) => {
    await store.requestStop({ ...scopeOf(threadId), userId: OWNER }, null);
    return await store.isStopRequested(scopeOf(threadId), null);
  },
  requestStop: (store, threadId) => store.requestStop(scopeOf(threadId), null),
  acquireLease: async (store, threadId) => (await store.acquireLease(scopeOf(threadId), lease)).kind !== "denied",
  holdsLease: async (store, threadId) => {
    await store.acquireLease({ ...scopeOf(threadId), userId: OWNER }, { ...lease, lease: LEASE });
    return await store.holdsLease(scopeOf(threadId), LEASE);
  },
  renewLease: async (store, threadId) => {
    await store.acquireLease({ ...scopeOf(threadId), userId: OWNER }, { ...lease, lease: LEASE });
    return await store.renewLease(scopeOf(threadId), LEASE, 60_000);
  },
  "commit of a version": async (store, threadId) => isCommitted(store, [await nextTurn(store, threadId)]),
  "commit of versions": async (store, threadId) => {
    await makeThread(store, `${threadId} 2`);
    return isCommitted(store, [await nextTurn(store, threadId), await nextTurn(store, `${threadId} 2`)]);
  },
  "commit of a first version": (store, threadId) =>
    isCommitted(store, [{ ...stateTurn(threadId), namespace: "other" }]),
  "commit of messages": (store, threadId) => isCommitted(store, [turn(threadId, { messages: [message("m")] })]),
  deleteMessage: (store, threadId) => store.deleteMessage(scopeOf(threadId), "m", null),
  forkThread: async (store, threadId) => {
    const target = { to: randomUUID(), incarnation: null, owner: null, writeId: randomUUID() };
    return (await store.forkThread({ from: scopeOf(threadId), version: null, ...target })) !== "source-missing";
  },
  deleteThread: async (store, threadId) => (await store.deleteThread(scopeOf(threadId), randomUUID(), null)) !== null,
};

/** Members that touch no thread of a user's: a tombstone says that an id was used, and is asked for by whoever may write it. */
export const WITHOUT_THREAD: readonly string[] = ["setup", "release", "isBusy", "findDeletion"];
