/** How ids are stored and typed: `"string"` → `text`, `"int"` → `integer`, `"bigint"` → `bigint`. */
export type IdKind = "string" | "int" | "bigint";

/** The JavaScript type of an id of a kind. */
export type IdOf<Kind extends IdKind> = Kind extends "string" ? string : Kind extends "int" ? number : bigint;

/** Any id that some kind allows. */
export type AnyId = string | number | bigint;

/**
 * Who calls, and which conversation is meant. Unknown keys are refused: a misspelt `userId` would otherwise widen
 * what the call may see.
 */
export interface ThreadConfig<ThreadId extends AnyId = string, UserId extends AnyId = string> {
  /** The thread (the seed's `thread_id`). Strings: 1 to 512 bytes of UTF-8, without NUL or lone surrogates, nor U+FEFF at its beginning. */
  readonly threadId: ThreadId;
  /**
   * The calling user (the seed's `user_id`). Left out, the call is the application's own and sees every thread, unless the
   * checkpointer was made with `requireUserId: true`.
   */
  readonly userId?: UserId | undefined;
  /** Separates sub-agents' states inside one thread; at most 255 bytes. @defaultValue `""` */
  readonly namespace?: string | undefined;
  /** The run that makes this call; a write keeps it as the thread's `runId`. At most 512 bytes. */
  readonly runId?: string | undefined;
  /**
   * The token of the run lease that this call is made under, a UUID: take the whole config from `acquireRun(…).config`. A write is refused with
   * `RunLostError` once the lease is not held any more, and is always durable before it answers; reads do not look at it.
   */
  readonly lease?: string | undefined;
}

/** Who calls, where no single thread is meant (`listThreads`). */
export interface UserConfig<UserId extends AnyId = string> {
  /** The calling user. Left out: every user's threads, unless `requireUserId: true`. */
  readonly userId?: UserId | undefined;
}

/** Whose states `warmCache` loads. */
export interface WarmCacheConfig<UserId extends AnyId = string> extends UserConfig<UserId> {
  /** At most so many threads, those that were written last, 1 to 10,000. @defaultValue 100 */
  readonly limit?: number | undefined;
  /** Which part of the threads. @defaultValue `""` */
  readonly namespace?: string | undefined;
}

/** Whose sessions `stats` counts. */
export interface StatsConfig<
  ThreadId extends AnyId = string,
  UserId extends AnyId = string,
> extends UserConfig<UserId> {
  /** Only this thread. */
  readonly threadId?: ThreadId | undefined;
}
