import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { type AgentState, type BaseCheckpointer, createState, Message } from "../../src/index.ts";

/** The custom fields of these tests' states. */
export type Fields = Record<string, unknown>;

/** A checkpointer as these tests use it. */
export type Checkpointer = BaseCheckpointer<Fields>;

/** Whoever calls; without a user it is the application. */
export interface Config {
  readonly threadId: string;
  readonly userId?: string;
}

/** A thread full of one secret, which stands in all that its owner stored: ids, names, metadata, state, messages. */
export class OwnedThread {
  /** In lower case, as searches look for it. */
  readonly secret: string = `secret${randomUUID().replaceAll("-", "")}`;
  readonly config: Required<Config> = { threadId: `${this.secret}-thread`, userId: `${this.secret}-owner` };
  readonly messageId: string = `${this.secret}-0`;
  readonly #checkpointer: Checkpointer;
  #state: AgentState<Fields> = createState<Fields>();

  private constructor(checkpointer: Checkpointer) {
    this.#checkpointer = checkpointer;
  }

  /** Stored as its owner does. */
  static async make(checkpointer: Checkpointer): Promise<OwnedThread> {
    const thread = new OwnedThread(checkpointer);
    const { config, secret } = thread;
    const messages = [0, 1].map((n) => Message.text(`${secret} said`, { messageId: `${secret}-${n}` }));
    const state = createState<Fields>({ plan: secret, context: messages });
    const fields = { threadName: `${secret} name`, metadata: { [secret]: secret }, runId: `${secret}-run` };
    await checkpointer.checkpoint(config, { state, messages, thread: fields }, { metadata: { note: secret } });
    const second = Object.assign(state, { next: `${secret} next` });
    thread.#state = await checkpointer.putState(config, second, { metadata: { note: secret } });
    await checkpointer.requestStop(config);
    return thread;
  }

  /** The owner's newest state, with its version in it: what somebody might have got hold of. */
  get state(): AgentState<Fields> {
    return { ...this.#state };
  }

  /** The owner reads all that there is, through another checkpointer: copies stay there. */
  async isReadThrough(checkpointer: Checkpointer): Promise<void> {
    await everythingOf(checkpointer, this.config);
    await checkpointer.getStateCache(this.config);
    await checkpointer.warmCache({ userId: this.config.userId });
  }

  /** The owner writes, to this thread or to another one of his. */
  async write(threadId: string): Promise<void> {
    const config = { ...this.config, threadId };
    await this.#checkpointer.putMessages(config, [Message.text(`${this.secret} said later`)]);
    await this.#checkpointer.putState(config, createState<Fields>({ plan: this.secret }));
    await this.#checkpointer.requestStop(config);
  }

  /** All that the owner has in this thread, as text. */
  async portrait(): Promise<string> {
    return textOf(await everythingOf(this.#checkpointer, this.config));
  }

  /**
   * The owner writes a version that need not be durable yet.
   * @returns what {@link essence} is from now on
   */
  async draft(): Promise<string> {
    const { versions, others } = await this.#essentials();
    const next = Object.assign(this.state, { draft: this.secret });
    this.#state = await this.#checkpointer.putStateCache(this.config, next, { metadata: { note: this.secret } });
    return textOf({ state: fieldsOf(this.#state), versions: versions + 1, others });
  }

  /** What the owner has in this thread but for instants and sizes, as text: those of a draft are known when it is durable. */
  async essence(): Promise<string> {
    return textOf(await this.#essentials());
  }

  async #essentials(): Promise<{ readonly state: Fields; readonly versions: number; readonly others: unknown }> {
    const { config } = this;
    const state = await this.#checkpointer.getState(config);
    const versions = (await this.#checkpointer.listStates(config)).length;
    const thread = await this.#checkpointer.getThread(config);
    const messages = await this.#checkpointer.listMessages(config);
    const others = [messages, thread?.userId, thread?.threadName, thread?.metadata, thread?.runId];
    return { state: fieldsOf(state), versions, others };
  }

  /** Whether anything of it stands in a value or an error, wherever it is hidden there. */
  isSeenIn(value: unknown): boolean {
    return textOf(value).toLowerCase().includes(this.secret);
  }
}

/** Without the version that it carries. */
function fieldsOf(state: AgentState<Fields> | null): Fields {
  return Object.fromEntries(Object.entries(state ?? {}));
}

async function everythingOf(checkpointer: Checkpointer, config: Required<Config>): Promise<unknown[]> {
  // First by itself: whatever was not yet durable is, once this is answered.
  const state = await checkpointer.getState(config);
  const others = await Promise.all([
    checkpointer.getState(config, { version: 1 }),
    checkpointer.listStates(config),
    checkpointer.listMessages(config),
    checkpointer.getThread(config),
    checkpointer.stats(config),
    checkpointer.stopRequested(config),
  ]);
  return [state, ...others];
}

/** Getters, symbols, causes and stacks too. */
function textOf(value: unknown): string {
  return inspect(value, {
    depth: null,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Infinity,
    getters: true,
    showHidden: value instanceof Error,
  });
}
