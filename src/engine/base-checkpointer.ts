import type {
  AcquireRunOptions,
  CheckpointParts,
  ForkThreadOptions,
  GetStateCacheOptions,
  GetStateOptions,
  ListMessagesOptions,
  ListStatesOptions,
  ListThreadsOptions,
  PutMessagesOptions,
  PutStateCacheOptions,
  PutStateOptions,
  StateInfo,
  UpdateStateOptions,
} from "../model/call-options.ts";
import type { AnyId, StatsConfig, ThreadConfig, UserConfig, WarmCacheConfig } from "../model/config.ts";
import type { Health } from "../model/health.ts";
import type { Message } from "../model/message.ts";
import type { AgentState, NoCustomFields } from "../model/state.ts";
import type { SessionStats } from "../model/stats.ts";
import type { ThreadFields, ThreadInfo } from "../model/thread.ts";
import type { WatchEvent, WatchOptions } from "../model/watch-event.ts";
import type { RunLease } from "./run-lease.ts";

/**
 * Session memory: an agent's state, its messages, its threads. The type to inject, and (through a class that implements it) to subclass.
 *
 * **For every method.** A config names the thread and the caller. Another user's thread is invisible: reads find nothing, writes throw
 * `AccessDeniedError`. Input is checked and copied before the method returns its promise, so what you change afterwards does not
 * matter; if it is wrong, nothing is written. Every write is atomic. Public methods never call each other, so an override counts each call once.
 *
 * Errors of every method: `InvalidConfigError` (config), `ValidationError` and `SerializationError` (other input),
 * `StorageUnavailableError` (the database cannot be reached), `SchemaVersionError` (`setup()` was not run, or the tables are newer than
 * this library), `ReleasedError`.
 *
 * @typeParam Custom - the custom fields of the state
 * @typeParam ThreadId - `string`, `number` or `bigint`, by option `idType`
 * @typeParam UserId - `string`, `number` or `bigint`, by option `userIdType`
 */
export abstract class BaseCheckpointer<
  Custom extends object = NoCustomFields,
  ThreadId extends AnyId = string,
  UserId extends AnyId = string,
> implements AsyncDisposable {
  /** Makes or migrates the tables (the seed's `asetup`). Safe to call again, and by many processes at once. */
  abstract setup(): Promise<void>;

  /**
   * Waits for the calls under way, then closes what this checkpointer opened itself (the seed's `arelease`); a pool or client that was
   * lent stays open. Safe to call again. Every later call of another method throws `ReleasedError`.
   */
  abstract release(): Promise<void>;

  /** {@link release}, for `await using`. */
  abstract [Symbol.asyncDispose](): Promise<void>;

  /**
   * Writes a new version of the thread's state (the seed's `aput_state`); makes the thread if there is none. A compare-and-swap on the
   * version that the state carries: a state that `getState` or `putState` answered is written only if it is still the newest. A fresh
   * state, or one of another thread or namespace, overwrites.
   *
   * @returns the same state, now carrying its new version (a shallow copy, if it was frozen)
   * @throws ConflictError if somebody was faster
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract putState(
    config: ThreadConfig<ThreadId, UserId>,
    state: AgentState<Custom>,
    options?: PutStateOptions,
  ): Promise<AgentState<Custom>>;

  /**
   * The newest state, or that of a version (the seed's `aget_state`); null if there is none or it was cleared. Linearizable: what was
   * acknowledged before this call is in the answer. The answer is yours to change; its messages are frozen.
   *
   * @throws NotFoundError if `version` is given and the thread, where it exists, has never had it
   */
  abstract getState(
    config: ThreadConfig<ThreadId, UserId>,
    options?: GetStateOptions,
  ): Promise<AgentState<Custom> | null>;

  /**
   * As {@link putState}, but it need not wait for the database (the seed's `aput_state_cache`): Redis acknowledges the write, and the database
   * gets it within a second, whatever becomes of this process. See `durability` for what that means. Without a hot layer it is `putState`.
   *
   * @returns the same state, now carrying its new version
   * @throws ConflictError if somebody was faster
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract putStateCache(
    config: ThreadConfig<ThreadId, UserId>,
    state: AgentState<Custom>,
    options?: PutStateCacheOptions,
  ): Promise<AgentState<Custom>>;

  /**
   * The newest state from the hot layer, drafts included, or from the database where the hot layer does not know (the seed's
   * `aget_state_cache`). It was the newest at some moment of the last `maxStalenessMs`; within one process it never goes back in time, and
   * contains what this process wrote. Without a hot layer it is `getState`.
   */
  abstract getStateCache(
    config: ThreadConfig<ThreadId, UserId>,
    options?: GetStateCacheOptions,
  ): Promise<AgentState<Custom> | null>;

  /** The versions of the state, newest first. Without a thread: none. */
  abstract listStates(config: ThreadConfig<ThreadId, UserId>, options?: ListStatesOptions): Promise<StateInfo[]>;

  /**
   * Reads the state, lets `change` change it, and writes it; again, with a fresh state, if somebody was faster.
   *
   * @param change - gets the state, or null where there is none; answers the state to write: the same object, changed, or another one; or
   * undefined (nothing), which writes the one it was given, and nothing at all where that was null. It may run several times.
   * @returns what was written; null if `change` was given null and answered nothing
   * @throws ConflictError if somebody was faster each of `maxAttempts` times
   */
  abstract updateState(
    config: ThreadConfig<ThreadId, UserId>,
    change: StateChange<Custom>,
    options?: UpdateStateOptions,
  ): Promise<AgentState<Custom> | null>;

  /**
   * From here on there is no state (the seed's `aclear_state`); earlier versions stay readable by number, messages stay. Nothing
   * happens where there is no state.
   *
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract clearState(config: ThreadConfig<ThreadId, UserId>): Promise<void>;

  /**
   * Puts messages, in this order, behind those that are there (the seed's `aput_messages`); makes the thread if there is none. A message
   * whose id the thread has already replaces that message and keeps its place; of one id twice in one call, the last wins.
   *
   * @returns the messages as stored, frozen, in order
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract putMessages(
    config: ThreadConfig<ThreadId, UserId>,
    messages: readonly Message[],
    options?: PutMessagesOptions,
  ): Promise<Message[]>;

  /** A message by its id (the seed's `aget_message`); null if there is none. */
  abstract getMessage(config: ThreadConfig<ThreadId, UserId>, messageId: string): Promise<Message | null>;

  /**
   * The thread's messages in the order in which they were put (the seed's `alist_messages`).
   * @throws NotFoundError if `before` or `after` names a message that the thread does not have
   */
  abstract listMessages(config: ThreadConfig<ThreadId, UserId>, options?: ListMessagesOptions): Promise<Message[]>;

  /** Deletes a message (the seed's `adelete_message`); whether there was one. States that hold it keep it. @throws AccessDeniedError */
  abstract deleteMessage(config: ThreadConfig<ThreadId, UserId>, messageId: string): Promise<boolean>;

  /**
   * Makes a thread, or changes fields of it (the seed's `aput_thread`).
   * @returns the thread as it is now
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract putThread(
    config: ThreadConfig<ThreadId, UserId>,
    fields?: ThreadFields,
  ): Promise<ThreadInfo<ThreadId, UserId>>;

  /** A thread (the seed's `aget_thread`); null if there is none. */
  abstract getThread(config: ThreadConfig<ThreadId, UserId>): Promise<ThreadInfo<ThreadId, UserId> | null>;

  /**
   * The caller's threads, most recently written first (the seed's `alist_threads`).
   * @throws NotFoundError if `before` or `after` names a thread that the caller does not have
   */
  abstract listThreads(
    config?: UserConfig<UserId>,
    options?: ListThreadsOptions<ThreadId>,
  ): Promise<ThreadInfo<ThreadId, UserId>[]>;

  /** Deletes a thread with all its states and messages (the seed's `aclean_thread`); whether there was one. @throws AccessDeniedError */
  abstract deleteThread(config: ThreadConfig<ThreadId, UserId>): Promise<boolean>;

  /**
   * Copies a thread, with its history and messages, into a new one, inside the store and in one transaction. The copy belongs to
   * `to.userId`, or to the source's owner.
   *
   * @param from - the source; with `version`, its namespace is the one that the version counts in
   * @param to - the thread to make; its namespace is not looked at
   * @returns the new thread
   * @throws NotFoundError if the source or the version does not exist
   * @throws ConflictError if the target exists
   * @throws AccessDeniedError if `from` and `to` name different users
   */
  abstract forkThread(
    from: ThreadConfig<ThreadId, UserId>,
    to: ThreadConfig<ThreadId, UserId>,
    options?: ForkThreadOptions,
  ): Promise<ThreadInfo<ThreadId, UserId>>;

  /**
   * Rebuilds the state from the thread's messages: `context` becomes all of them, other fields stay as they are where the state can still
   * be read, and are fresh where it cannot. Written as a new version, over whatever stands.
   *
   * @returns the new state
   * @throws NotFoundError if there is no such thread
   */
  abstract repairState(config: ThreadConfig<ThreadId, UserId>): Promise<AgentState<Custom>>;

  /**
   * Writes a whole turn at once: all of it is stored, or nothing. The options are those of the state; `metadata` is kept with its version,
   * messages have their own.
   *
   * @returns what was stored, part by part
   * @throws ConflictError as `putState`; then neither messages nor thread are written
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract checkpoint(
    config: ThreadConfig<ThreadId, UserId>,
    parts: CheckpointParts<Custom>,
    options?: PutStateOptions,
  ): Promise<CheckpointResult<Custom>>;

  /**
   * Loads the states of the caller's most recently written threads into the hot layer and into this process's memory, in two round trips
   * however many they are.
   *
   * @returns how many were loaded
   */
  abstract warmCache(config?: WarmCacheConfig<UserId>): Promise<number>;

  /**
   * What happens on a thread from now on, in any process: new versions of the namespace's state, new messages, a stop. Versions that follow one
   * another quickly may be told together; none is left out. Ends when its loop is left, with `signal`, or with `release()`.
   */
  abstract watch(
    config: ThreadConfig<ThreadId, UserId>,
    options?: WatchOptions,
  ): AsyncGenerator<WatchEvent, void, undefined>;

  /**
   * Begins a run on a thread: `config.runId`, or a new UUID, becomes the thread's run, and what the run before was asked is over. Makes the
   * thread if there is none. The first write with another `runId` than the thread's does the same.
   *
   * @returns the run's id
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract beginRun(config: ThreadConfig<ThreadId, UserId>): Promise<string>;

  /**
   * Begins a run as {@link beginRun} does, and has it alone for a time: nobody else acquires the thread's run until the lease ends, and the database
   * refuses what is written under a lease that has ended, however late it arrives. Who writes without a lease is not kept out; the version of
   * the state tells of him, as ever.
   *
   * @returns the lease; make the run's calls with its `config`, and release it at the end: `await using lease = await checkpointer.acquireRun(config)`
   * @throws RunHeldError if somebody else has it, and for longer than `waitMs`
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract acquireRun(
    config: ThreadConfig<ThreadId, UserId>,
    options?: AcquireRunOptions,
  ): Promise<RunLease<ThreadId, UserId>>;

  /**
   * Asks the thread's run to stop, from any process: `config.runId`, or the run that wrote last. Durable; over when the next run begins. The
   * agent sees it through {@link stopRequested} and {@link watch}.
   *
   * @throws NotFoundError if there is no such thread
   * @throws AccessDeniedError if the thread is another user's
   */
  abstract requestStop(config: ThreadConfig<ThreadId, UserId>): Promise<void>;

  /** Whether the run (`config.runId`, or any) was asked to stop. One round trip. */
  abstract stopRequested(config: ThreadConfig<ThreadId, UserId>): Promise<boolean>;

  /** Whether the database answers, and how the hot layer is. Does not throw where they do not. */
  abstract health(): Promise<Health>;

  /** Counts and sizes: of the caller's threads, or of one. */
  abstract stats(config?: StatsConfig<ThreadId, UserId>): Promise<SessionStats>;
}

/** A change of a state, for `updateState`. */
export type StateChange<Custom extends object> = (
  state: AgentState<Custom> | null,
) => StateChangeResult<Custom> | Promise<StateChangeResult<Custom>>;

/** What a {@link StateChange} answers: the state to write, or nothing where it changed the one it was given. */
// eslint-disable-next-line typescript/no-invalid-void-type -- a callback without a return statement is what users write
export type StateChangeResult<Custom extends object> = AgentState<Custom> | null | undefined | void;

/** What `checkpoint` stored. */
export interface CheckpointResult<Custom extends object = NoCustomFields> {
  /** The state, carrying its new version; null: no state was given. */
  readonly state: AgentState<Custom> | null;
  /** The messages, frozen. */
  readonly messages: Message[];
}
