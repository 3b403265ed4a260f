import type { MessageRole, Message } from "./message.ts";
import type { AgentState, NoCustomFields } from "./state.ts";
import type { ThreadFields } from "./thread.ts";

/** An instant: a Date, or milliseconds since 1970. */
export type Instant = Date | number;

/**
 * When a write is durable. `"sync"`: it is in the database before the call answers. `"async"`: it is in Redis before the call answers, and is
 * committed to the database within a second, by this process or, if it dies, by another one. `"exit"`: as `"async"`, but committed when
 * the run ends: by the first state whose `executionMeta.status` is not `"running"`, by any other write of the state that does not wait, or by
 * `release()`. No background work commits it earlier while its process is alive and says so in Redis (every 5 s; others wait for 15 s);
 * if that dies, another one commits it.
 *
 * Until it is committed, a write is a *draft*: `getStateCache` answers it, `getState` does not. Drafts are lost only if Redis loses its memory,
 * or fails over to a replica that had not received them. Where there is no hot layer, or it is down, every write is `"sync"`; so is the first
 * write of a thread.
 */
export type Durability = "sync" | "async" | "exit";

/** Options of `acquireRun`. */
export interface AcquireRunOptions {
  /** How long the lease lasts without being renewed, in milliseconds, 1,000 to 86,400,000. @defaultValue 30,000 */
  readonly ttlMs?: number | undefined;
  /** How long to wait for somebody else's lease to end, in milliseconds, up to 86,400,000. @defaultValue 0 */
  readonly waitMs?: number | undefined;
  /** Whether it renews itself, three times in `ttlMs`, until it is released. @defaultValue true */
  readonly renew?: boolean | undefined;
}

/** Options of `getStateCache`. */
export interface GetStateCacheOptions {
  /**
   * A token of `versionToken(state)`: the answer contains that state or a newer one. This is how a process reads what another one wrote, at
   * once, whatever `maxStalenessMs` says. @defaultValue none
   */
  readonly atLeast?: string | undefined;
}

/** Options of `putStateCache`. */
export interface PutStateCacheOptions extends Omit<PutStateOptions, "durability"> {
  /** When it is committed. @defaultValue the checkpointer's `durability`, where that is not `"sync"`; else `"async"` */
  readonly durability?: "async" | "exit" | undefined;
}

/** Options of `putState`. */
export interface PutStateOptions {
  /** When it is durable. @defaultValue the checkpointer's `durability` */
  readonly durability?: Durability | undefined;
  /**
   * The version that must stand now for the write to be made; 0: there must be none.
   * @defaultValue what the state carries; a state that carries nothing, or comes from another thread, overwrites
   */
  readonly ifVersion?: number | undefined;
  /** `"overwrite"`: the last writer wins, whatever the state carries. Cannot be combined with `ifVersion`. @defaultValue `"reject"` */
  readonly onConflict?: "reject" | "overwrite" | undefined;
  /** Kept with the version, told and filtered by `listStates`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of `getState`. */
export interface GetStateOptions {
  /** The version to read, 1 or more. @defaultValue the newest */
  readonly version?: number | undefined;
}

/** Options of `updateState`. */
export interface UpdateStateOptions {
  /** How often the change is tried before its conflict is thrown, 1 to 1,000. @defaultValue 50 */
  readonly maxAttempts?: number | undefined;
  /** When it is durable. @defaultValue the checkpointer's `durability` */
  readonly durability?: Durability | undefined;
  /** Kept with the version. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of `listStates`. Newest first. */
export interface ListStatesOptions {
  /** Only versions below this one. */
  readonly before?: number | undefined;
  /** At most so many; 0: none. @defaultValue all */
  readonly limit?: number | undefined;
  /** Only versions whose metadata contains these fields (PostgreSQL's `@>`; a record is found in records only, not in a Date or Map). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** One version in a thread's history. */
export interface StateInfo {
  /** 1, 2, 3 … */
  readonly version: number;
  /** When it was committed. */
  readonly createdAt: Date;
  /** What was kept with it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether this version is a `clearState`: reading it gives null. */
  readonly cleared: boolean;
}

/** Options of `putMessages`. */
export interface PutMessagesOptions {
  /** Laid under each message's own metadata, whose fields win. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of `listMessages`. Filters first, then order, then `offset` and `limit`. */
export interface ListMessagesOptions {
  /** Only messages that contain this text, whatever the case; taken literally. Empty: all. */
  readonly search?: string | undefined;
  /** At most so many; 0: none. @defaultValue all */
  readonly limit?: number | undefined;
  /** Skips so many; `after` and `before` cost the same on every page, `offset` does not. @defaultValue 0 */
  readonly offset?: number | undefined;
  /** Only messages that come before this message id. */
  readonly before?: string | undefined;
  /** Only messages that come after this message id. */
  readonly after?: string | undefined;
  /** Oldest first or newest first. @defaultValue `"asc"` */
  readonly order?: "asc" | "desc" | undefined;
  /** Only this role, or these. */
  readonly role?: MessageRole | readonly MessageRole[] | undefined;
  /** Only messages of this instant or later. */
  readonly since?: Instant | undefined;
  /** Only messages earlier than this instant. */
  readonly until?: Instant | undefined;
}

/** Options of `listThreads`. Most recently written first. */
export interface ListThreadsOptions<ThreadId = string> {
  /** Only threads whose name or metadata contains this text, whatever the case; taken literally. Empty: all. */
  readonly search?: string | undefined;
  /** Only threads whose metadata contains these fields (PostgreSQL's `@>`; a record is found in records only, not in a Date or Map). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** At most so many; 0: none. @defaultValue all */
  readonly limit?: number | undefined;
  /** Skips so many. @defaultValue 0 */
  readonly offset?: number | undefined;
  /** Only threads that stand before this thread in the list (written more recently). */
  readonly before?: ThreadId | undefined;
  /** Only threads that stand after this thread in the list: the last one of the page before. */
  readonly after?: ThreadId | undefined;
}

/** Options of `forkThread`. */
export interface ForkThreadOptions {
  /** The version to fork at, with the messages that the thread had then. @defaultValue the newest, with all messages */
  readonly version?: number | undefined;
}

/** What `checkpoint` writes, all or nothing. Parts left out are not touched. */
export interface CheckpointParts<Custom extends object = NoCustomFields> {
  /** As for `putState`. */
  readonly state?: AgentState<Custom> | undefined;
  /** As for `putMessages`. */
  readonly messages?: readonly Message[] | undefined;
  /** As for `putThread`. */
  readonly thread?: ThreadFields | undefined;
}
