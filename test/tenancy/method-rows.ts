import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { vi } from "vitest";
import { type AgentState, type BaseCheckpointer, createState, Message, versionToken } from "../../src/index.ts";
import type { Outcome, Outcomes } from "./outcomes.ts";
import type { Checkpointer, Config, Fields, OwnedThread } from "./owned-thread.ts";

/** One call, as one caller makes it. */
export interface Attempt {
  readonly checkpointer: Checkpointer;
  /** The thread that is named, and who calls. */
  readonly config: Config;
  /** Whose the thread is if it exists; else another thread of this owner does. */
  readonly owned: OwnedThread;
  readonly exists: boolean;
  readonly requireUserId: boolean;
  /** The owner writes to the thread that is named. */
  readonly ownerWrites: () => Promise<void>;
  /** A thread that the caller may do anything with. */
  readonly ownThread: () => Promise<Config>;
  /** A checkpointer of this call's own. */
  readonly fresh: () => Promise<Checkpointer>;
}

/** One way to call a method. */
export interface Way {
  readonly call: (attempt: Attempt) => Promise<unknown>;
  readonly outcomes: Outcomes;
}

/** Methods that take no config: whoever holds the checkpointer may call them. */
export const withoutConfig: ReadonlySet<unknown> = new Set<PublicMethod>([
  "setup",
  "release",
  "health",
  Symbol.asyncDispose,
]);

type PublicMethod = keyof BaseCheckpointer;
type Pair = readonly [exists: Outcome, absent: Outcome];

const outcomes = (owner: Pair, stranger: Pair, application: Pair = owner): Outcomes => ({
  owner,
  stranger,
  application,
});
const reads = outcomes(["theirs", "nothing"], ["nothing", "nothing"]);
/** What is answered says nothing but that it is there. */
const counts = outcomes(["done", "nothing"], ["nothing", "nothing"]);
/** Makes the thread where there is none. */
const writes = outcomes(["done", "done"], ["denied", "done"]);
/** Does nothing where there is none. */
const removes = outcomes(["done", "nothing"], ["denied", "nothing"]);
/** Needs the thread. */
const changes = outcomes(["done", "missing"], ["denied", "missing"]);
/** Means no single thread. */
const lists = outcomes(["theirs", "theirs"], ["nothing", "nothing"]);
const always = outcomes(["done", "done"], ["done", "done"]);

const way = (expected: Outcomes, call: Way["call"]): Way => ({ outcomes: expected, call });
const mine = (): AgentState<Fields> => createState<Fields>({ plan: "of the caller" });
/** The owner's own state, with its version, where it exists. */
const stolen = ({ owned, exists }: Attempt): AgentState<Fields> => (exists ? owned.state : mine());
const said = (messageId?: string): Message[] => [
  Message.text("by the caller", messageId === undefined ? {} : { messageId }),
];
const newThread = ({ userId }: Config): Config => ({
  threadId: randomUUID(),
  ...(userId === undefined ? {} : { userId }),
});
const userOf = ({ userId }: Config): { userId?: string } => (userId === undefined ? {} : { userId });

/** Every public method of the contract, in every way that may matter. */
export const rows: Readonly<Record<PublicMethod, readonly Way[]>> = {
  setup: [way(always, ({ checkpointer }) => checkpointer.setup())],
  release: [way(always, async ({ fresh }) => (await fresh()).release())],
  [Symbol.asyncDispose]: [way(always, async ({ fresh }) => (await fresh())[Symbol.asyncDispose]())],
  health: [way(always, ({ checkpointer }) => checkpointer.health())],
  putState: [
    way(writes, ({ checkpointer, config }) => checkpointer.putState(config, mine())),
    way(writes, ({ checkpointer, config }) => checkpointer.putState({ ...config, namespace: "unused" }, mine())),
    way(writes, ({ checkpointer, config }) => checkpointer.putState({ ...config, runId: "a run" }, mine())),
    way(writes, (attempt) => attempt.checkpointer.putState(attempt.config, stolen(attempt))),
    way(writes, (attempt) =>
      attempt.checkpointer.putState(attempt.config, stolen(attempt), { onConflict: "overwrite" }),
    ),
    way(writes, ({ checkpointer, config, exists }) =>
      checkpointer.putState(config, mine(), { ifVersion: exists ? 2 : 0 }),
    ),
    way(outcomes(["conflict", "conflict"], ["denied", "conflict"]), ({ checkpointer, config }) =>
      checkpointer.putState(config, mine(), { ifVersion: 1 }),
    ),
  ],
  putStateCache: [
    way(writes, ({ checkpointer, config }) => checkpointer.putStateCache(config, mine())),
    way(writes, (attempt) => attempt.checkpointer.putStateCache(attempt.config, stolen(attempt))),
    way(writes, (attempt) =>
      attempt.checkpointer.putStateCache(attempt.config, stolen(attempt), { onConflict: "overwrite" }),
    ),
  ],
  getState: [
    way(reads, ({ checkpointer, config }) => checkpointer.getState(config)),
    way(reads, ({ checkpointer, config }) => checkpointer.getState(config, { version: 1 })),
    way(outcomes(["missing", "nothing"], ["nothing", "nothing"]), ({ checkpointer, config }) =>
      checkpointer.getState(config, { version: 99 }),
    ),
  ],
  getStateCache: [
    way(reads, ({ checkpointer, config }) => checkpointer.getStateCache(config)),
    way(reads, ({ checkpointer, config, owned }) =>
      checkpointer.getStateCache(config, { atLeast: versionToken(owned.state) }),
    ),
  ],
  listStates: [
    way(reads, ({ checkpointer, config }) => checkpointer.listStates(config)),
    way(reads, ({ checkpointer, config, owned }) =>
      checkpointer.listStates(config, { metadata: { note: owned.secret } }),
    ),
  ],
  updateState: [
    way(writes, async ({ checkpointer, config }) => {
      const seen: unknown[] = [];
      const change = (state: unknown): AgentState<Fields> => {
        seen.push(state);
        return mine();
      };
      return [await checkpointer.updateState(config, change), seen];
    }),
    // What the callback was shown is what a stranger would have learnt, whatever becomes of the call.
    way(reads, async ({ checkpointer, config }) => {
      const seen: unknown[] = [];
      await checkpointer
        .updateState(config, (state) => {
          if (state !== null) seen.push({ ...state });
          throw enough;
        })
        .catch((error: unknown) => {
          if (error !== enough) throw error;
        });
      return seen;
    }),
  ],
  clearState: [way(removes, ({ checkpointer, config }) => checkpointer.clearState(config))],
  putMessages: [
    way(writes, ({ checkpointer, config }) => checkpointer.putMessages(config, said())),
    way(writes, ({ checkpointer, config, owned, exists }) =>
      checkpointer.putMessages(config, said(exists ? owned.messageId : "m")),
    ),
  ],
  getMessage: [way(reads, ({ checkpointer, config, owned }) => checkpointer.getMessage(config, owned.messageId))],
  listMessages: [
    way(reads, ({ checkpointer, config }) => checkpointer.listMessages(config)),
    way(reads, ({ checkpointer, config, owned }) => checkpointer.listMessages(config, { search: owned.secret })),
    way(reads, ({ checkpointer, config, owned }) => checkpointer.listMessages(config, { after: owned.messageId })),
    way(outcomes(["missing", "nothing"], ["nothing", "nothing"]), ({ checkpointer, config }) =>
      checkpointer.listMessages(config, { before: "no such message" }),
    ),
  ],
  deleteMessage: [
    way(removes, ({ checkpointer, config, owned }) => checkpointer.deleteMessage(config, owned.messageId)),
  ],
  putThread: [
    way(writes, ({ checkpointer, config }) => checkpointer.putThread(config)),
    way(writes, ({ checkpointer, config }) => checkpointer.putThread(config, { threadName: "x", metadata: { x: 1 } })),
    // Nobody gets a thread by saying that it is his.
    way(outcomes(["done", "done"], ["denied", "done"], ["done", "invalid"]), ({ checkpointer, config, owned }) =>
      checkpointer.putThread(config, { userId: config.userId ?? owned.config.userId }),
    ),
  ],
  getThread: [way(reads, ({ checkpointer, config }) => checkpointer.getThread(config))],
  listThreads: [
    // The newest of everybody's need not be the owner's.
    way(outcomes(["theirs", "theirs"], ["nothing", "nothing"], ["done", "done"]), ({ checkpointer, config }) =>
      checkpointer.listThreads(userOf(config), { limit: 1 }),
    ),
    way(lists, ({ checkpointer, config, owned }) => checkpointer.listThreads(userOf(config), { search: owned.secret })),
    way(lists, ({ checkpointer, config, owned }) =>
      checkpointer.listThreads(userOf(config), { metadata: { [owned.secret]: owned.secret } }),
    ),
    // The owner's thread as the place to begin at, which tells a stranger nothing of when it was written.
    way(outcomes(["nothing", "nothing"], ["missing", "missing"], ["done", "done"]), ({ checkpointer, config, owned }) =>
      checkpointer.listThreads(userOf(config), { before: owned.config.threadId, limit: 1 }),
    ),
  ],
  deleteThread: [way(removes, ({ checkpointer, config }) => checkpointer.deleteThread(config))],
  forkThread: [
    way(outcomes(["theirs", "missing"], ["missing", "missing"]), ({ checkpointer, config }) =>
      checkpointer.forkThread(config, newThread(config)),
    ),
    way(outcomes(["theirs", "missing"], ["missing", "missing"]), ({ checkpointer, config }) =>
      checkpointer.forkThread(config, newThread(config), { version: 1 }),
    ),
    way(outcomes(["theirs", "missing"], ["missing", "missing"]), ({ checkpointer, config, requireUserId }) =>
      checkpointer.forkThread(config, newThread(requireUserId ? config : { threadId: config.threadId })),
    ),
    // Onto it.
    way(outcomes(["conflict", "done"], ["conflict", "done"]), async ({ checkpointer, config, ownThread }) =>
      checkpointer.forkThread(await ownThread(), config),
    ),
    // For somebody else.
    way(outcomes(["denied", "denied"], ["denied", "denied"], ["theirs", "missing"]), ({ checkpointer, config }) =>
      checkpointer.forkThread(config, { threadId: randomUUID(), userId: randomUUID() }),
    ),
  ],
  repairState: [way(changes, ({ checkpointer, config }) => checkpointer.repairState(config))],
  checkpoint: [
    way(writes, ({ checkpointer, config }) => checkpointer.checkpoint(config, { state: mine() })),
    way(writes, (attempt) => attempt.checkpointer.checkpoint(attempt.config, { state: stolen(attempt) })),
    way(writes, ({ checkpointer, config }) => checkpointer.checkpoint(config, { messages: said() })),
    way(writes, ({ checkpointer, config }) => checkpointer.checkpoint(config, { thread: { threadName: null } })),
    way(writes, ({ checkpointer, config }) =>
      checkpointer.checkpoint(config, { state: mine(), messages: said(), thread: { metadata: { x: 1 } } }),
    ),
  ],
  warmCache: [
    way(outcomes(["done", "done"], ["nothing", "nothing"]), ({ checkpointer, config }) =>
      checkpointer.warmCache(userOf(config)),
    ),
  ],
  // Where there is no thread, its owner makes one.
  watch: [way(lists, watched)],
  acquireRun: [
    way(writes, async ({ checkpointer, config }) => {
      await using lease = await checkpointer.acquireRun(config);
      return lease.runId;
    }),
    way(writes, async ({ checkpointer, config }) => {
      await using lease = await checkpointer.acquireRun(config, { waitMs: 10_000, renew: false });
      await checkpointer.beginRun(lease.config);
    }),
  ],
  beginRun: [
    way(writes, ({ checkpointer, config }) => checkpointer.beginRun(config)),
    way(writes, ({ checkpointer, config }) => checkpointer.beginRun({ ...config, runId: "a run" })),
  ],
  requestStop: [
    way(changes, ({ checkpointer, config }) => checkpointer.requestStop(config)),
    way(changes, ({ checkpointer, config }) => checkpointer.requestStop({ ...config, runId: "a run" })),
  ],
  stopRequested: [
    way(counts, ({ checkpointer, config }) => checkpointer.stopRequested(config)),
    way(counts, ({ checkpointer, config, owned }) =>
      checkpointer.stopRequested({ ...config, runId: `${owned.secret}-run` }),
    ),
  ],
  stats: [
    way(counts, ({ checkpointer, config }) => checkpointer.stats(config)),
    way(outcomes(["done", "done"], ["nothing", "nothing"]), ({ checkpointer, config }) =>
      checkpointer.stats(userOf(config)),
    ),
  ],
};

/** Ends a change of a state. */
const enough = new Error("enough seen");

/** More questions than a watch has to ask to have looked at everything twice. */
const TWO_LOOKS = 12;

/** What a watch tells while the owner writes, where it has surely looked before and after. */
async function watched({ checkpointer, config, ownerWrites }: Attempt): Promise<unknown[]> {
  let asked = 0;
  const count = (): void => void asked++;
  subscribe("agenity:watch", count);
  const end = new AbortController();
  const told: unknown[] = [];
  try {
    const watch = collect(checkpointer.watch(config, { pollMs: 10, signal: end.signal }), told);
    const looked = (): Promise<void> => waitFor(() => asked >= TWO_LOOKS, watch);
    await looked();
    await ownerWrites();
    asked = 0;
    await looked();
    end.abort();
    await watch;
    return told;
  } finally {
    end.abort();
    unsubscribe("agenity:watch", count);
  }
}

async function collect(events: AsyncIterable<unknown>, into: unknown[]): Promise<void> {
  for await (const event of events) into.push(event);
}

/** An error of the watch ends the wait. */
async function waitFor(condition: () => boolean, watch: Promise<void>): Promise<void> {
  await Promise.race([vi.waitUntil(condition, { timeout: 30_000, interval: 5 }), watch]);
}
