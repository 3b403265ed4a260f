import { setTimeout as pause } from "node:timers/promises";
import { type AgentState, createState, type PgCheckpointer } from "../../../src/index.ts";
import type { TcpProxy } from "../../servers/tcp-proxy.ts";

/** What the states of a replay hold: the name of each write that is part of it. */
export type Writes = Record<string, unknown>;

/** Whose state. */
export interface Config {
  /** The thread. */
  readonly threadId: string;
  /** Its owner. */
  readonly userId: string;
}

/** Something that a process has begun, and that waits for a server. */
export interface Pending<T> {
  /** How it ends. */
  readonly ended: Promise<T>;
}

/** A thread that no replay is about. */
const ANOTHER: Config = { threadId: "another", userId: "ada" };

/** The writes that make up a state, in the order of their keys: `o+w2`; of no state, `nothing`. */
export function written(state: Writes | null): string {
  if (state === null) return "nothing";
  return Object.keys(state)
    .filter((name) => state[name] === true)
    .toSorted()
    .join("+");
}

/** Waits until something is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await pause(1);
  }
}

/**
 * One process of a replay: a checkpointer with connections of its own, whose commands and questions are kept back and let through one by
 * one. Its methods are the steps of a counterexample.
 */
export class Process {
  /** The checkpointer, for what is no step of a counterexample. */
  readonly checkpointer: PgCheckpointer<Writes>;
  /** Its link to PostgreSQL. */
  readonly postgres: TcpProxy;
  /** Its link to Redis. */
  readonly redis: TcpProxy;
  readonly #config: Config;
  #taken: AgentState<Writes> | null = null;

  constructor(checkpointer: PgCheckpointer<Writes>, links: { postgres: TcpProxy; redis: TcpProxy }, config: Config) {
    this.checkpointer = checkpointer;
    this.postgres = links.postgres;
    this.redis = links.redis;
    this.#config = config;
  }

  /** Looks into the cache, and asks PostgreSQL: the question is kept back. */
  async looks(): Promise<Pending<string>> {
    this.postgres.hold("requests");
    const looking = this.checkpointer.getStateCache(this.#config).then(written);
    await this.#untilPostgresIsAsked(looking);
    return { ended: looking };
  }

  /** PostgreSQL answers a look; what the process tells Redis then is kept back. Answers what was read. */
  async reads({ ended }: Pending<string>): Promise<string> {
    this.redis.hold("requests");
    this.postgres.release();
    return await ended;
  }

  /** PostgreSQL takes a look's question, but its answer is kept back. */
  async isReadLate(): Promise<void> {
    this.redis.hold("requests");
    this.postgres.hold("replies");
    this.postgres.release("requests");
    await until("PostgreSQL answers", () => this.postgres.heldBytes("replies") > 0);
  }

  /** Begins a write on what PostgreSQL has now: its mark is kept back, and its commit. */
  async begins(name: string, how: "write" | "overwrite"): Promise<Pending<AgentState<Writes>>> {
    const head = await this.checkpointer.getState(this.#config);
    const state = how === "overwrite" || head === null ? createState<Writes>({ [name]: true }) : head;
    return await this.beginsOn(Object.assign(state, { [name]: true }));
  }

  /** Begins a write on a state that it has: its mark is kept back, and its commit. */
  async beginsOn(state: AgentState<Writes>): Promise<Pending<AgentState<Writes>>> {
    this.postgres.hold("requests");
    this.redis.hold("requests");
    const ended = this.checkpointer.putState(this.#config, state, { durability: "sync" });
    await this.#untilPostgresIsAsked(ended);
    return { ended };
  }

  /** A write executes in PostgreSQL; what the process tells Redis of it is kept back. */
  async commits({ ended }: Pending<AgentState<Writes>>): Promise<AgentState<Writes>> {
    this.redis.hold("requests");
    this.postgres.release();
    return await ended;
  }

  /** Learns a state to draft on, from the cache or from PostgreSQL. Answers what it is. */
  async takes(from: "cache" | "PostgreSQL"): Promise<string> {
    const read =
      from === "cache" ? this.checkpointer.getStateCache(this.#config) : this.checkpointer.getState(this.#config);
    this.#taken = await read;
    return written(this.#taken);
  }

  /** Wants a draft on the state that it has taken, or drafted, last. */
  wants(name: string): Pending<void> {
    const state = Object.assign(this.#taken ?? createState<Writes>({}), { [name]: true });
    const ended = this.#keeps(this.checkpointer.putStateCache(this.#config, state));
    ended.catch(() => {}); // whoever awaits it later is told
    return { ended };
  }

  /** Begins a write, which is to commit the drafts that it stands on: its mark is kept back, and its commit. */
  async beginsOnDrafts(name: string): Promise<Pending<AgentState<Writes>>> {
    return await this.beginsOn(Object.assign(this.#taken ?? createState<Writes>({}), { [name]: true }));
  }

  /** Makes a draft. */
  async drafts(name: string): Promise<void> {
    await this.wants(name).ended;
  }

  /** As a flusher: reads the drafts, and asks PostgreSQL; the question is kept back. */
  async readsDrafts(): Promise<Pending<unknown>> {
    this.postgres.hold("requests");
    const ended = this.checkpointer.getState(this.#config);
    await this.#untilPostgresIsAsked(ended);
    ended.catch(() => {}); // whoever awaits it later is told
    return { ended };
  }

  /** PostgreSQL answers one question, and the next one is kept back. */
  async asksNext(): Promise<void> {
    this.postgres.hold("replies");
    this.postgres.release("requests");
    this.postgres.hold("requests");
    await until("PostgreSQL answers", () => this.postgres.heldBytes("replies") > 0);
    this.postgres.release("replies");
    await until("PostgreSQL is asked again", () => this.postgres.heldBytes("requests") > 0);
  }

  /** A flusher goes on, to its end. */
  async flushes({ ended }: Pending<unknown>): Promise<void> {
    this.postgres.release();
    await ended;
  }

  /** Redis executes what was kept back; what comes then is kept back again. */
  async redisExecutes(): Promise<void> {
    await until("there is a command for Redis", () => this.redis.heldBytes("requests") > 0);
    this.redis.hold("replies");
    this.redis.release("requests");
    this.redis.hold("requests");
    await until("Redis answers", () => this.redis.heldBytes("replies") > 0);
    this.redis.release("replies");
  }

  /** What was kept back from Redis, and what follows on it, is executed. */
  async tellsAll(): Promise<void> {
    this.redis.release();
    await this.reachesRedis();
  }

  /** What was kept back from Redis is lost, with the connection. */
  async losesCommands(): Promise<void> {
    this.redis.cut();
    this.redis.release();
    await this.reachesRedis();
  }

  /** Its near copy goes: it keeps no more than one. */
  async losesNearCopy(): Promise<void> {
    await this.checkpointer.getState(ANOTHER);
  }

  /** Waits until so many bytes of Redis's answers are kept back. */
  async untilAnswered(bytes: number): Promise<number> {
    await until("Redis answers", () => this.redis.heldBytes("replies") > bytes);
    return this.redis.heldBytes("replies");
  }

  /** Waits until Redis answers it, by a read that has nothing to do with the replay. What it has sent before is executed then. */
  async reachesRedis(): Promise<void> {
    await until("Redis is reached", async () => {
      const before = await this.#failures();
      await this.checkpointer.getStateCache({ ...ANOTHER, threadId: "nowhere" });
      return (await this.#failures()) === before && (await this.#isOpen());
    });
  }

  /** Answers, from the cache or not, with all links open. That it looks into Redis is certain. */
  async answers(): Promise<string> {
    this.postgres.release();
    this.redis.release();
    await this.reachesRedis();
    const before = await this.#failures();
    const answer = written(await this.checkpointer.getStateCache(this.#config));
    if ((await this.#failures()) !== before) throw new Error("it could not ask Redis, so it proves nothing");
    return answer;
  }

  /** Answers from the cache. @throws Error if it asks PostgreSQL */
  async answersFromCache(): Promise<string> {
    this.redis.release();
    await this.reachesRedis();
    this.postgres.hold("requests");
    try {
      const answer = this.checkpointer.getStateCache(this.#config).then(written);
      const isAsked = this.#untilPostgresIsAsked(answer).then(
        () => true,
        () => false,
      );
      if (await isAsked) throw new Error("it asked PostgreSQL");
      return await answer;
    } finally {
      this.postgres.release();
    }
  }

  /** It dies, as far as its servers can tell. */
  dies(): void {
    for (const link of [this.postgres, this.redis]) {
      link.refuse();
      link.cut();
    }
  }

  /** How many rollbacks it has reported. */
  async rollbacks(): Promise<number> {
    return (await this.checkpointer.health()).hotLayer?.rollbackCount ?? 0;
  }

  /** Waits until what was begun asks PostgreSQL a question that is kept back. */
  async untilPostgresIsAsked({ ended }: Pending<unknown>): Promise<void> {
    await this.#untilPostgresIsAsked(ended);
  }

  async #keeps(drafting: Promise<AgentState<Writes>>): Promise<void> {
    this.#taken = await drafting;
  }

  async #untilPostgresIsAsked(asking: Promise<unknown>): Promise<void> {
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
    };
    asking.then(end, end);
    await until("PostgreSQL is asked", () => hasEnded || this.postgres.heldBytes("requests") > 0);
    if (this.postgres.heldBytes("requests") === 0) throw new Error("it did not ask PostgreSQL");
  }

  async #failures(): Promise<number> {
    return (await this.checkpointer.health()).hotLayer?.failureCount ?? 0;
  }

  async #isOpen(): Promise<boolean> {
    return (await this.checkpointer.health()).hotLayer?.isOpen === true;
  }
}
