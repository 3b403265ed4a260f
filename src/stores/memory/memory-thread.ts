import type { AnyId } from "../../model/config.ts";
import type { Stamp } from "../../model/stamp.ts";
import type { StoreStats, Tail, TailRequest, ThreadRow, Turn, VersionQuery, VersionRow } from "../cold-store.ts";
import type { MemoryMessages } from "./memory-messages.ts";
import { MemoryStateLog, type StoredVersion } from "./memory-state-log.ts";
import { MemoryThreadFields } from "./memory-thread-fields.ts";

/** What one life of a thread is, from its making to its deletion. */
export interface ThreadIdentity {
  /** Its id. */
  readonly threadId: AnyId;
  /** Its owner; null: nobody. */
  readonly userId: AnyId | null;
  /** Which life it is. */
  readonly incarnation: number;
  /** The write id of the fork that made it; null: a turn made it. */
  readonly forkedBy: string | null;
}

/** What a thread holds. */
export interface ThreadContents {
  /** Its own fields. */
  readonly fields: MemoryThreadFields;
  /** Its messages. */
  readonly messages: MemoryMessages;
  /** Its states, by namespace; only namespaces that have a version. */
  readonly logs: Map<string, MemoryStateLog>;
}

/** The version that a fork is made at, and the namespace that it counts in. */
export interface ForkPoint {
  /** The namespace. */
  readonly namespace: string;
  /** Its version. */
  readonly at: StoredVersion;
}

/** A turn without a state leaves its write id in no version. A repetition follows within seconds, so only the last ones are kept. */
const RECENT_WRITES = 64;

/** One life of a thread: its fields, messages and states. */
export class MemoryThread {
  /** Who it is. */
  readonly identity: ThreadIdentity;
  /** Its own fields. */
  readonly fields: MemoryThreadFields;
  /** Its messages. */
  readonly messages: MemoryMessages;
  readonly #logs: Map<string, MemoryStateLog>;
  readonly #recentWrites: string[] = [];

  constructor(identity: ThreadIdentity, contents: ThreadContents) {
    this.identity = identity;
    this.fields = contents.fields;
    this.messages = contents.messages;
    this.#logs = contents.logs;
  }

  /** Whether a caller may see it; null: the application, which sees every thread. */
  isVisibleTo(userId: AnyId | null): boolean {
    return userId === null || userId === this.identity.userId;
  }

  /** The namespaces that have states. */
  get namespaces(): string[] {
    return [...this.#logs.keys()];
  }

  /** The newest version of a namespace; 0: none. */
  headOf(namespace: string): number {
    return this.#logs.get(namespace)?.head ?? 0;
  }

  /** Whether this is the head of a namespace; null: whether the namespace has no version yet. */
  isHead(namespace: string, base: Stamp | null): boolean {
    const log = this.#logs.get(namespace);
    if (base === null || log === undefined) return base === null && log === undefined;
    return (
      base.incarnation === this.identity.incarnation && base.version === log.head && log.has(log.head, base.writeId)
    );
  }

  /** Whether a turn was committed before, so that this is its repetition. */
  hasCommitted(turn: Turn): boolean {
    if (turn.state === null) return this.#recentWrites.includes(turn.writeId);
    return this.#logs.get(turn.namespace)?.hasCommitted(turn.state) ?? false;
  }

  /** Writes a turn whose base was found to be the head. Nothing in here can fail, which makes it all or nothing. */
  apply(turn: Turn, nowMs: number): void {
    this.fields.apply(turn, nowMs);
    this.messages.put(turn.messages, nowMs);
    if (turn.state === null) this.#remember(turn.writeId);
    else this.#logOf(turn.namespace).append(turn.state.entries, nowMs, this.messages.lastSeq);
  }

  #remember(writeId: string): void {
    this.#recentWrites.push(writeId);
    if (this.#recentWrites.length > RECENT_WRITES) this.#recentWrites.shift();
  }

  #logOf(namespace: string): MemoryStateLog {
    const log = this.#logs.get(namespace) ?? new MemoryStateLog();
    this.#logs.set(namespace, log);
    return log;
  }

  /** What leads to a head. */
  tail(request: TailRequest): Tail {
    const { incarnation, userId: owner } = this.identity;
    // A stamp of another life proves nothing about this one, even where a fork brought the same write ids.
    const known = request.known?.incarnation === incarnation ? request.known : null;
    const tail = this.#logs.get(request.namespace)?.tail({ ...request, known }) ?? { continues: false, entries: [] };
    return { incarnation, owner, ...tail };
  }

  /** The versions of a namespace, newest first. */
  listVersions(namespace: string, query: VersionQuery): VersionRow[] {
    return this.#logs.get(namespace)?.list(query) ?? [];
  }

  /** One version of a namespace. */
  versionAt(namespace: string, version: number): StoredVersion | undefined {
    return this.#logs.get(namespace)?.at(version);
  }

  /** The thread as lists tell it. */
  toRow(): ThreadRow {
    const { threadId, userId } = this.identity;
    return { threadId, userId, ...this.fields.toRow() };
  }

  /** Counts and sizes. */
  stats(): StoreStats {
    const logs = [...this.#logs.values()];
    return {
      threads: 1,
      messages: this.messages.count,
      versions: logs.reduce((sum, { head }) => sum + head, 0),
      stateBytes: logs.reduce((sum, { bytes }) => sum + bytes, 0),
      messageBytes: this.messages.bytes,
    };
  }

  /** A copy made now, with what this thread has, or had at a point. Entries and messages never change, so both share them. */
  fork(identity: ThreadIdentity, nowMs: number, point: ForkPoint | null): MemoryThread {
    return new MemoryThread(identity, {
      fields: new MemoryThreadFields(nowMs, this.fields),
      messages: this.messages.copyUpTo(point?.at.lastSeq ?? this.messages.lastSeq),
      logs: this.#copyLogs(point),
    });
  }

  #copyLogs(point: ForkPoint | null): Map<string, MemoryStateLog> {
    const copies = Array.from(this.#logs, ([namespace, log]) => [namespace, copyLog(namespace, log, point)] as const);
    return new Map(copies.filter(([, log]) => log.head > 0));
  }
}

function copyLog(namespace: string, log: MemoryStateLog, point: ForkPoint | null): MemoryStateLog {
  if (point === null) return log.copyUpTo(log.head);
  // Versions of several namespaces have no common number; the time of their commits is what orders them.
  return namespace === point.namespace ? log.copyUpTo(point.at.version) : log.copyUntil(point.at.createdAtMs);
}
