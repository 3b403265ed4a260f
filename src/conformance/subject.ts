import type { BaseCheckpointer, CheckpointerOptions, IdKind, IdOf } from "../index.ts";

/** The custom fields of the kit's states: any. */
export type AnyFields = Record<string, unknown>;

/** A checkpointer of string ids, as most of the kit uses it. */
export type Checkpointer = BaseCheckpointer<AnyFields>;

/** Every public method but `release`. Lists of methods are typed by it, so that a new method is missed by the compiler. */
export type MethodName = Exclude<keyof Checkpointer & string, "release">;

/** How the kit wants a checkpointer to be made; every option is one of `CheckpointerOptions`. */
export interface MakeOptions<ThreadIdKind extends IdKind = "string", UserIdKind extends IdKind = "string"> {
  /** The type of thread ids. Other types than `"string"` are asked for only if the kit was told that they are served. */
  readonly idType: ThreadIdKind;
  /** The type of user ids. Storage of one pair of types need not be readable by another. */
  readonly userIdType: UserIdKind;
  /** As `CheckpointerOptions.state`. */
  readonly state?: CheckpointerOptions<AnyFields>["state"];
  /** As `CheckpointerOptions.requireUserId`. */
  readonly requireUserId?: boolean;
  /** As `CheckpointerOptions.maxCachedThreads`. */
  readonly maxCachedThreads?: number;
}

/** Options of `another`: those of {@link MakeOptions} besides the types of ids. */
export type AnotherOptions = Omit<MakeOptions, "idType" | "userIdType">;

/** Makes a checkpointer, set up, over the same storage each time. The kit releases it. */
export type MakeCheckpointer = <ThreadIdKind extends IdKind, UserIdKind extends IdKind>(
  options: MakeOptions<ThreadIdKind, UserIdKind>,
) => Promise<BaseCheckpointer<AnyFields, IdOf<ThreadIdKind>, IdOf<UserIdKind>>>;

/** What one promise is tried on. */
export interface Trial {
  /** Whether states may be committed later than they were acknowledged. */
  readonly commitsLater: boolean;
  /** A checkpointer of the trial's own. */
  readonly checkpointer: Checkpointer;
  /** Makes another one over the same storage; it is released when the trial has ended. */
  readonly another: (options?: AnotherOptions) => Promise<Checkpointer>;
}

/** Promises by their sentences, each with what shows that it is kept. */
export type Promises = Readonly<Record<string, (trial: Trial) => Promise<void>>>;

/** What a checkpointer promises about one subject. */
export interface Subject {
  /** What it is about. */
  readonly name: string;
  /** What is promised. */
  readonly promises: Promises;
}
