import { type AgentState, createState, EngineCheckpointer, MemoryColdStore, MemoryHotLog } from "../../../src/index.ts";
import type { HotLog } from "../../../src/hot/hot-log.ts";
import type { ColdStore } from "../../../src/stores/cold-store.ts";

/** How a process of these tests uses the hot log, where that matters. */
export interface HotUse {
  readonly maxAgeMs?: number;
  readonly nearTtlMs?: number;
  readonly durability?: "sync" | "async" | "exit";
}

/** The custom field of these tests' states. */
export interface Fields {
  plan: string;
}

/** A state with a plan. */
export function planned(plan: string): AgentState<Fields> {
  return createState<Fields>({ plan });
}

/** A process over a store and a hot log that others use too. */
export async function processOn(
  store: ColdStore,
  hotLog: HotLog,
  use: HotUse = {},
): Promise<EngineCheckpointer<Fields>> {
  const checkpointer = new EngineCheckpointer<Fields>({
    coldStore: store,
    state: undefined,
    idType: "string",
    userIdType: "string",
    requireUserId: false,
    maxCachedThreads: 100,
    maxCachedBytes: 1_048_576,
    hot: { log: hotLog, maxAgeMs: 60_000, nearTtlMs: 0, durability: "sync", ...use },
  });
  await checkpointer.setup();
  return checkpointer;
}

/** The store in memory, over a network whose answers can be late: the question was carried out, and others overtake the answer. */
export class DistantStore extends MemoryColdStore {
  #held: Promise<void> | undefined;
  #heldCommit: Promise<void> | undefined;

  /** Holds back the answer to the next read; what it answers lets it go on. */
  holdNextAnswer(): () => void {
    let letGo = (): void => {};
    this.#held = new Promise((resolve) => {
      letGo = resolve;
    });
    return letGo;
  }

  /** The same for the next commit. */
  holdNextCommit(): () => void {
    let letGo = (): void => {};
    this.#heldCommit = new Promise((resolve) => {
      letGo = resolve;
    });
    return letGo;
  }

  override async commit(...turns: Parameters<MemoryColdStore["commit"]>): ReturnType<MemoryColdStore["commit"]> {
    const answer = await super.commit(...turns);
    const held = this.#heldCommit;
    this.#heldCommit = undefined;
    await held;
    return answer;
  }

  override async read(...requests: Parameters<MemoryColdStore["read"]>): ReturnType<MemoryColdStore["read"]> {
    const answer = await super.read(...requests);
    const held = this.#held;
    this.#held = undefined;
    await held;
    return answer;
  }
}

/** The hot log in memory, as one that can lose all it holds, or a thread's head, as a server may, and miss what it is told. */
export class ForgetfulHotLog implements HotLog {
  #log = new MemoryHotLog();
  #losesHead = false;
  /** Whether news and marks get lost. */
  isDeaf = false;
  /** Whether drafts and reads get lost. */
  isMute = false;

  /** It comes back with nothing. */
  empty(): void {
    this.#log = new MemoryHotLog();
  }

  /** The head is gone at the next read. */
  loseHead(): void {
    this.#losesHead = true;
  }

  setup: HotLog["setup"] = (...values) => this.#log.setup(...values);
  release: HotLog["release"] = () => this.#log.release();
  past: HotLog["past"] = (...values) => this.#log.past(...values);
  unmark: HotLog["unmark"] = (...values) => this.#log.unmark(...values);
  hold: HotLog["hold"] = (...values) => this.#log.hold(...values);
  discard: HotLog["discard"] = (...values) => this.#log.discard(...values);
  drafts: HotLog["drafts"] = (...values) => this.#log.drafts(...values);
  watch: HotLog["watch"] = (...values) => this.#log.watch(...values);

  mark: HotLog["mark"] = async (...values) => {
    if (this.isDeaf) throw new Error("the connection is lost");
    await this.#log.mark(...values);
  };

  tell: HotLog["tell"] = async (...values) => {
    if (this.isDeaf) throw new Error("the connection is lost");
    return await this.#log.tell(...values);
  };

  draft: HotLog["draft"] = async (...values) => {
    if (this.isMute) throw new Error("the connection is lost");
    return await this.#log.draft(...values);
  };

  read: HotLog["read"] = async (key, known, maxAgeMs) => {
    if (this.isMute) throw new Error("the connection is lost");
    if (!this.#losesHead) return await this.#log.read(key, known, maxAgeMs);
    this.#losesHead = false;
    return { ...(await this.#log.read(key, known, 0)), current: false, head: null };
  };
}
