import {
  AccessDeniedError,
  type AgentState,
  type CheckpointParts,
  type CheckpointResult,
  ConflictError,
  createState,
  type ForkThreadOptions,
  type GetStateOptions,
  type ListMessagesOptions,
  type ListStatesOptions,
  type ListThreadsOptions,
  type Message,
  NotFoundError,
  type PutMessagesOptions,
  type PutStateOptions,
  type SessionStats,
  type StateChange,
  type StateInfo,
  type StatsConfig,
  type ThreadConfig,
  type ThreadFields,
  type ThreadInfo,
  type UpdateStateOptions,
  type UserConfig,
} from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import type { Playable } from "../playable.ts";
import { plainlyContains } from "./plain-containment.ts";
import { forkPlainly } from "./plain-fork.ts";
import { refuse, requireFields, requirePutOptions, requireState, requireVersion } from "./plain-input.ts";
import { infoOf, messagesOf, pageOf, threadsOf } from "./plain-lists.ts";
import { mark, markedFor } from "./plain-marks.ts";
import { newestOf, type PlainBase, writePlainly } from "./plain-turn.ts";
import type { PlainThread, PlainVersion, PlainWorld } from "./plain-world.ts";

type State = AgentState<AnyFields>;

/** What the documentation promises for every call, and nothing else: no log, no cache, no statement. Whoever answers otherwise is wrong. */
export class PlainModel implements Playable {
  readonly #world: PlainWorld;

  constructor(world: PlainWorld) {
    this.#world = world;
  }

  async release(): Promise<void> {}

  async putState(config: ThreadConfig, state: State, options?: PutStateOptions): Promise<State> {
    requirePutOptions(options);
    requireState(state);
    const written = { state, base: baseOf(config, state, options), metadata: options?.metadata };
    return this.#marked(config, state, writePlainly(this.#world, config, { state: written }));
  }

  async getState(config: ThreadConfig, options: GetStateOptions = {}): Promise<State | null> {
    const { version } = options;
    requireVersion(version, "options.version");
    const thread = this.#seen(config);
    if (thread === undefined) return null;
    if (version === undefined) return copyOf(config, thread, newestOf(thread, config.namespace));
    const found = this.#versions(config).find((each) => each.version === version);
    if (found === undefined) throw new NotFoundError("options.version", "the model has no such version");
    return copyOf(config, thread, found);
  }

  async listStates(config: ThreadConfig, options: ListStatesOptions = {}): Promise<StateInfo[]> {
    const { before = Infinity, metadata } = options;
    requireVersion(options.before, "options.before");
    const found = this.#versions(config)
      .filter(({ version }) => version < before)
      .filter((version) => metadata === undefined || plainlyContains(version.metadata, { ...metadata }))
      .map(({ version, createdAt, metadata: kept, state }) => ({
        version,
        createdAt,
        metadata: kept,
        cleared: state === null,
      }));
    return pageOf(found.reverse(), options);
  }

  async updateState(
    config: ThreadConfig,
    change: StateChange<AnyFields>,
    options: UpdateStateOptions = {},
  ): Promise<State | null> {
    const { maxAttempts = 50, metadata } = options;
    for (let attempt = 1; ; attempt++) {
      const thread = this.#seen(config);
      const newest = newestOf(thread, config.namespace);
      const before = thread === undefined ? null : copyOf(config, thread, newest);
      const base = thread === undefined || newest === undefined ? 0 : { life: thread.life, ...newest };
      const state = (await change(before)) ?? before;
      if (state === null) return null;
      requireState(state);
      try {
        const written = { state, base, metadata };
        return this.#marked(config, state, writePlainly(this.#world, config, { state: written }));
      } catch (error) {
        if (!(error instanceof ConflictError) || attempt === maxAttempts) throw error;
      }
    }
  }

  async clearState(config: ThreadConfig): Promise<void> {
    this.#refuseStranger(config);
    const newest = newestOf(this.#seen(config), config.namespace);
    if (newest === undefined || newest.state === null) return;
    writePlainly(this.#world, config, { state: { state: null, base: "anything", metadata: undefined } });
  }

  async repairState(config: ThreadConfig): Promise<State> {
    this.#refuseStranger(config);
    const thread = this.#seen(config);
    if (thread === undefined) throw new NotFoundError("config.threadId", "the model has no such thread");
    const before = newestOf(thread, config.namespace)?.state;
    const state = { ...createState<AnyFields>({}), ...before, context: messagesOf(thread) };
    const written = { state, base: "anything", metadata: undefined } as const;
    return this.#marked(config, state, writePlainly(this.#world, config, { state: written }));
  }

  async checkpoint(
    config: ThreadConfig,
    { state, messages = [], thread }: CheckpointParts<AnyFields>,
    options?: PutStateOptions,
  ): Promise<CheckpointResult<AnyFields>> {
    requirePutOptions(options);
    requireFields(thread, "thread");
    const put = lastOfEachId(messages);
    if (state === undefined) {
      if (options !== undefined) refuse("options");
      if (put.length > 0 || thread !== undefined) writePlainly(this.#world, config, { messages: put, thread });
      return { state: null, messages: put };
    }
    requireState(state);
    const written = { state, base: baseOf(config, state, options), metadata: options?.metadata };
    const changed = writePlainly(this.#world, config, { state: written, messages: put, thread });
    return { state: this.#marked(config, state, changed), messages: put };
  }

  async putMessages(
    config: ThreadConfig,
    messages: readonly Message[],
    options?: PutMessagesOptions,
  ): Promise<Message[]> {
    const common = options?.metadata;
    const put = lastOfEachId(messages).map((message) =>
      common === undefined ? message : { ...message, metadata: { ...common, ...message.metadata } },
    );
    if (put.length > 0) writePlainly(this.#world, config, { messages: put });
    return put;
  }

  async getMessage(config: ThreadConfig, messageId: string): Promise<Message | null> {
    const found = this.#seen(config)?.messages.find(({ message }) => message.messageId === messageId);
    return found?.message ?? null;
  }

  async listMessages(config: ThreadConfig, options?: ListMessagesOptions): Promise<Message[]> {
    const thread = this.#seen(config);
    return thread === undefined ? [] : messagesOf(thread, options);
  }

  async deleteMessage(config: ThreadConfig, messageId: string): Promise<boolean> {
    this.#refuseStranger(config);
    const thread = this.#seen(config);
    const kept = thread?.messages.filter(({ message }) => message.messageId !== messageId);
    if (thread === undefined || kept === undefined || kept.length === thread.messages.length) return false;
    thread.messages = kept;
    thread.updatedAt = this.#world.now();
    return true;
  }

  async putThread(config: ThreadConfig, fields: ThreadFields = {}): Promise<ThreadInfo> {
    requireFields(fields, "fields");
    return infoOf(writePlainly(this.#world, config, { thread: fields }));
  }

  async getThread(config: ThreadConfig): Promise<ThreadInfo | null> {
    const thread = this.#seen(config);
    return thread === undefined ? null : infoOf(thread);
  }

  async listThreads({ userId }: UserConfig = {}, options?: ListThreadsOptions): Promise<ThreadInfo[]> {
    return threadsOf(this.#world.allSeen(userId), options);
  }

  async deleteThread(config: ThreadConfig): Promise<boolean> {
    this.#refuseStranger(config);
    return this.#world.threads.delete(config.threadId);
  }

  async forkThread(from: ThreadConfig, to: ThreadConfig, options: ForkThreadOptions = {}): Promise<ThreadInfo> {
    requireVersion(options.version, "options.version");
    return infoOf(forkPlainly(this.#world, from, to, options.version));
  }

  /** Counts; how many bytes they are is the stores' to say. */
  async stats({ userId, threadId }: StatsConfig = {}): Promise<SessionStats> {
    const threads = this.#world.allSeen(userId).filter((each) => threadId === undefined || each.threadId === threadId);
    return {
      threads: threads.length,
      messages: threads.flatMap(({ messages }) => messages).length,
      versions: threads.flatMap(({ states }) => [...states.values()].flat()).length,
      stateBytes: 0,
      messageBytes: 0,
    };
  }

  #seen({ threadId, userId }: ThreadConfig): PlainThread | undefined {
    return this.#world.seen(threadId, userId);
  }

  #versions(config: ThreadConfig): readonly PlainVersion[] {
    return this.#seen(config)?.states.get(config.namespace ?? "") ?? [];
  }

  #refuseStranger(config: ThreadConfig): void {
    if (this.#world.threads.has(config.threadId) && this.#seen(config) === undefined) throw new AccessDeniedError();
  }

  /** The caller's own state carries its new version. */
  #marked(config: ThreadConfig, state: State, thread: PlainThread): State {
    const newest = newestOf(thread, config.namespace);
    return newest === undefined ? state : mark(config, state, { life: thread.life, ...newest });
  }
}

function copyOf(config: ThreadConfig, thread: PlainThread, found: PlainVersion | undefined): State | null {
  if (found === undefined || found.state === null) return null;
  const copy = { ...found.state, context: [...found.state.context] };
  return mark(config, copy, { life: thread.life, ...found });
}

function baseOf(config: ThreadConfig, state: State, options: PutStateOptions = {}): PlainBase {
  if (options.ifVersion !== undefined) return options.ifVersion;
  return options.onConflict === "overwrite" ? "anything" : (markedFor(config, state) ?? "anything");
}

/** Of one id twice, the last message stands in the first one's place. */
function lastOfEachId(messages: readonly Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.messageId, message])).values()];
}
