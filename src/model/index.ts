/**
 * Plain data and errors. The words that the whole project uses, each for one thing only:
 *
 * - **thread**: one conversation, owned by one user.
 * - **namespace**: a part of a thread with a state of its own, such as a sub-agent; `""` unless named.
 * - **state**: what an agent works with: context, summary, execution meta, custom fields.
 * - **message**: one thing that was said; immutable; unique by id within its thread.
 * - **turn**: everything that one write brings to one thread: state, messages, thread fields. Atomic.
 * - **version**: the number of a committed state, 1, 2, 3 … per thread and namespace.
 * - **entry**: what the log keeps for a version: a delta, a snapshot, or a clear.
 * - **delta**: what changed since the version before. **snapshot**: the whole state. **clear**: there is no state from here on.
 * - **tail**: the entries past a version. **fold**: to apply a tail to a state. **head**: the newest version.
 * - **stamp**: (incarnation, version, write id): exactly which committed state something is.
 * - **incarnation**: one life of a thread, from its making to its deletion. **tombstone**: what a deletion leaves behind.
 * - **near copy**: the folded head that a process holds; the **near cache** holds them, least recently used first out.
 * - **cold store**: the port behind which the log is durable: PostgreSQL, PGlite, or memory.
 * - **hot log**: the port behind which the newest entries are kept hot: Redis, or this process's memory. The engine's **hot layer** uses it.
 * - **draft**: a version that is in the hot log and not yet in the cold store. **flush**: to commit drafts.
 * - **mark**: what says in the hot log that a commit may be under way; until it is cleared or passes, nothing is trusted.
 * - **trust**: to answer from the hot log without asking the cold store. **staleness**: how long ago the answer was last known to be the head.
 * - **caller**: for whom a statement asks: a user, or the application. Under row level security every statement tells it, and has one.
 * - **lease**: the right to be a thread's only run, for a time; its token travels with every write of the run.
 * - **floor**: the newest stamp that this process has answered or written; below it, no cached read answers.
 *
 * @module
 */
export type * from "./call-options.ts";
export type * from "./config.ts";
export type * from "./content-block.ts";
export * from "./errors.ts";
export {
  Message,
  type MessageFactory,
  type MessageFields,
  type MessageRole,
  type TextMessageFields,
  type TokenUsage,
  type ToolCall,
} from "./message.ts";
export { type Stamp, versionOf, versionToken } from "./stamp.ts";
export { type AgentState, type BaseAgentState, createState, type ExecutionMeta, type NoCustomFields } from "./state.ts";
export type * from "./health.ts";
export type * from "./stats.ts";
export type * from "./thread.ts";
export type * from "./watch-event.ts";
