import {
  type AgentState,
  CheckpointerError,
  ConflictError,
  createState,
  type Durability,
  Message,
  type PgCheckpointer,
  StorageUnavailableError,
  versionToken,
} from "../../src/index.ts";
import { stampOf } from "../../src/model/stamp.ts";
import type { OperationKind, Outcome, SeenState } from "./history.ts";
import { nowMs, type RecordFile } from "./record-file.ts";
import type { WorkerSettings } from "./worker-settings.ts";

/** The state of these threads: the ids of the writes that made it. */
export interface Fields {
  writes?: string[];
}

/** How many threads are worked on at a time. */
const SLOTS = 30;

/** A thread with so many writes is left for a new one: what is recorded of each answer grows with them. */
const MAX_WRITES = 60;

/** Whose threads they all are. */
export const OWNER = "ada";

type Draw = (below: number) => number;

interface Config {
  readonly threadId: string;
  readonly userId: string;
}

interface Call {
  readonly kind: OperationKind;
  readonly config: Config;
  readonly write?: string;
  readonly isDraft?: boolean;
  readonly run: () => Promise<AgentState<Fields> | null>;
}

/** What one process does: it reads a thread, writes what it read with one write more, reads again. */
export class Workload {
  readonly #checkpointer: PgCheckpointer<Fields>;
  readonly #settings: WorkerSettings;
  readonly #records: RecordFile;
  /** How often each slot has got a new thread, as far as this process knows. */
  readonly #generations = new Map<number, number>();
  #count = 0;

  constructor(checkpointer: PgCheckpointer<Fields>, settings: WorkerSettings, records: RecordFile) {
    this.#checkpointer = checkpointer;
    this.#settings = settings;
    this.#records = records;
  }

  /** Some operations on one thread, one after the other. */
  async step(draw: Draw): Promise<void> {
    const slot = draw(SLOTS);
    const config = { threadId: `t${slot}.${this.#generations.get(slot) ?? 0}`, userId: OWNER };
    if (slot % 10 === 9 && draw(40) === 0) await this.#delete(config);
    else if (slot % 5 === 4 && draw(25) === 0) await this.#clear(config);
    else if (draw(4) === 0) await this.#update(config, draw);
    else await this.#work(config, slot, draw);
  }

  /** Reads, and goes on with what it read. */
  async #work(config: Config, slot: number, draw: Draw): Promise<void> {
    let state = await this.#read(config, draw);
    if (state === undefined) return;
    if ((state?.writes?.length ?? 0) >= MAX_WRITES) {
      this.#generations.set(slot, (this.#generations.get(slot) ?? 0) + 1);
      return;
    }
    for (let turns = draw(4); turns > 0; turns--) {
      state = await this.#write(config, state, draw);
      if (state === undefined) return;
    }
    if (draw(3) === 0) await this.#read(config, draw);
  }

  async #read(config: Config, draw: Draw): Promise<AgentState<Fields> | null | undefined> {
    const checkpointer = this.#checkpointer;
    return draw(3) === 0
      ? await this.#record({ kind: "getState", config, run: () => checkpointer.getState(config) })
      : await this.#record({ kind: "getStateCache", config, run: () => checkpointer.getStateCache(config) });
  }

  async #write(
    config: Config,
    read: AgentState<Fields> | null,
    draw: Draw,
  ): Promise<AgentState<Fields> | null | undefined> {
    const checkpointer = this.#checkpointer;
    const write = this.#newWrite();
    const metadata = { write };
    const isNew = read === null;
    const state = read ?? createState<Fields>();
    state.writes = [...(state.writes ?? []), write];
    // What was not there when it was read must not be overwritten either.
    const options = isNew ? { metadata, ifVersion: 0 } : { metadata };
    const common = { config, write };
    switch (draw(4)) {
      case 0:
        return await this.#record({
          ...common,
          kind: "checkpoint",
          run: async () => {
            const messages = [Message.text(write, { messageId: write })];
            return (await checkpointer.checkpoint(config, { state, messages }, options)).state;
          },
        });
      case 1:
        return await this.#record({
          ...common,
          kind: "putStateCache",
          isDraft: true,
          run: () => checkpointer.putStateCache(config, state, options),
        });
      default: {
        const durability = this.#durability(draw);
        return await this.#record({
          ...common,
          kind: "putState",
          isDraft: durability !== "sync",
          run: () => checkpointer.putState(config, state, { ...options, durability }),
        });
      }
    }
  }

  async #update(config: Config, draw: Draw): Promise<void> {
    const write = this.#newWrite();
    const durability = this.#durability(draw);
    const change = (state: AgentState<Fields> | null): AgentState<Fields> => {
      const changed = state ?? createState<Fields>();
      changed.writes = [...(changed.writes ?? []), write];
      return changed;
    };
    await this.#record({
      kind: "updateState",
      config,
      write,
      isDraft: durability !== "sync",
      run: () => this.#checkpointer.updateState(config, change, { durability, metadata: { write } }),
    });
  }

  async #clear(config: Config): Promise<void> {
    const run = async (): Promise<null> => {
      await this.#checkpointer.clearState(config);
      return null;
    };
    await this.#record({ kind: "clearState", config, run });
  }

  async #delete(config: Config): Promise<void> {
    const run = async (): Promise<null> => {
      await this.#checkpointer.deleteThread(config);
      return null;
    };
    await this.#record({ kind: "deleteThread", config, run });
  }

  #durability(draw: Draw): Durability {
    const { durability, redisUrl } = this.#settings;
    if (redisUrl === null || draw(2) === 0) return "sync";
    return draw(4) === 0 ? "exit" : durability;
  }

  #newWrite(): string {
    return `${this.#settings.name}-${this.#count + 1}`;
  }

  /** Undefined: it did not answer. */
  async #record({ kind, config, write, isDraft = false, run }: Call): Promise<AgentState<Fields> | null | undefined> {
    const number = ++this.#count;
    const { name, redisUrl, maxStalenessMs } = this.#settings;
    // A draft stands on what the cache has, which may be as old.
    const isCached = redisUrl !== null && (kind === "getStateCache" || isDraft);
    this.#records.begin({
      process: name,
      number,
      kind,
      thread: config.threadId,
      write,
      isDraft: isDraft && redisUrl !== null,
      maxStalenessMs: isCached ? maxStalenessMs : 0,
      invokedMs: nowMs(),
    });
    try {
      const state = await run();
      this.#records.end(number, { kind: "answered", state: state === null ? null : seen(state) });
      return state;
    } catch (error) {
      this.#records.end(number, outcomeOf(error));
      return undefined;
    }
  }
}

/** A state as it is recorded. */
export function seen(state: AgentState<Fields>): SeenState {
  const { incarnation, version } = stampOf(versionToken(state) ?? "") ?? { incarnation: 0, version: 0 };
  return { incarnation, version, writes: [...(state.writes ?? [])] };
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof ConflictError) return { kind: "refused" };
  if (error instanceof StorageUnavailableError && error.retryable) return { kind: "failed", error: "unavailable" };
  const text = error instanceof CheckpointerError ? `${error.code}: ${error.message}` : String(error);
  return { kind: "failed", error: text };
}
