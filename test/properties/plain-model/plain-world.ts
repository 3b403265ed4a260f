import type { AgentState, Message } from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";

/** One version of a state, whole. */
export interface PlainVersion {
  /** 1, 2, 3 … */
  readonly version: number;
  /** Which write made it: a number that no other write has. */
  readonly write: number;
  /** The state; null: it was cleared. */
  readonly state: AgentState<AnyFields> | null;
  /** What was kept with it. */
  readonly metadata: AnyFields;
  /** When it was written. */
  readonly createdAt: Date;
  /** The place that a message put just after it would get: those before it were there then. */
  readonly nextPlace: number;
}

/** A message and its place in the thread. */
interface PlainMessage {
  /** As it was put last. */
  readonly message: Message;
  /** Its place: that of the first message of its id. */
  readonly place: number;
  /** The instant that `since` and `until` look at, in milliseconds since 1970. */
  readonly sentAtMs: number;
}

/** A thread with everything in it. */
export interface PlainThread {
  readonly threadId: string;
  readonly owner: string | null;
  /** Which life of the thread. */
  readonly life: number;
  threadName: string | null;
  metadata: Map<string, unknown>;
  runId: string | null;
  readonly createdAt: Date;
  updatedAt: Date;
  messages: PlainMessage[];
  nextPlace: number;
  /** By namespace, oldest first. */
  readonly states: Map<string, PlainVersion[]>;
}

/** All that a store keeps, as naive as can be. */
export class PlainWorld {
  /** By id. */
  readonly threads = new Map<string, PlainThread>();
  #lastNumber = 0;
  #lastMs = Date.now();

  /** A number that was never given before. */
  number(): number {
    return ++this.#lastNumber;
  }

  /** An instant later than every one before: a clock that is never too coarse. */
  now(): Date {
    return new Date(++this.#lastMs);
  }

  /** The thread, if this caller may see it; null: the application, which sees all. */
  seen(threadId: string, userId: string | undefined): PlainThread | undefined {
    const thread = this.threads.get(threadId);
    return userId === undefined || thread?.owner === userId ? thread : undefined;
  }

  /** All threads that a caller may see. */
  allSeen(userId: string | undefined): PlainThread[] {
    return [...this.threads.values()].filter(({ owner }) => userId === undefined || owner === userId);
  }
}
