import type { Message } from "./message.ts";

/** Something that happened on a thread. */
export type WatchEvent =
  /** A state got a new version; drafts count. */
  | {
      /** Discriminator. */
      readonly type: "state";
      /** Its number. */
      readonly version: number;
    }
  /** A message was put behind the others. */
  | {
      /** Discriminator. */
      readonly type: "message";
      /** The message. */
      readonly message: Message;
    }
  /** The thread's run was asked to stop. */
  | {
      /** Discriminator. */
      readonly type: "stop";
    }
  /** The thread was deleted; versions begin at 1 again if it is made anew. */
  | {
      /** Discriminator. */
      readonly type: "deleted";
    };

/** Options of `watch`. */
export interface WatchOptions {
  /**
   * How long to wait before looking unasked, in milliseconds, from 10 to 3,600,000. With a hot layer, new states are told at once, and this
   * is for messages put without a state and for hints that got lost. @defaultValue 1,000
   */
  readonly pollMs?: number | undefined;
  /** Ends the watch. @defaultValue none: it ends when its loop is left, or with `release()` */
  readonly signal?: AbortSignal | undefined;
}
