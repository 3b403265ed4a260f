import { Deadlines, SILENT_TIMEOUTS } from "./deadlines.ts";
import { makeClient, type RedisClient, type RedisSource } from "./redis-client.ts";
import { kindOf, RedisError } from "./redis-error.ts";

/** Listens for new ends of logs, on a connection of its own that is made when the first one is watched. */
export class EndWatch {
  readonly #source: RedisSource;
  readonly #timeoutMs: number;
  readonly #deadlines: Deadlines;
  /** What is to be subscribed to; the client follows, as far as it is connected. */
  readonly #listeners = new Map<string, Set<() => void>>();
  #client: RedisClient | undefined;
  #connected: Promise<RedisClient> | undefined;
  #isClosed = false;

  constructor(source: RedisSource, timeoutMs: number) {
    this.#source = source;
    this.#timeoutMs = timeoutMs;
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** Calls `listener` when something is announced on the channel; answers how to stop it. @throws RedisError, also where it takes too long */
  async add(channel: string, listener: () => void): Promise<() => void> {
    if (this.#isClosed) throw new RedisError("DISCONNECTED");
    // A listener may watch twice, and stop once.
    const call = (): void => listener();
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(call));
    try {
      await this.#deadlines.within(this.#subscribe(channel), () => new RedisError("TIMEOUT"));
    } catch (error) {
      this.#remove(channel, call);
      throw error instanceof RedisError ? error : new RedisError(kindOf(error));
    }
    return () => this.#remove(channel, call);
  }

  /** Stops listening for good. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#client?.disconnect();
  }

  async #subscribe(channel: string): Promise<void> {
    const client = await (this.#connected ??= this.#connect());
    // Whoever wanted it may have given up meanwhile. Again for each: the one before may still be on its way.
    if (this.#listeners.has(channel)) await client.subscribe(channel);
  }

  #remove(channel: string, call: () => void): void {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(call) !== true || listeners.size > 0) return;
    this.#listeners.delete(channel);
    // What still comes finds nobody.
    void this.#client?.unsubscribe(channel).catch(() => {});
  }

  async #connect(): Promise<RedisClient> {
    const client = await makeClient(this.#source, {
      commandTimeout: this.#timeoutMs,
      socketTimeout: this.#timeoutMs * SILENT_TIMEOUTS,
    });
    if (this.#isClosed) throw new RedisError("DISCONNECTED");
    this.#client = client;
    client.on("message", (channel: string) => this.#call(channel));
    // Before the first time, nobody was subscribed, and nothing was missed.
    let isFirst = true;
    client.on("ready", () => {
      if (!isFirst) void this.#renew(client);
      isFirst = false;
    });
    await client.connect().catch(() => {});
    return client;
  }

  /** What was announced while the connection was broken is missed: every log may have a new end. */
  async #renew(client: RedisClient): Promise<void> {
    const channels = [...this.#listeners.keys()];
    if (channels.length > 0) await client.subscribe(...channels).catch(() => {});
    for (const channel of channels) this.#call(channel);
  }

  #call(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }
}
