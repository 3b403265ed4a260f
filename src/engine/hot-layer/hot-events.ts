import { channel } from "node:diagnostics_channel";

/** What the hot layer reports; each is a counter of `health()` and a channel of `diagnostics_channel`, under `agenity:hot:<event>`. */
export type HotEventName =
  /** The database no longer has what it had acknowledged: a failover to a lagging replica, or a restore. */
  | "rollback"
  /** Drafts whose base somebody else had built on, or the database had lost, were saved as a thread of their own. */
  | "draftConflict"
  /** A cache entry that was damaged, or somebody else's, was dropped. */
  | "damaged"
  /** A command to the hot log failed; the database answered instead. */
  | "failure"
  /** A flush of drafts failed; it is tried again. Of drafts of which nothing can be made it is told once. */
  | "flushFailure";

/** What is published. It holds ids, so that somebody can act on it, but no content. */
export interface HotEvent {
  /** What happened. */
  readonly event: HotEventName;
  /** The thread, where one is meant. */
  readonly threadId?: string | undefined;
  /** The thread that conflicting drafts were saved as. */
  readonly savedAs?: string | undefined;
  /** The class of the error that led to it; its message may hold content. */
  readonly error?: string | undefined;
}

/** Counts what happens, and publishes it to whoever listens. */
export class HotEvents {
  readonly #counts = new Map<HotEventName, number>();

  /** Reports an event. */
  report(event: HotEventName, details: Omit<HotEvent, "event"> = {}): void {
    this.#counts.set(event, this.count(event) + 1);
    const listeners = channel(`agenity:hot:${event}`);
    if (listeners.hasSubscribers) listeners.publish({ event, ...details } satisfies HotEvent);
  }

  /** How often an event was reported. */
  count(event: HotEventName): number {
    return this.#counts.get(event) ?? 0;
  }
}

/** What an error is, without what it says. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
