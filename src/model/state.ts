import type { Message } from "./message.ts";

/** How far the agent has come (the seed's `execution_meta`). */
export interface ExecutionMeta {
  /** Steps taken. */
  readonly step: number;
  /** How the run stands. */
  readonly status: "running" | "interrupted" | "completed" | "error";
  /** The node that runs, or ran last. */
  readonly currentNode?: string | undefined;
  /** The node at which the run was interrupted. */
  readonly interruptedNode?: string | undefined;
  /** Why. */
  readonly interruptReason?: string | undefined;
  /** What the one who resumes must know. */
  readonly interruptData?: unknown;
  /** Anything of the framework's. */
  readonly internalData?: Readonly<Record<string, unknown>> | undefined;
}

/** What every agent's state has. Containers are yours to change: `state.context.push(message)` works. */
export interface BaseAgentState {
  /**
   * The messages that the agent works with, in order. Of 256 or more in a state that a checkpointer returns, the list is copied when it is
   * first looked at, through an accessor.
   */
  context: Message[];
  /** A summary of what is no longer in `context`. */
  contextSummary: string | null;
  /** How far the agent has come. */
  executionMeta: ExecutionMeta;
}

/** No custom fields. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- unlike `object`, it is also a `Record<string, unknown>`
export type NoCustomFields = Record<never, never>;

/** An agent's state: the base fields and your own, which a Standard Schema describes (option `state`). */
export type AgentState<Custom extends object = NoCustomFields> = BaseAgentState & Custom;

/** The names of the base fields. */
export const baseStateKeys: ReadonlySet<string> = new Set(["context", "contextSummary", "executionMeta"]);

/**
 * A fresh state (the seed's `AgentState()`): empty context, no summary, step 0. It carries no version, so putting it overwrites.
 *
 * Not generic: a function that is to return a state would otherwise have its return type taken for the custom fields.
 */
export function createState(): AgentState;
/**
 * A fresh state with fields of yours.
 *
 * @param fields - base fields to start with, and custom fields
 */
export function createState<Custom extends object = NoCustomFields>(
  ...[fields]: NoCustomFields extends Custom
    ? [fields?: Partial<BaseAgentState> & Custom]
    : [fields: Partial<BaseAgentState> & Custom]
): AgentState<Custom>;
export function createState<Custom extends object>(fields?: Partial<BaseAgentState> & Custom): AgentState<Custom> {
  return {
    context: [],
    contextSummary: null,
    executionMeta: { step: 0, status: "running" },
    ...(fields as Custom),
  };
}
