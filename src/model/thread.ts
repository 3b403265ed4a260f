import type { AnyId } from "./config.ts";

/** A conversation: who owns it, what it is called. */
export interface ThreadInfo<ThreadId extends AnyId = string, UserId extends AnyId = string> {
  /** The thread's id. */
  readonly threadId: ThreadId;
  /** The user that created it; null: nobody's, seen only by calls without `userId`. */
  readonly userId: UserId | null;
  /** Its title; null: none. */
  readonly threadName: string | null;
  /** Anything of yours. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The run that wrote last, if it said so. */
  readonly runId: string | null;
  /** When the thread was made. */
  readonly createdAt: Date;
  /** When anything of it was last written: its state, a message, or itself. */
  readonly updatedAt: Date;
}

/**
 * What `putThread` changes. Fields left out stay as they are. A whole {@link ThreadInfo} may be given back; its `threadId` and
 * `userId` must be those of the config.
 */
export interface ThreadFields {
  /** Must be the config's, if given. */
  readonly threadId?: AnyId | undefined;
  /** Must be the config's or the owner's, if given. */
  readonly userId?: AnyId | null | undefined;
  /** The title; null removes it. */
  readonly threadName?: string | null | undefined;
  /** Merged key by key into what is there; a key whose value is undefined is removed. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The run; null removes it. */
  readonly runId?: string | null | undefined;
  /** Kept only when the thread is made by this call. @defaultValue now */
  readonly createdAt?: Date | string | undefined;
  /** Kept as given, for imports. @defaultValue now */
  readonly updatedAt?: Date | string | undefined;
}
