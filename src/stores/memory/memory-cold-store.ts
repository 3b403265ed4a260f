import type { AnyId } from "../../model/config.ts";
import type {
  ColdStore,
  DeletedThread,
  Deletion,
  ForkOutcome,
  ForkRequest,
  LeaseOutcome,
  LeaseRequest,
  MessageQuery,
  RecentTail,
  Scope,
  StoreStats,
  Tail,
  TailRequest,
  ThreadQuery,
  ThreadRow,
  Turn,
  TurnOutcome,
  VersionQuery,
  VersionRow,
} from "../cold-store.ts";
import { MemoryMessages } from "./memory-messages.ts";
import { MemoryThreadFields } from "./memory-thread-fields.ts";
import { type ForkPoint, MemoryThread, type ThreadIdentity } from "./memory-thread.ts";
import { compareThreads } from "./thread-order.ts";

/** PostgreSQL's clock counts microseconds. */
const MICROSECOND_MS = 0.001;

const NOTHING: StoreStats = { threads: 0, messages: 0, versions: 0, stateBytes: 0, messageBytes: 0 };

/**
 * Keeps sessions in this process, for tests and for what need not outlive it. It answers as the PostgreSQL store does. No member
 * waits for anything between its first look and its last write, so each is atomic.
 */
export class MemoryColdStore implements ColdStore {
  readonly #threads = new Map<AnyId, MemoryThread>();
  readonly #tombstones = new Map<AnyId, Deletion>();
  readonly #now: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastIncarnation = 0;

  /** @param now - the clock, in milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** There is nothing to make. */
  async setup(): Promise<void> {}

  /** Holds nothing but memory, and keeps that: the same store may serve another checkpointer afterwards. */
  async release(): Promise<void> {}

  /** Never: nothing here waits. */
  isBusy(): boolean {
    return false;
  }

  async commit(turns: readonly Turn[]): Promise<readonly TurnOutcome[]> {
    return turns.map((turn) => this.#commitTurn(turn));
  }

  #commitTurn(turn: Turn): TurnOutcome {
    const thread = this.#threads.get(turn.threadId);
    if (thread === undefined) return this.#commitFirst(turn);
    if (!thread.isVisibleTo(turn.userId)) return { kind: "denied" };
    const { incarnation } = thread.identity;
    if (thread.hasCommitted(turn)) return { kind: "committed", incarnation };
    if (!thread.fields.holdsLease(turn.lease, this.#now())) return { kind: "unleased" };
    if (turn.state !== null && !thread.isHead(turn.namespace, turn.state.base)) {
      return { kind: "conflict", actual: thread.headOf(turn.namespace) };
    }
    thread.apply(turn, this.#instant());
    return { kind: "committed", incarnation };
  }

  #commitFirst(turn: Turn): TurnOutcome {
    if (turn.lease !== null) return { kind: "unleased" };
    if (turn.state !== null && turn.state.base !== null) return { kind: "conflict", actual: 0 };
    const nowMs = this.#instant();
    const thread = this.#make(turn, turn.thread?.createdAtMs ?? nowMs);
    thread.apply(turn, nowMs);
    return { kind: "committed", incarnation: thread.identity.incarnation };
  }

  #make({ threadId, userId }: Scope, createdAtMs: number): MemoryThread {
    const identity = { threadId, userId, incarnation: ++this.#lastIncarnation, forkedBy: null };
    const fields = new MemoryThreadFields(createdAtMs);
    const thread = new MemoryThread(identity, { fields, messages: new MemoryMessages(), logs: new Map() });
    this.#add(thread);
    return thread;
  }

  #add(thread: MemoryThread): void {
    this.#threads.set(thread.identity.threadId, thread);
    this.#tombstones.delete(thread.identity.threadId);
  }

  /** Later than every instant before, as if a microsecond went by: lists of what was written in one millisecond keep their order. */
  #instant(): number {
    this.#lastMs = Math.max(this.#now(), this.#lastMs + MICROSECOND_MS);
    return this.#lastMs;
  }

  async read(requests: readonly TailRequest[]): Promise<readonly Tail[]> {
    return requests.map(
      (request) => this.#find(request)?.tail(request) ?? { incarnation: 0, owner: null, continues: false, entries: [] },
    );
  }

  async readRecent(userId: AnyId | null, namespace: string, limit: number): Promise<readonly RecentTail[]> {
    const recent = this.#visibleTo(userId).sort(compare).slice(0, limit);
    const tails = recent.map((thread) => {
      const { threadId } = thread.identity;
      return { threadId, tail: thread.tail({ threadId, userId, namespace, known: null, version: null }) };
    });
    return tails.filter(({ tail }) => tail.entries.length > 0);
  }

  async acquireLease(scope: Scope, request: LeaseRequest): Promise<LeaseOutcome> {
    const nowMs = this.#instant();
    const thread = this.#threads.get(scope.threadId) ?? this.#make(scope, nowMs);
    if (!thread.isVisibleTo(scope.userId)) return { kind: "denied" };
    const restMs = thread.fields.acquireLease(request, nowMs);
    return restMs > 0 ? { kind: "held", restMs } : { kind: "acquired" };
  }

  async renewLease(scope: Scope, lease: string, ttlMs: number): Promise<boolean> {
    return this.#find(scope)?.fields.renewLease(lease, ttlMs, this.#now()) ?? false;
  }

  async holdsLease(scope: Scope, lease: string): Promise<boolean> {
    return this.#find(scope)?.fields.holdsLease(lease, this.#now()) ?? false;
  }

  async requestStop(scope: Scope, runId: string | null): Promise<boolean> {
    const thread = this.#find(scope);
    thread?.fields.requestStop(runId);
    return thread !== undefined;
  }

  async isStopRequested(scope: Scope, runId: string | null): Promise<boolean> {
    return this.#find(scope)?.fields.isStopRequested(runId) ?? false;
  }

  async listVersions(scope: Scope, query: VersionQuery): Promise<readonly VersionRow[]> {
    return this.#find(scope)?.listVersions(scope.namespace, query) ?? [];
  }

  async getMessage(scope: Scope, messageId: string): Promise<string | null> {
    return this.#find(scope)?.messages.get(messageId) ?? null;
  }

  async listMessages(scope: Scope, query: MessageQuery): Promise<readonly string[]> {
    return this.#find(scope)?.messages.list(query) ?? [];
  }

  async deleteMessage(scope: Scope, messageId: string, lease: string | null): Promise<boolean> {
    const thread = this.#find(scope);
    if (thread === undefined || !thread.fields.holdsLease(lease, this.#now()) || !thread.messages.delete(messageId))
      return false;
    thread.fields.touch(this.#instant());
    return true;
  }

  async getThread(scope: Scope): Promise<ThreadRow | null> {
    return this.#find(scope)?.toRow() ?? null;
  }

  async listThreads(userId: AnyId | null, query: ThreadQuery): Promise<readonly ThreadRow[]> {
    const isBetween = this.#betweenCursors(userId, query);
    if (isBetween === null) return [];
    const found = this.#visibleTo(userId)
      .filter((thread) => isBetween(thread) && thread.fields.matches(query))
      .sort(compare);
    const end = query.limit === null ? found.length : query.offset + query.limit;
    return found.slice(query.offset, end).map((thread) => thread.toRow());
  }

  /** What tells the threads between a query's cursors; null: a cursor does not exist. */
  #betweenCursors(userId: AnyId | null, query: ThreadQuery): ((thread: MemoryThread) => boolean) | null {
    const before = query.before === null ? null : this.#find({ threadId: query.before, userId });
    const after = query.after === null ? null : this.#find({ threadId: query.after, userId });
    if (before === undefined || after === undefined) return null;
    return (thread) =>
      (before === null || compare(thread, before) < 0) && (after === null || compare(thread, after) > 0);
  }

  async deleteThread(scope: Scope, writeId: string, lease: string | null): Promise<DeletedThread | null> {
    const thread = this.#threads.get(scope.threadId);
    if (thread === undefined) {
      // A repetition, because its first reply was lost: the deletion that it asks for has happened.
      const deletion = this.#tombstones.get(scope.threadId);
      return deletion?.writeId === writeId ? { incarnation: deletion.incarnation, namespaces: [] } : null;
    }
    if (!thread.isVisibleTo(scope.userId) || !thread.fields.holdsLease(lease, this.#now())) return null;
    const { incarnation } = thread.identity;
    this.#threads.delete(scope.threadId);
    this.#tombstones.set(scope.threadId, { incarnation, writeId });
    return { incarnation, namespaces: thread.namespaces };
  }

  async findDeletion(threadId: AnyId): Promise<Deletion | null> {
    return this.#tombstones.get(threadId) ?? null;
  }

  async forkThread({ from, incarnation, to, owner, version, writeId }: ForkRequest): Promise<ForkOutcome> {
    const source = this.#find(from);
    if (source === undefined) return "source-missing";
    if (incarnation !== null && source.identity.incarnation !== incarnation) return "source-missing";
    const point = pointOf(source, from.namespace, version);
    if (point === undefined) return "version-missing";
    const target = this.#threads.get(to);
    if (target !== undefined) return target.identity.forkedBy === writeId ? "forked" : "target-exists";
    const identity: ThreadIdentity = {
      threadId: to,
      userId: owner ?? source.identity.userId,
      incarnation: ++this.#lastIncarnation,
      forkedBy: writeId,
    };
    this.#add(source.fork(identity, this.#instant(), point));
    return "forked";
  }

  async stats(userId: AnyId | null, threadId: AnyId | null): Promise<StoreStats> {
    return this.#visibleTo(userId)
      .filter((thread) => threadId === null || thread.identity.threadId === threadId)
      .map((thread) => thread.stats())
      .reduce(addStats, NOTHING);
  }

  #find({ threadId, userId }: Pick<Scope, "threadId" | "userId">): MemoryThread | undefined {
    const thread = this.#threads.get(threadId);
    return thread?.isVisibleTo(userId) === true ? thread : undefined;
  }

  #visibleTo(userId: AnyId | null): MemoryThread[] {
    return [...this.#threads.values()].filter((thread) => thread.isVisibleTo(userId));
  }
}

function compare(left: MemoryThread, right: MemoryThread): number {
  return compareThreads(
    { threadId: left.identity.threadId, updatedAtMs: left.fields.updatedAtMs },
    { threadId: right.identity.threadId, updatedAtMs: right.fields.updatedAtMs },
  );
}

/** Where to fork; null: at the newest of everything; undefined: there is no such version. */
function pointOf(source: MemoryThread, namespace: string, version: number | null): ForkPoint | null | undefined {
  if (version === null) return null;
  const at = source.versionAt(namespace, version);
  return at === undefined ? undefined : { namespace, at };
}

function addStats(left: StoreStats, right: StoreStats): StoreStats {
  return {
    threads: left.threads + right.threads,
    messages: left.messages + right.messages,
    versions: left.versions + right.versions,
    stateBytes: left.stateBytes + right.stateBytes,
    messageBytes: left.messageBytes + right.messageBytes,
  };
}
