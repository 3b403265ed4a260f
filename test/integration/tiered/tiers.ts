import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, inject, onTestFinished, vi } from "vitest";
import type { HotEvent, IdKind, PgCheckpointerOptions } from "../../../src/index.ts";
import { PgCheckpointer } from "../../../src/index.ts";
import { deleteKeys, keyPrefixFor } from "../../servers/key-prefix-per-file.ts";
import { dropSchema, schemaFor } from "../../servers/schema-per-file.ts";

/** The custom fields of these tests' states. */
export type Fields = Record<string, unknown>;

/** A checkpointer as these tests use it. */
export type Checkpointer<ThreadIdKind extends IdKind = "string", UserIdKind extends IdKind = "string"> = PgCheckpointer<
  Fields,
  ThreadIdKind,
  UserIdKind
>;

type Options<ThreadIdKind extends IdKind, UserIdKind extends IdKind> = PgCheckpointerOptions<
  Fields,
  ThreadIdKind,
  UserIdKind
>;

/** Long enough for what happens by itself on a busy machine. */
const EVENTUALLY_MS = 40_000;

/** PostgreSQL and Redis as a test file sees them: a schema and a prefix of its own. Cleared away at the file's end. */
export class Tiers {
  readonly databaseUrl: string = inject("databaseUrl");
  readonly cacheUrl: string = inject("cacheUrl");
  readonly schema: string;
  readonly keyPrefix: string;
  /** A look into the cache. */
  readonly redis: Redis;
  readonly #admin = new pg.Pool({ connectionString: inject("databaseUrl"), max: 1 });
  readonly #opened: { release(): Promise<void> }[] = [];

  /** @param moduleUrl - of the test file */
  constructor(moduleUrl: string) {
    this.schema = schemaFor(moduleUrl);
    this.keyPrefix = keyPrefixFor(moduleUrl);
    this.redis = new Redis(this.cacheUrl);
    this.#admin.on("error", () => {});
    afterAll(() => this.#clearAway());
  }

  /** A process with the cache; released at the file's end. */
  async cached<ThreadIdKind extends IdKind = "string", UserIdKind extends IdKind = "string">(
    options: Options<ThreadIdKind, UserIdKind> = {},
  ): Promise<Checkpointer<ThreadIdKind, UserIdKind>> {
    const source = options.redis === undefined ? { redisUrl: this.cacheUrl } : {};
    return await this.plain({ keyPrefix: this.keyPrefix, ...source, ...options });
  }

  /** A process that does not know of the cache; released at the file's end. */
  async plain<ThreadIdKind extends IdKind = "string", UserIdKind extends IdKind = "string">(
    options: Options<ThreadIdKind, UserIdKind> = {},
  ): Promise<Checkpointer<ThreadIdKind, UserIdKind>> {
    const checkpointer = new PgCheckpointer<Fields, ThreadIdKind, UserIdKind>({
      postgresDsn: this.databaseUrl,
      schema: this.schema,
      ...options,
    });
    this.#opened.push(checkpointer);
    await checkpointer.setup();
    return checkpointer;
  }

  /** The keys in the cache of a thread's logs, or heads, by what they end with. */
  async keysOf(threadId: string, end: ":log" | ":head"): Promise<string[]> {
    const keys = await this.redis.keys(`${this.keyPrefix}*`);
    return keys.filter((key) => key.includes(`}:${threadId}:`) && key.endsWith(end)).toSorted();
  }

  /** Runs SQL and answers its rows; `{{name}}` stands for a table of the default prefix. */
  async rows(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const table = (name: string): string =>
      `${pg.escapeIdentifier(this.schema)}.${pg.escapeIdentifier(`agent_${name}`)}`;
    const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => table(name));
    return (await this.#admin.query<Record<string, unknown>>(filled, [...values])).rows;
  }

  async #clearAway(): Promise<void> {
    await Promise.allSettled(this.#opened.map((checkpointer) => checkpointer.release()));
    await Promise.all([dropSchema(this.databaseUrl, this.schema), deleteKeys(this.cacheUrl, this.keyPrefix)]);
    this.redis.disconnect();
    await this.#admin.end();
  }
}

/** Events of a kind that are reported from now on, until the test ends. The list grows. */
export function reported(event: HotEvent["event"]): HotEvent[] {
  const events: HotEvent[] = [];
  const listener = (message: unknown): void => void events.push(message as HotEvent);
  subscribe(`agenity:hot:${event}`, listener);
  onTestFinished(() => void unsubscribe(`agenity:hot:${event}`, listener));
  return events;
}

/** Waits for what happens by itself, sooner or later, and which nobody announces. */
export async function eventually(hasHappened: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(hasHappened, { timeout: EVENTUALLY_MS, interval: 20 });
}
