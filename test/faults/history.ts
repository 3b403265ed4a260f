/** What a worker asked of its checkpointer. */
export type OperationKind =
  | "getState"
  | "getStateCache"
  | "putState"
  | "putStateCache"
  | "updateState"
  | "checkpoint"
  | "clearState"
  | "deleteThread";

/** A state as somebody saw it. */
export interface SeenState {
  /** Which life of the thread. */
  readonly incarnation: number;
  /** Which version. */
  readonly version: number;
  /** The writes that it consists of, oldest first. */
  readonly writes: readonly string[];
}

/** How an operation ended. */
export type Outcome =
  /** It answered; null: there is no state, or the operation has none to answer. */
  | { readonly kind: "answered"; readonly state: SeenState | null }
  /** It was refused: nothing was written. */
  | { readonly kind: "refused" }
  /** It failed: a write may have been made all the same. */
  | { readonly kind: "failed"; readonly error: string }
  /** Its process died first. */
  | { readonly kind: "open" };

/** One call of a worker, with the times between which it happened, in milliseconds of a clock that all processes share. */
export interface Operation {
  /** The process, unique over its restarts. */
  readonly process: string;
  /** The n-th operation of the process. */
  readonly number: number;
  readonly kind: OperationKind;
  readonly thread: string;
  /** Of a write: what it adds to the state, unique. */
  readonly write: string | undefined;
  /** Of a write: whether its acknowledgement says that the database has it. */
  readonly isDraft: boolean;
  /** Of a read: how old an answer may be; of a draft: what it stands on. 0 where it is the newest. */
  readonly maxStalenessMs: number;
  readonly invokedMs: number;
  /** `Infinity`: it never ended. */
  readonly endedMs: number;
  readonly outcome: Outcome;
}

/** A disturbance. */
export interface Fault {
  /** What was done. */
  readonly kind: string;
  /** To whom. */
  readonly target: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether drafts may be lost by it, as the documentation says. */
  readonly losesDrafts: boolean;
}

/** One version, as `listStates` tells. */
interface AuditedVersion {
  readonly version: number;
  /** The write that made it; undefined: the state was cleared. */
  readonly write: string | undefined;
}

/** What the database has of a thread in the end, when all is quiet. */
export interface AuditedThread {
  readonly thread: string;
  /** The newest state; null: there is none. */
  readonly state: SeenState | null;
  /** Oldest first. */
  readonly versions: readonly AuditedVersion[];
  /** Some of the versions, as they are read by their numbers. */
  readonly samples: readonly SeenState[];
  /** The ids of its messages: those of the checkpoints that brought them. */
  readonly messages: readonly string[];
}

/** Something that a process reported by itself. */
export interface ReportedEvent {
  readonly process: string;
  readonly event: string;
  readonly thread: string;
  readonly atMs: number;
}

/** All that is known of a run. */
export interface History {
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  readonly events: readonly ReportedEvent[];
  /** Also of the threads that drafts were saved as, `thread~…`. */
  readonly threads: readonly AuditedThread[];
}

/** A promise that was not kept. */
export interface Violation {
  /** Which one. */
  readonly rule: string;
  readonly thread: string;
  /** What was seen. */
  readonly text: string;
  /** The operations that show it. */
  readonly operations: readonly Operation[];
}
