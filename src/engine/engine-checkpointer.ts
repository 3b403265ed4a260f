import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type * as options from "../model/call-options.ts";
import type { AnyId, StatsConfig, ThreadConfig, UserConfig, WarmCacheConfig } from "../model/config.ts";
import type { Health } from "../model/health.ts";
import type { HotLog } from "../hot/hot-log.ts";
import { ConflictError, NotFoundError, ReleasedError, ValidationError } from "../model/errors.ts";
import type { Message } from "../model/message.ts";
import type { AgentState, NoCustomFields } from "../model/state.ts";
import type { SessionStats } from "../model/stats.ts";
import type { ThreadFields, ThreadInfo } from "../model/thread.ts";
import type { WatchEvent, WatchOptions } from "../model/watch-event.ts";
import type { ColdStore, Scope } from "../stores/cold-store.ts";
import { BaseCheckpointer, type CheckpointResult, type StateChange } from "./base-checkpointer.ts";
import * as check from "./call-options.ts";
import { type CallScope, ConfigReader, type IdRules } from "./call-scope.ts";
import { databaseHealth } from "./database-health.ts";
import { HotLayer } from "./hot-layer/hot-layer.ts";
import { checkMessages, fromBody, noMessages } from "./message-rows.ts";
import { NearCache, type NearCacheLimits } from "./near-cache.ts";
import { Operations } from "./operations.ts";
import type { RunLease } from "./run-lease.ts";
import { RunLeases } from "./run-leases.ts";
import { StateLog } from "./state-log.ts";
import { noParts, type TurnParts } from "./state-turn.ts";
import { States } from "./states.ts";
import { forkThread, refuseOtherOwner } from "./thread-fork.ts";
import { ThreadGuards } from "./thread-guards.ts";
import { watchThread } from "./thread-watch.ts";
import { checkThreadFields, decodeMetadata, threadInfo } from "./thread-rows.ts";
import { watchedThread } from "./watched-thread.ts";

/** What an engine needs; every value is checked and has its default already. */
export interface EngineOptions extends IdRules, NearCacheLimits {
  /** Where sessions are durable. Belongs to the engine: it is released with it. */
  readonly coldStore: ColdStore;
  /** The schema of the state's custom fields; undefined: any. */
  readonly state: StandardSchemaV1 | undefined;
  /** The hot layer; null: none. */
  readonly hot: HotOptions | null;
}

/** A hot log, and how it is used. Belongs to the engine: it is released with it. */
export interface HotOptions {
  /** Where the newest entries are kept hot. */
  readonly log: HotLog;
  /** How long a cached answer may be trusted, in milliseconds; 0: every one is validated. */
  readonly maxAgeMs: number;
  /** How long a copy in this process is answered without asking anybody, in milliseconds; 0: never. */
  readonly nearTtlMs: number;
  /** When writes are durable unless a call says otherwise. */
  readonly durability: options.Durability;
}

/** The one implementation of the contract, over any {@link ColdStore}. */
export class EngineCheckpointer<
  Custom extends object = NoCustomFields,
  ThreadId extends AnyId = string,
  UserId extends AnyId = string,
> extends BaseCheckpointer<Custom, ThreadId, UserId> {
  readonly #store: ColdStore;
  readonly #config: ConfigReader;
  readonly #log: StateLog;
  readonly #hot: HotLayer | null;
  readonly #durability: options.Durability;
  readonly #guards: ThreadGuards<ThreadId, UserId>;
  readonly #leases: RunLeases;
  readonly #states: States<Custom>;
  readonly #operations = new Operations();
  readonly #released = new AbortController();
  readonly #threadQuery: ReturnType<typeof check.threadQueryReader>;

  /** @param engine - the parts, made by a subclass or by you, over a store of your own */
  constructor(engine: EngineOptions) {
    super();
    this.#store = engine.coldStore;
    this.#config = new ConfigReader(engine);
    this.#log = new StateLog(engine.coldStore, new NearCache(engine));
    this.#durability = engine.hot?.durability ?? "sync";
    this.#hot = engine.hot === null ? null : makeHotLayer(engine, engine.hot, this.#log);
    this.#guards = new ThreadGuards(engine.coldStore);
    this.#leases = new RunLeases(engine.coldStore, this.#released.signal);
    this.#states = new States(this.#log, this.#hot, engine.state);
    this.#threadQuery = check.threadQueryReader(engine.idType);
  }

  override setup(): Promise<void> {
    return this.#operations.run("setup", async () => {
      await this.#store.setup();
      await this.#hot?.setup();
    });
  }

  override async release(): Promise<void> {
    this.#released.abort();
    if (!(await this.#operations.end())) return;
    try {
      await this.#leases.release();
      await this.#hot?.release();
    } finally {
      await this.#store.release();
    }
  }

  override [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  override putState(
    config: ThreadConfig<ThreadId, UserId>,
    state: AgentState<Custom>,
    putOptions?: options.PutStateOptions,
  ): Promise<AgentState<Custom>> {
    return this.#operations.run("putState", async () => {
      const scope = this.#config.thread(config);
      return await this.#states.put(scope, state, check.checkPutState(putOptions, this.#durability), noParts);
    });
  }

  override putStateCache(
    config: ThreadConfig<ThreadId, UserId>,
    state: AgentState<Custom>,
    putOptions?: options.PutStateCacheOptions,
  ): Promise<AgentState<Custom>> {
    return this.#operations.run("putStateCache", async () => {
      const scope = this.#config.thread(config);
      return await this.#states.put(scope, state, check.checkPutStateCache(putOptions, this.#durability), noParts);
    });
  }

  override getStateCache(
    config: ThreadConfig<ThreadId, UserId>,
    getOptions?: options.GetStateCacheOptions,
  ): Promise<AgentState<Custom> | null> {
    return this.#operations.run("getStateCache", async () => {
      const scope = this.#config.thread(config);
      return await this.#states.newestCached(scope, check.checkGetStateCache(getOptions));
    });
  }

  override getState(
    config: ThreadConfig<ThreadId, UserId>,
    getOptions?: options.GetStateOptions,
  ): Promise<AgentState<Custom> | null> {
    return this.#operations.run("getState", async () => {
      const scope = this.#config.thread(config);
      const version = check.checkGetState(getOptions);
      await this.#hot?.settle(scope);
      return await (version === null ? this.#states.newest(scope) : this.#states.version(scope, version));
    });
  }

  override listStates(
    config: ThreadConfig<ThreadId, UserId>,
    listOptions?: options.ListStatesOptions,
  ): Promise<options.StateInfo[]> {
    return this.#operations.run("listStates", async () => {
      const scope = this.#config.thread(config);
      const query = check.checkListStates(listOptions);
      await this.#hot?.settle(scope);
      const rows = await this.#store.listVersions(scope, query);
      return rows.map((row) => ({
        version: row.version,
        createdAt: new Date(row.createdAtMs),
        metadata: decodeMetadata(row.metadata),
        cleared: row.kind === "clear",
      }));
    });
  }

  override updateState(
    config: ThreadConfig<ThreadId, UserId>,
    change: StateChange<Custom>,
    updateOptions?: options.UpdateStateOptions,
  ): Promise<AgentState<Custom> | null> {
    return this.#operations.run("updateState", async () => {
      const scope = this.#config.thread(config);
      const { maxAttempts, write } = check.checkUpdateState(updateOptions, this.#durability);
      if (typeof change !== "function") throw new ValidationError("change", "expected a function that changes a state");
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#states.change(scope, change, write);
        } catch (error) {
          if (!(error instanceof ConflictError) || attempt >= maxAttempts) throw error;
          // Those who were beaten together would meet again; chance spreads them, wider each time.
          await sleep(Math.random() * Math.min(100, 2 ** attempt));
        }
      }
    });
  }

  override clearState(config: ThreadConfig<ThreadId, UserId>): Promise<void> {
    return this.#operations.run("clearState", async () => {
      const scope = this.#config.thread(config);
      if (!(await this.#states.clear(scope))) await this.#refuse(scope);
    });
  }

  override putMessages(
    config: ThreadConfig<ThreadId, UserId>,
    messages: readonly Message[],
    putOptions?: options.PutMessagesOptions,
  ): Promise<Message[]> {
    return this.#operations.run("putMessages", async () => {
      const scope = this.#config.thread(config);
      const checked = checkMessages(messages, check.checkPutMessages(putOptions));
      if (checked.rows.length > 0) await this.#log.commit(scope, { messages: checked.rows, thread: null });
      return [...checked.messages];
    });
  }

  override getMessage(config: ThreadConfig<ThreadId, UserId>, messageId: string): Promise<Message | null> {
    return this.#operations.run("getMessage", async () => {
      const scope = this.#config.thread(config);
      const body = await this.#store.getMessage(scope, check.checkMessageId(messageId));
      return body === null ? null : fromBody(body);
    });
  }

  override listMessages(
    config: ThreadConfig<ThreadId, UserId>,
    listOptions?: options.ListMessagesOptions,
  ): Promise<Message[]> {
    return this.#operations.run("listMessages", async () => {
      const scope = this.#config.thread(config);
      const query = check.checkListMessages(listOptions);
      const bodies = await this.#store.listMessages(scope, query);
      if (bodies.length === 0) await this.#guards.requireMessages(scope, { before: query.before, after: query.after });
      return bodies.map(fromBody);
    });
  }

  override deleteMessage(config: ThreadConfig<ThreadId, UserId>, messageId: string): Promise<boolean> {
    return this.#operations.run("deleteMessage", async () => {
      const scope = this.#config.thread(config);
      const deleted = await this.#store.deleteMessage(scope, check.checkMessageId(messageId), scope.lease);
      if (!deleted) await this.#refuse(scope);
      return deleted;
    });
  }

  override putThread(
    config: ThreadConfig<ThreadId, UserId>,
    fields: ThreadFields = {},
  ): Promise<ThreadInfo<ThreadId, UserId>> {
    return this.#operations.run("putThread", async () => {
      const scope = this.#config.thread(config);
      const thread = checkThreadFields(fields, scope);
      await this.#guards.checkOwner(scope, fields, "fields");
      await this.#log.commit(scope, { messages: [], thread });
      return await this.#guards.existing(scope, "config.threadId");
    });
  }

  override getThread(config: ThreadConfig<ThreadId, UserId>): Promise<ThreadInfo<ThreadId, UserId> | null> {
    return this.#operations.run("getThread", async () => {
      const scope = this.#config.thread(config);
      await this.#hot?.settleThread(scope);
      const row = await this.#store.getThread(scope);
      return row === null ? null : threadInfo(row);
    });
  }

  override listThreads(
    config: UserConfig<UserId> = {},
    listOptions?: options.ListThreadsOptions<ThreadId>,
  ): Promise<ThreadInfo<ThreadId, UserId>[]> {
    return this.#operations.run("listThreads", async () => {
      const userId = this.#config.user(config);
      const query = this.#threadQuery(listOptions);
      await this.#hot?.settleOwn();
      const rows = await this.#store.listThreads(userId, query);
      if (rows.length === 0) await this.#guards.requireThreads(userId, { before: query.before, after: query.after });
      return rows.map((row) => threadInfo(row));
    });
  }

  override deleteThread(config: ThreadConfig<ThreadId, UserId>): Promise<boolean> {
    return this.#operations.run("deleteThread", async () => {
      const scope = this.#config.thread(config);
      await this.#log.looks.at(scope.threadId);
      const writeId = randomUUID();
      const underWay = this.#hot?.begin(scope, writeId);
      const deleted = await this.#store.deleteThread(scope, writeId, scope.lease);
      if (deleted === null) {
        this.#hot?.refused(scope, writeId);
        await this.#refuse(scope);
        return false;
      }
      if (underWay !== undefined) await this.#hot?.deleted(scope, deleted, writeId, underWay);
      return true;
    });
  }

  override forkThread(
    from: ThreadConfig<ThreadId, UserId>,
    to: ThreadConfig<ThreadId, UserId>,
    forkOptions?: options.ForkThreadOptions,
  ): Promise<ThreadInfo<ThreadId, UserId>> {
    return this.#operations.run("forkThread", async () => {
      const source = this.#config.thread(from, "from");
      const target = this.#config.thread(to, "to");
      const version = check.checkFork(forkOptions);
      refuseOtherOwner(source, target);
      await this.#hot?.settleThread(source);
      return await this.#guards.existing(await forkThread(this.#store, { source, target, version }), "to.threadId");
    });
  }

  override repairState(config: ThreadConfig<ThreadId, UserId>): Promise<AgentState<Custom>> {
    return this.#operations.run("repairState", async () => {
      const scope = this.#config.thread(config);
      await this.#hot?.settle(scope);
      if ((await this.#store.getThread(scope)) === null) await this.#refuse(scope);
      await this.#guards.existing(scope, "config.threadId");
      const bodies = await this.#store.listMessages(scope, check.checkListMessages(undefined));
      return await this.#states.rebuild(scope, bodies.map(fromBody));
    });
  }

  override checkpoint(
    config: ThreadConfig<ThreadId, UserId>,
    parts: options.CheckpointParts<Custom>,
    putOptions?: options.PutStateOptions,
  ): Promise<CheckpointResult<Custom>> {
    return this.#operations.run("checkpoint", async () => {
      const scope = this.#config.thread(config);
      const { state, messages, thread } = check.checkParts(parts);
      const write = check.checkPutState(putOptions, "sync");
      if (write.durability !== "sync") {
        throw new ValidationError(
          "options.durability",
          "a whole turn is always durable before the call answers; leave it out",
        );
      }
      const checked = messages === undefined ? noMessages : checkMessages(messages, undefined);
      const patch = thread === undefined ? null : checkThreadFields(thread, scope, "thread");
      const turn: TurnParts = { messages: checked.rows, thread: patch };
      const fields = thread as ThreadFields | undefined;
      const before = (): Promise<void> => this.#guards.checkOwner(scope, fields ?? {}, "thread");
      if (state !== undefined) {
        const written = await this.#states.put(scope, state as AgentState<Custom>, { ...write, before }, turn);
        return { state: written, messages: [...checked.messages] };
      }
      if (putOptions !== undefined)
        throw new ValidationError("options", "belong to a state; give parts.state, or leave them out");
      await before();
      if (turn.messages.length > 0 || turn.thread !== null) await this.#log.commit(scope, turn);
      return { state: null, messages: [...checked.messages] };
    });
  }

  override warmCache(config: WarmCacheConfig<UserId> = {}): Promise<number> {
    return this.#operations.run("warmCache", async () => {
      const { userId, namespace, limit } = this.#config.warm(config);
      const asking = this.#hot?.asking();
      const recent = await this.#store.readRecent(userId, namespace, limit);
      const heads = recent.flatMap(({ threadId, tail }) => {
        const scope: Scope = { threadId, userId, namespace };
        const head = this.#log.readableHead(scope, tail);
        return head === undefined ? [] : [{ scope, tail, head }];
      });
      if (asking !== undefined) await this.#hot?.warm(heads, asking);
      return heads.length;
    });
  }

  override watch(
    config: ThreadConfig<ThreadId, UserId>,
    watchOptions?: WatchOptions,
  ): AsyncGenerator<WatchEvent, void, undefined> {
    if (this.#released.signal.aborted) throw new ReleasedError();
    const scope = this.#config.thread(config);
    const { pollMs, signal } = check.checkWatch(watchOptions);
    const signals = signal === undefined ? this.#released.signal : AbortSignal.any([signal, this.#released.signal]);
    const ask = <T>(question: () => Promise<T>): Promise<T> => this.#operations.run("watch", question);
    const thread = watchedThread({ store: this.#store, log: this.#log, hot: this.#hot, ask }, scope);
    return watchThread(thread, { pollMs, signal: signals });
  }

  override beginRun(config: ThreadConfig<ThreadId, UserId>): Promise<string> {
    return this.#operations.run("beginRun", async () => {
      const scope = this.#config.thread(config);
      const runId = scope.runId ?? randomUUID();
      await this.#log.commit({ ...scope, runId }, noParts);
      return runId;
    });
  }

  override acquireRun(
    config: ThreadConfig<ThreadId, UserId>,
    acquireOptions?: options.AcquireRunOptions,
  ): Promise<RunLease<ThreadId, UserId>> {
    return this.#operations.run("acquireRun", async () => {
      const scope = this.#config.thread(config);
      const terms = check.checkAcquireRun(acquireOptions);
      await this.#log.looks.at(scope.threadId);
      return await this.#leases.acquire(scope, config, terms);
    });
  }

  override requestStop(config: ThreadConfig<ThreadId, UserId>): Promise<void> {
    return this.#operations.run("requestStop", async () => {
      const scope = this.#config.thread(config);
      await this.#log.looks.at(scope.threadId);
      if (await this.#store.requestStop(scope, scope.runId)) return;
      await this.#guards.refuseStranger(scope);
      throw new NotFoundError("config.threadId", "there is no such thread for this user");
    });
  }

  override stopRequested(config: ThreadConfig<ThreadId, UserId>): Promise<boolean> {
    return this.#operations.run("stopRequested", async () => {
      const scope = this.#config.thread(config);
      return await this.#store.isStopRequested(scope, scope.runId);
    });
  }

  override health(): Promise<Health> {
    return this.#operations.run("health", async () => {
      const database = await databaseHealth(this.#store, this.#threadQuery({ limit: 0 }));
      return { database, hotLayer: this.#hot?.health() ?? null };
    });
  }

  override stats(config: StatsConfig<ThreadId, UserId> = {}): Promise<SessionStats> {
    return this.#operations.run("stats", async () => {
      const { userId, threadId } = this.#config.stats(config);
      await this.#hot?.settleOwn();
      return await this.#store.stats(userId, threadId);
    });
  }

  /** Says why nothing was written, where that is not simply because there was nothing. */
  async #refuse(scope: CallScope): Promise<void> {
    await this.#guards.refuseStranger(scope);
    await this.#leases.refuseLost(scope);
  }
}

function makeHotLayer(engine: EngineOptions, hot: HotOptions, log: StateLog): HotLayer {
  const { maxAgeMs, nearTtlMs, durability } = hot;
  const { maxCachedThreads, maxCachedBytes } = engine;
  const layerOptions = { maxAgeMs, nearTtlMs, maxCachedThreads, maxCachedBytes, keepsDrafts: durability !== "sync" };
  return new HotLayer({ hotLog: hot.log, store: engine.coldStore, log }, layerOptions);
}
