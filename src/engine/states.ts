import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { LogState } from "../log/entry.ts";
import { NotFoundError } from "../model/errors.ts";
import type { Message } from "../model/message.ts";
import { type Stamp, type VersionToken, withToken } from "../model/stamp.ts";
import type { Durability } from "../model/call-options.ts";
import { type AgentState, createState, type ExecutionMeta } from "../model/state.ts";
import { setOwn } from "../model/value.ts";
import type { Scope } from "../stores/cold-store.ts";
import type { StateChange } from "./base-checkpointer.ts";
import type { StateWrite } from "./call-options.ts";
import type { CallScope } from "./call-scope.ts";
import { captureState, checkCustomFields, releaseState, tokenFor } from "./captured-state.ts";
import type { HotLayer } from "./hot-layer/hot-layer.ts";
import type { NearCopy } from "./near-cache.ts";
import type { StateLog } from "./state-log.ts";
import { type Base, noParts, type StateTurn, type TurnParts } from "./state-turn.ts";

/** Between the states that users hold and the log that keeps them: captures what comes in, copies what goes out. */
export class States<Custom extends object> {
  readonly #log: StateLog;
  readonly #hot: HotLayer | null;
  readonly #schema: StandardSchemaV1 | undefined;

  /**
   * @param hot - the hot layer, where there is one
   * @param schema - of the custom fields; undefined: any
   */
  constructor(log: StateLog, hot: HotLayer | null, schema: StandardSchemaV1 | undefined) {
    this.#log = log;
    this.#hot = hot;
    this.#schema = schema;
  }

  /** Writes a state, compared with the version that it carries unless `write` says otherwise. */
  async put(
    scope: CallScope,
    state: AgentState<Custom>,
    write: StateWrite,
    parts: TurnParts,
  ): Promise<AgentState<Custom>> {
    const captured = captureState(state, this.#held(scope)?.state ?? null);
    const base = baseOf(state, scope, write);
    if (write.before !== undefined) await write.before();
    const { metadata, durability } = write;
    return await this.#write(scope, state, { state: captured, base, metadata, parts }, durability);
  }

  /** Reads, lets `change` change, and writes what it answers if nobody was faster. */
  async change(
    scope: CallScope,
    change: StateChange<Custom>,
    { metadata, durability }: Pick<StateWrite, "metadata" | "durability">,
  ): Promise<AgentState<Custom> | null> {
    const head = await this.#headToChange(scope, durability);
    const before = copyFor<Custom>(scope, head);
    const after: AgentState<Custom> | null = (await change(before)) ?? before;
    if (after === null) return null;
    // What was read is what the change stands on, whichever object it answers.
    const base: Base = head === null ? { kind: "version", version: 0 } : { kind: "stamp", stamp: head.stamp };
    const captured = captureState(after, head?.state ?? null);
    return await this.#write(scope, after, { state: captured, base, metadata, parts: noParts }, durability);
  }

  async #headToChange(scope: CallScope, durability: Durability): Promise<NearCopy | null> {
    if (this.#hot === null) return await this.#log.head(scope);
    if (durability !== "sync") return await this.#hot.newest(scope, null);
    await this.#hot.settle(scope);
    return await this.#log.head(scope);
  }

  /** The newest state as the hot layer knows it, drafts included; null: none that this user sees. */
  async newestCached(scope: Scope, atLeast: Stamp | null): Promise<AgentState<Custom> | null> {
    if (this.#hot === null) return await this.newest(scope);
    return copyFor(scope, await this.#hot.newest(scope, atLeast));
  }

  /** The newest state; null: none that this user sees. */
  async newest(scope: Scope): Promise<AgentState<Custom> | null> {
    return copyFor(scope, await this.#log.head(scope));
  }

  /** @throws NotFoundError where the thread is visible and never had this version */
  async version(scope: Scope, version: number): Promise<AgentState<Custom> | null> {
    const copy = await this.#log.version(scope, version);
    if (copy === null) throw new NotFoundError("options.version", `the thread has no version ${version}`);
    return copyFor(scope, copy ?? null);
  }

  /** Ends the state; false: this user sees none. */
  async clear(scope: CallScope): Promise<boolean> {
    await this.#hot?.settle(scope);
    const turn: StateTurn = { state: null, base: { kind: "any" }, metadata: "{}", parts: noParts };
    return (await this.#log.write(scope, turn)) !== null;
  }

  /** Writes a state made of these messages and of what can still be read of the one that stands. */
  async rebuild(scope: CallScope, messages: Message[]): Promise<AgentState<Custom>> {
    const fields = { ...(await this.#readableFields(scope)), context: messages };
    const write: StateWrite = { ifVersion: undefined, overwrite: true, metadata: "{}", durability: "sync" };
    return await this.put(scope, fields as unknown as AgentState<Custom>, write, noParts);
  }

  async #write(
    scope: CallScope,
    state: AgentState<Custom>,
    turn: StateTurn & { readonly state: LogState },
    durability: Durability,
  ): Promise<AgentState<Custom>> {
    const checked = this.#schema === undefined ? turn.state : await checkCustomFields(this.#schema, turn.state);
    const head = await this.#writeLog(scope, { ...turn, state: checked }, durability);
    if (head === null) throw new Error("only a clear may find nothing to write");
    return withToken(state, tokenAt(scope, head));
  }

  async #writeLog(
    scope: CallScope,
    turn: StateTurn & { readonly state: LogState },
    wanted: Durability,
  ): Promise<NearCopy | null> {
    if (this.#hot === null) return await this.#log.write(scope, turn);
    // Only the database knows whether a lease is held.
    const durability = scope.lease === null ? wanted : "sync";
    // With "exit", the state that ends a run is committed, and all drafts of the run with it.
    const isHeld = durability === "exit";
    if (durability === "async" || (isHeld && isRunning(turn.state))) return await this.#hot.draft(scope, turn, isHeld);
    // What does not stand on the newest draft would leave it behind, as a conflict of this process with itself.
    if (turn.base.kind !== "stamp" || !this.#hot.isEnd(scope, turn.base.stamp)) await this.#hot.settle(scope);
    return await this.#log.write(scope, turn);
  }

  #held(scope: Scope): NearCopy | null {
    return this.#hot === null ? this.#log.near(scope) : this.#hot.held(scope);
  }

  /** The state's fields besides its context, as far as the log can still be read. */
  async #readableFields(scope: Scope): Promise<LogState> {
    const fields: LogState = { ...createState() };
    try {
      const head = await this.#log.head(scope);
      for (const [key, value] of Object.entries(head?.state ?? {})) setOwn(fields, key, value);
    } catch (error) {
      // Damage is what a repair is for; a store that cannot answer is not damage.
      if ((error as { retryable?: boolean }).retryable !== false) throw error;
    }
    return fields;
  }
}

function isRunning(state: LogState): boolean {
  return (state["executionMeta"] as ExecutionMeta | undefined)?.status === "running";
}

function copyFor<Custom extends object>(scope: Scope, head: NearCopy | null): AgentState<Custom> | null {
  return head === null || head.state === null ? null : releaseState<Custom>(head.state, tokenAt(scope, head));
}

function tokenAt(scope: Scope, head: NearCopy): VersionToken {
  const { incarnation, version, writeId } = head.stamp;
  return { incarnation, version, writeId, threadId: scope.threadId, namespace: scope.namespace };
}

function baseOf(state: object, scope: CallScope, write: StateWrite): Base {
  if (write.ifVersion !== undefined) return { kind: "version", version: write.ifVersion };
  const token = write.overwrite ? undefined : tokenFor(state, scope);
  if (token === undefined) return { kind: "any" };
  const { incarnation, version, writeId } = token;
  return { kind: "stamp", stamp: { incarnation, version, writeId } };
}
