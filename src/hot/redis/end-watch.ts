import { SILENT_TIMEOUTS } from "./deadlines.ts";
import { makeClient, type RedisClient, type RedisSource } from "./redis-client.ts";
import { kindOf, RedisError } from "./redis-error.ts";

/** Listens for new ends of logs, on a connection of its own that is made when the first one is watched. */
export class EndWatch {
  readonly #source: RedisSource;
  readonly #timeoutMs: number;
  readonly #listeners = new Map<string, Set<() => void>>();
  #client: Promise<RedisClient> | undefined;

  constructor(source: RedisSource, timeoutMs: number) {
    this.#source = source;
    this.#timeoutMs = timeoutMs;
  }

  /** Calls `listener` when something is announced on the channel; answers how to stop it. @throws RedisError */
  async add(channel: string, listener: () => void): Promise<() => void> {
    this.#client ??= this.#connect();
    const client = await this.#client;
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    // A listener may watch twice, and stop once.
    const call = (): void => listener();
    listeners.add(call);
    try {
      // Again for each: the one before may still be on its way.
      await client.subscribe(channel);
    } catch (error) {
      this.#remove(client, channel, call);
      throw new RedisError(kindOf(error));
    }
    return () => this.#remove(client, channel, call);
  }

  /** Stops listening for good. */
  async close(): Promise<void> {
    this.#listeners.clear();
    const client = await this.#client?.catch(() => undefined);
    client?.disconnect();
  }

  #remove(client: RedisClient, channel: string, call: () => void): void {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(call) !== true || listeners.size > 0) return;
    this.#listeners.delete(channel);
    // What still comes finds nobody.
    void client.unsubscribe(channel).catch(() => {});
  }

  async #connect(): Promise<RedisClient> {
    const client = await makeClient(this.#source, {
      commandTimeout: this.#timeoutMs,
      socketTimeout: this.#timeoutMs * SILENT_TIMEOUTS,
    });
    client.on("message", (channel: string) => this.#call(channel));
    // What was announced while the connection was broken is missed: every log may have a new end.
    let isFirst = true;
    client.on("ready", () => {
      for (const channel of isFirst ? [] : this.#listeners.keys()) this.#call(channel);
      isFirst = false;
    });
    await client.connect().catch(() => {});
    return client;
  }

  #call(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }
}
