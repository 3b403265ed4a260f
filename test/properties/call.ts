import type {
  ListMessagesOptions,
  ListStatesOptions,
  ListThreadsOptions,
  Message,
  PutMessagesOptions,
  PutStateOptions,
  ThreadFields,
  UpdateStateOptions,
} from "../../src/index.ts";

/** Which thread is meant, and who calls; threads and users are meant within the sequence. */
export interface Target {
  /** The thread. */
  readonly thread: string;
  /** The user; null: the application. */
  readonly user: string | null;
  /** The namespace; undefined: not named. */
  readonly namespace: string | undefined;
  /** The run. */
  readonly runId: string | undefined;
}

/** A change that an agent makes to its state. */
export type Edit =
  | { readonly edit: "set"; readonly key: string; readonly value: unknown }
  /** A text that is so long that the log soon becomes one that is written anew. */
  | { readonly edit: "fill"; readonly key: string; readonly letter: string }
  | { readonly edit: "remove"; readonly key: string }
  | {
      readonly edit: "splice";
      readonly key: string;
      readonly at: number;
      readonly remove: number;
      readonly items: unknown[];
    }
  | { readonly edit: "say"; readonly at: number; readonly remove: number; readonly messages: readonly Message[] };

/** The state that a call is given. */
export interface GivenState {
  /** One that an earlier call answered, counted from the newest; null, or where there is none: a fresh one. */
  readonly held: number | null;
  /** Whether a copy of it is given, so that the one that is held keeps its version. */
  readonly isCopy: boolean;
  /** What is changed before. */
  readonly edits: readonly Edit[];
}

interface Addressed<Name extends string> {
  /** The method. */
  readonly call: Name;
  /** Through which of the checkpointers over one store: 0 and 1 make the calls; 2 looks at the end, and holds no near copy. */
  readonly through: 0 | 1 | 2;
  /** The config. */
  readonly on: Target;
}

interface CheckpointCall extends Addressed<"checkpoint"> {
  readonly state?: GivenState;
  readonly messages?: readonly Message[];
  readonly thread?: ThreadFields;
  readonly options?: PutStateOptions;
}

/** `isRaced`: another writer is faster at the first attempt. `edits` undefined: the change answers nothing. */
interface UpdateStateCall extends Addressed<"updateState"> {
  readonly edits?: readonly Edit[];
  readonly isRaced: boolean;
  readonly options?: UpdateStateOptions;
}

/** A call of the public contract, as plain data. */
export type Call =
  | (Addressed<"putState"> & { readonly state: GivenState; readonly options?: PutStateOptions })
  | (Addressed<"getState"> & { readonly version?: number })
  | (Addressed<"listStates"> & { readonly options?: ListStatesOptions })
  | UpdateStateCall
  | Addressed<"clearState">
  | (Addressed<"putMessages"> & { readonly messages: readonly Message[]; readonly options?: PutMessagesOptions })
  | (Addressed<"getMessage"> & { readonly messageId: string })
  | (Addressed<"listMessages"> & { readonly options?: ListMessagesOptions })
  | (Addressed<"deleteMessage"> & { readonly messageId: string })
  | (Addressed<"putThread"> & { readonly fields?: ThreadFields })
  | Addressed<"getThread">
  | (Addressed<"listThreads"> & { readonly options?: ListThreadsOptions })
  | Addressed<"deleteThread">
  | (Addressed<"forkThread"> & { readonly to: Target; readonly version?: number })
  | Addressed<"repairState">
  | CheckpointCall
  | (Addressed<"stats"> & { readonly isOfThread: boolean });

/** Names of methods. */
export type Method = Call["call"];
