import type { StoredEntry } from "../log/entry.ts";
import type { AnyId } from "../model/config.ts";
import type { CheckpointerError } from "../model/errors.ts";
import type { MessageRole } from "../model/message.ts";
import type { Stamp } from "../model/stamp.ts";

/**
 * The port behind which sessions are durable. Write one, and run the kit of `agenity/conformance` on a checkpointer over it.
 *
 * **For every member.** `userId` null is the application itself and sees every thread; any other user sees the threads that he owns, and only
 * those: to him the others do not exist. Nothing is cached: an answer is what was committed when the call began, or later. What is
 * missing is null, an empty list, or false, never an error. Errors are {@link CheckpointerError}s; `StorageUnavailableError`
 * where the store cannot answer. After `release()` no other member is called.
 */
export interface ColdStore {
  /** Makes or migrates what the store needs. Safe when many processes call it at once, and when it was called before. */
  setup(): Promise<void>;

  /** Gives up what the store made itself; what it was lent stays open. Called once, when no call is under way. */
  release(): Promise<void>;

  /**
   * Whether a call made now would have to wait. What would wait is gathered and travels together in one call of `commit` or `read`.
   */
  isBusy(): boolean;

  /**
   * Commits turns, each atomic in itself: all of it, or nothing. Turns of one call are of different threads. A turn's fate never
   * depends on its neighbours: what cannot be stored fails alone.
   *
   * A turn with a state is committed only if its base is the head. The same turn again (the same write id) is recognised and answered as
   * committed, not written twice. Outcomes stand in the order of the turns; the promise is rejected only if none was tried.
   */
  commit(turns: readonly Turn[]): Promise<readonly TurnOutcome[]>;

  /** Reads the heads and tails of states; answers stand in the order of the requests. */
  read(requests: readonly TailRequest[]): Promise<readonly Tail[]>;

  /** The states of a user's threads that were written last, whole, in one round trip; threads without a state are left out. */
  readRecent(userId: AnyId | null, namespace: string, limit: number): Promise<readonly RecentTail[]>;

  /**
   * Begins a run on a thread and takes the thread's lease for it, unless somebody holds it; makes the thread if there is none. Until it ends, a
   * turn under its token is committed; from then on, none is. By the store's own clock.
   */
  acquireLease(scope: Scope, request: LeaseRequest): Promise<LeaseOutcome>;

  /** Has a lease last for so long from now, in milliseconds; 0 ends it. False: it is not held any more, and nothing was changed. */
  renewLease(scope: Scope, lease: string, ttlMs: number): Promise<boolean>;

  /** Whether a lease is held. */
  holdsLease(scope: Scope, lease: string): Promise<boolean>;

  /** Asks a run to stop, durably; `runId` null: the one that wrote last. Whether there is such a thread that this user owns. */
  requestStop(scope: Scope, runId: string | null): Promise<boolean>;

  /**
   * Whether a run was asked to stop; `runId` null: any. A stop ends when a turn is committed whose run is neither the thread's nor the one
   * that was asked.
   */
  isStopRequested(scope: Scope, runId: string | null): Promise<boolean>;

  /** The versions of a thread's namespace, newest first. */
  listVersions(scope: Scope, query: VersionQuery): Promise<readonly VersionRow[]>;

  /** One message's JSON text. */
  getMessage(scope: Scope, messageId: string): Promise<string | null>;

  /** Messages' JSON texts, ordered by when their ids were first put. A cursor that does not exist gives nothing. */
  listMessages(scope: Scope, query: MessageQuery): Promise<readonly string[]>;

  /**
   * Deletes one message and moves the thread's `updatedAt`; whether there was one.
   * @param lease - the lease under which it is done, which must be held; null: none
   */
  deleteMessage(scope: Scope, messageId: string, lease: string | null): Promise<boolean>;

  /** One thread. */
  getThread(scope: Scope): Promise<ThreadRow | null>;

  /** Threads, most recently updated first, then by id, descending. A cursor that does not exist gives nothing. */
  listThreads(userId: AnyId | null, query: ThreadQuery): Promise<readonly ThreadRow[]>;

  /**
   * Deletes a thread with its states and messages, and leaves a tombstone; null: there was none that this user sees.
   * @param lease - the lease under which it is done, which must be held; null: none
   */
  deleteThread(scope: Scope, writeId: string, lease: string | null): Promise<DeletedThread | null>;

  /** The tombstone of the last thread that had this id; null: there was none. Says nothing about a thread that has the id now. */
  findDeletion(threadId: AnyId): Promise<Deletion | null>;

  /**
   * Copies a thread, in one transaction and without moving its contents through this process. With a version: the namespace's states up to
   * it, and what the thread had elsewhere at that time. Write ids are kept, so that a fork of a fork is the same history.
   */
  forkThread(request: ForkRequest): Promise<ForkOutcome>;

  /** Counts and sizes of what a user (or one of his threads) has. */
  stats(userId: AnyId | null, threadId: AnyId | null): Promise<StoreStats>;
}

/** Which thread is meant, and by whom. Ids have the configured types and are checked already. */
export interface Scope {
  /** The thread. */
  readonly threadId: AnyId;
  /** The caller; null: the application. */
  readonly userId: AnyId | null;
  /** The part of the thread whose state is meant. */
  readonly namespace: string;
}

/** Everything that one write brings to one thread. */
export interface Turn extends Scope {
  /** A UUID, unique to this turn: a repetition is known by it. With a state, it is the write id of the last version. */
  readonly writeId: string;
  /** Kept as the thread's `runId`; null: the thread's stays. */
  readonly runId: string | null;
  /** The lease under which it is written; it must be held. null: none. */
  readonly lease: string | null;
  /** New versions of the namespace's state; null: none. */
  readonly state: StatePart | null;
  /** Messages to put, in order, each id once. A message that is there already is replaced and keeps its place. */
  readonly messages: readonly MessageRow[];
  /** What to change of the thread's own fields; null: nothing. */
  readonly thread: ThreadPatch | null;
}

/** New versions, and what they stand on. */
export interface StatePart {
  /** The head that must stand; null: there must be no version yet. */
  readonly base: Stamp | null;
  /** The entries of the versions `base + 1`, `base + 2` …; at least one. */
  readonly entries: readonly NewEntry[];
}

/** One version to be written. */
export interface NewEntry extends StoredEntry {
  /** A UUID. */
  readonly writeId: string;
  /** JSON text of an object. */
  readonly metadata: string;
}

/** One message to be written. */
export interface MessageRow {
  /** Its id. */
  readonly messageId: string;
  /** Who speaks. */
  readonly role: MessageRole;
  /** The message as JSON text. */
  readonly body: string;
  /** What searches look at: see `searchable` in the engine. */
  readonly searchText: string;
  /** When it was said, in milliseconds since 1970; null: now, or where the message was there already, the time that it had. */
  readonly sentAtMs: number | null;
}

/** A change of a thread's own fields. */
export interface ThreadPatch {
  /** The new name; null removes it; undefined leaves it. */
  readonly threadName: string | null | undefined;
  /** What searches look at instead of the name. */
  readonly nameSearch: string;
  /** Keys to set, each with its value as JSON text. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The same keys, each with what searches look at. */
  readonly metadataSearch: Readonly<Record<string, string>>;
  /** Keys to remove. */
  readonly removedMetadata: readonly string[];
  /** The new run; null removes it; undefined leaves it to the turn's `runId`. */
  readonly runId: string | null | undefined;
  /** Kept only where the turn makes the thread, in milliseconds since 1970; null: now. */
  readonly createdAtMs: number | null;
  /** In milliseconds since 1970; null: now. */
  readonly updatedAtMs: number | null;
}

/** What became of a turn. */
export type TurnOutcome =
  | {
      /** It is durable. */
      readonly kind: "committed";
      /** The thread's, which the turn may have made. */
      readonly incarnation: number;
    }
  | {
      /** Nothing of it was written: its base is not the head. */
      readonly kind: "conflict";
      /** The version of the head; 0: none. */
      readonly actual: number;
    }
  | {
      /** Nothing of it was written: the thread is another user's. */
      readonly kind: "denied";
    }
  | {
      /** Nothing of it was written: the lease under which it is written is not held any more. */
      readonly kind: "unleased";
    }
  | {
      /** Nothing of it was written, or (retryable, `StorageUnavailableError`) it is not known whether it was. */
      readonly kind: "failed";
      /** Why. */
      readonly error: CheckpointerError;
    };

/** A lease that somebody wants. */
export interface LeaseRequest {
  /** The run that it is for. */
  readonly runId: string;
  /** Its token: a UUID that no other lease has. The same one again is answered as acquired. */
  readonly lease: string;
  /** How long it lasts from now, in milliseconds. */
  readonly ttlMs: number;
}

/** What became of an attempt to take a lease. */
export type LeaseOutcome =
  | {
      /** It is held now. */
      readonly kind: "acquired";
    }
  | {
      /** Somebody else holds it. */
      readonly kind: "held";
      /** In how many milliseconds it ends, if it is not prolonged. */
      readonly restMs: number;
    }
  | {
      /** The thread is another user's. */
      readonly kind: "denied";
    };

/** Asks for the head of a state, and for what leads to it. */
export interface TailRequest extends Scope {
  /** What the caller has already; null: nothing. */
  readonly known: Stamp | null;
  /** The version to read up to; null: the newest. */
  readonly version: number | null;
}

/** What leads to a head. */
export interface Tail {
  /** The thread's incarnation; 0: no thread that this user may see. */
  readonly incarnation: number;
  /** The thread's owner; null: nobody, or no thread. */
  readonly owner: AnyId | null;
  /** Whether `entries` follow on what the caller knew. Otherwise they begin with a snapshot or a clear, or are empty: there is no state. */
  readonly continues: boolean;
  /** In order of their versions; the last is the head, or the version asked for. */
  readonly entries: readonly VersionEntry[];
}

/** The whole state of one thread. */
export interface RecentTail {
  /** The thread. */
  readonly threadId: AnyId;
  /** What leads to its head; `continues` is false. */
  readonly tail: Tail;
}

/** One stored version. */
export interface VersionEntry extends StoredEntry {
  /** 1, 2, 3 … */
  readonly version: number;
  /** The id of the write that made it. */
  readonly writeId: string;
}

/** Which versions to list. */
export interface VersionQuery {
  /** Only versions below; null: all. */
  readonly before: number | null;
  /** At most so many; null: all. */
  readonly limit: number | null;
  /** JSON text of what their metadata must contain; null: anything. */
  readonly metadata: string | null;
}

/** One version in a list. */
export interface VersionRow {
  /** 1, 2, 3 … */
  readonly version: number;
  /** What it is in the log. */
  readonly kind: StoredEntry["kind"];
  /** JSON text of its metadata. */
  readonly metadata: string;
  /** When it was committed, in milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** Which messages to list; null: not asked. */
export interface MessageQuery {
  /** Text to be found in `searchText`, literally. */
  readonly search: string | null;
  /** At most so many. */
  readonly limit: number | null;
  /** Skips so many. */
  readonly offset: number;
  /** Only messages that come before this one. */
  readonly before: string | null;
  /** Only messages that come after this one. */
  readonly after: string | null;
  /** Newest first. */
  readonly descending: boolean;
  /** Only these roles. */
  readonly roles: readonly MessageRole[] | null;
  /** Only messages sent then or later. */
  readonly sinceMs: number | null;
  /** Only messages sent earlier. */
  readonly untilMs: number | null;
}

/** Which threads to list; null: not asked. */
export interface ThreadQuery {
  /** Text to be found in what searches look at, literally. */
  readonly search: string | null;
  /** JSON text of what their metadata must contain. */
  readonly metadata: string | null;
  /** At most so many. */
  readonly limit: number | null;
  /** Skips so many. */
  readonly offset: number;
  /** Only threads that stand before this one in the list. */
  readonly before: AnyId | null;
  /** Only threads that stand after this one in the list. */
  readonly after: AnyId | null;
}

/** One thread. */
export interface ThreadRow {
  /** Its id. */
  readonly threadId: AnyId;
  /** Its owner; null: nobody. */
  readonly userId: AnyId | null;
  /** Its name. */
  readonly threadName: string | null;
  /** JSON text of its metadata. */
  readonly metadata: string;
  /** The run that wrote last. */
  readonly runId: string | null;
  /** In milliseconds since 1970. */
  readonly createdAtMs: number;
  /** In milliseconds since 1970. */
  readonly updatedAtMs: number;
}

/** What a deletion leaves behind. */
export interface Deletion {
  /** Which life of the thread ended. */
  readonly incarnation: number;
  /** The write id of the deletion. */
  readonly writeId: string;
}

/** What was deleted. */
export interface DeletedThread {
  /** Which life of the thread ended. */
  readonly incarnation: number;
  /** The namespaces that had states; may be empty where the same deletion is repeated. */
  readonly namespaces: readonly string[];
}

/** A copy to be made. */
export interface ForkRequest {
  /** The thread to copy, its namespace the one of `version`. */
  readonly from: Scope;
  /** The thread to make; it must not exist. */
  readonly to: AnyId;
  /** The life of that thread that is meant; null: whichever there is. */
  readonly incarnation: number | null;
  /** The owner of the copy; null: the source's. */
  readonly owner: AnyId | null;
  /** The version to copy up to; null: everything. */
  readonly version: number | null;
  /** A UUID; a repetition is known by it. */
  readonly writeId: string;
}

/** What became of a fork. */
export type ForkOutcome = "forked" | "source-missing" | "version-missing" | "target-exists";

/** Counts and sizes. Bytes are those of the JSON texts as they were written, before the store compresses or indexes them. */
export interface StoreStats {
  /** Threads. */
  readonly threads: number;
  /** Messages, in all threads. */
  readonly messages: number;
  /** Versions of states, in all threads and namespaces. */
  readonly versions: number;
  /** Bytes of the states' logs, history included. */
  readonly stateBytes: number;
  /** Bytes of the messages. */
  readonly messageBytes: number;
}
