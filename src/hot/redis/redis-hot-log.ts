import { LRUCache } from "lru-cache";
import { lua } from "../../generated/lua.ts";
import { DamagedHotLogError } from "../damaged-hot-log-error.ts";
import {
  type HotEntry,
  type HotInstant,
  type HotKey,
  hotKeyText,
  type HotLog,
  type HotNews,
  type HotView,
  type KnownEnd,
  MARK_MS,
} from "../hot-log.ts";
import { EndWatch } from "./end-watch.ts";
import { refuseEviction } from "./eviction-policy.ts";
import { BUCKETS, dirtyName, idToText, type KeyNames, keyNames, memberKey, prefixText } from "./key-names.ts";
import { prefixOf, type RedisSource } from "./redis-client.ts";
import { RedisConnection } from "./redis-connection.ts";
import { RedisError } from "./redis-error.ts";
import { slowAnswer, toMs, toUs } from "./seen-view.ts";

/** Options of {@link RedisHotLog}. */
export interface RedisHotLogOptions {
  /** Where the connections come from. */
  readonly source: RedisSource;
  /** What the keys begin with. Hot logs with the same prefix on one server share what they hold. */
  readonly keyPrefix: string;
  /** How long a log without drafts is kept after it was last written, in milliseconds. */
  readonly lifeMs: number;
  /** How long an answer is waited for, in milliseconds. @defaultValue 500 */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 500;

/** Names that are kept, because making them costs more than a call does otherwise. */
const MAX_NAMES = 10_000;

type Script = Exclude<keyof typeof lua, "drafts">;

/**
 * A hot log in Redis or Valkey, from version 6.2 on, on one server, behind Sentinel, or in a cluster. Each call is one script, and one round
 * trip. Per thread and namespace there are a stream and a hash, per bucket of threads a sorted set of those with drafts.
 */
export class RedisHotLog implements HotLog {
  readonly #connection: RedisConnection;
  readonly #watch: EndWatch;
  readonly #prefix: string;
  readonly #names = new LRUCache<string, KeyNames>({ max: MAX_NAMES });
  readonly #life: string;
  /** Whether it is known that the server keeps drafts. */
  #keepsDrafts = false;

  constructor(options: RedisHotLogOptions) {
    const { source, keyPrefix, lifeMs, timeoutMs = TIMEOUT_MS } = options;
    this.#connection = new RedisConnection(source, timeoutMs);
    this.#watch = new EndWatch(source, timeoutMs);
    this.#prefix = prefixText(prefixOf(source) + keyPrefix);
    this.#life = String(Math.ceil(lifeMs));
  }

  async setup(keepsDrafts: boolean): Promise<void> {
    await this.#connection.open();
    if (!keepsDrafts) return;
    try {
      await this.#refuseEviction();
    } catch (error) {
      // A server that is down now is asked before the first draft, as is one of which nobody has said that it will get any.
      if (!(error instanceof RedisError)) throw error;
    }
  }

  async release(): Promise<void> {
    this.#connection.close();
    this.#watch.close();
  }

  past(key: HotKey): HotInstant | null {
    return this.#connection.past(this.#namesOf(key).bucket);
  }

  async read(key: HotKey, known: KnownEnd | null, maxAgeMs: number): Promise<HotView> {
    // Before that nobody knows who will answer.
    if (!this.#connection.isOpened) await this.#connection.open();
    const { by } = this.#connection;
    const names = this.#namesOf(key);
    const held = known === null ? "-" : `${known.version} ${known.writeId}`;
    const reply = await this.#run("read", names, [held, by, toUs(maxAgeMs)]);
    if (typeof reply === "number") {
      const at: HotInstant = { atMs: toMs(reply), by };
      return { at, current: true, head: null, entries: [], fromStart: false, tagged: false };
    }
    const { view, last } = slowAnswer(reply, by);
    if (view === null) throw await this.#forget(names, last);
    return view;
  }

  async mark(key: HotKey, writeId: string, untilMs: number | null): Promise<void> {
    const until = untilMs === null ? "" : toUs(untilMs);
    await this.#run("mark", this.#namesOf(key), [this.#life, writeId, until, toUs(MARK_MS)]);
  }

  async unmark(key: HotKey, writeId: string): Promise<void> {
    await this.#run("unmark", this.#namesOf(key), [writeId]);
  }

  async tell(key: HotKey, news: HotNews): Promise<"told" | "gap" | "drafts" | "old"> {
    const names = this.#namesOf(key);
    const { stamp, owner, entries, after, since, seen } = news;
    const told = await this.#run("tell", names, [
      this.#life,
      names.member,
      String(stamp.incarnation),
      String(stamp.version),
      stamp.writeId,
      // An id that is empty is not nobody.
      owner === null ? "" : `=${idToText(owner)}`,
      ...(since === null ? ["", ""] : [toUs(since.atMs), since.by]),
      ...(seen === null ? ["", "", ""] : [String(seen.incarnation), String(seen.version), seen.writeId]),
      ...(after === null ? ["0", ""] : ["1", after]),
      ...entries.flatMap(entryValues),
    ]);
    return answerOf(told) as "told" | "gap" | "drafts" | "old";
  }

  async draft(key: HotKey, entry: HotEntry): Promise<"ok" | "conflict" | "unknown"> {
    if (!this.#keepsDrafts) await this.#refuseEviction();
    const names = this.#namesOf(key);
    const drafted = await this.#run("draft", names, [this.#life, names.member, ...entryValues(entry)]);
    return answerOf(drafted) as "ok" | "conflict" | "unknown";
  }

  async discard(key: HotKey, writeId: string): Promise<void> {
    const names = this.#namesOf(key);
    await this.#run("discard", names, [this.#life, names.member, writeId]);
  }

  async hold(key: HotKey, forMs: number): Promise<void> {
    const names = this.#namesOf(key);
    await this.#run("hold", names, [names.member, String(Math.ceil(forMs))]);
  }

  async drafts(olderThanMs: number, limit: number): Promise<readonly HotKey[]> {
    const values = [String(Math.floor(olderThanMs)), String(limit)];
    const buckets = Array.from({ length: BUCKETS }, (_, bucket) => this.#draftsOf(bucket, values));
    const found: { readonly member: string; readonly firstMs: number }[] = [];
    for (const list of await answered(buckets)) {
      for (let at = 0; at < list.length; at += 2)
        found.push({ member: String(list[at]), firstMs: Number(list[at + 1]) });
    }
    const oldestFirst = found.toSorted((one, other) => one.firstMs - other.firstMs);
    const keys = oldestFirst.map(({ member }) => memberKey(member)).filter((key) => key !== null);
    return keys.slice(0, limit);
  }

  watch(key: HotKey, listener: () => void): Promise<() => void> {
    return this.#watch.add(this.#namesOf(key).log, listener);
  }

  /** What the script answers for one bucket. A list that is of another type is dropped: it is none. */
  async #draftsOf(bucket: number, values: readonly string[]): Promise<readonly string[]> {
    const dirty = dirtyName(this.#prefix, bucket);
    try {
      return (await this.#connection.run(lua.drafts, {
        keys: [dirty],
        values,
        bucket,
        isPatient: false,
      })) as readonly string[];
    } catch (error) {
      if (!(error instanceof RedisError && error.kind === "WRONGTYPE")) throw error;
      // No thread is meant: of log and head, there are none.
      const none = `${dirty}:none`;
      await this.#connection.run(lua.forget, {
        keys: [none, none, dirty],
        values: ["", "?"],
        bucket,
        isPatient: false,
      });
      return [];
    }
  }

  async #refuseEviction(): Promise<void> {
    if (!this.#connection.isOpened) await this.#connection.open();
    const { client } = this.#connection;
    if (this.#keepsDrafts || client === undefined) return;
    await this.#connection.within(refuseEviction(client));
    this.#keepsDrafts = true;
  }

  #namesOf(key: HotKey): KeyNames {
    const text = hotKeyText(key);
    let names = this.#names.get(text);
    if (names === undefined) {
      names = keyNames(this.#prefix, key);
      this.#names.set(text, names);
    }
    return names;
  }

  async #run(name: Script, names: KeyNames, values: readonly string[]): Promise<unknown> {
    try {
      const isPatient = name === "mark" || name === "unmark" || name === "tell";
      return await this.#connection.run(lua[name], {
        keys: keysFor(name, names),
        values,
        bucket: names.bucket,
        isPatient,
      });
    } catch (error) {
      if (error instanceof RedisError && error.kind === "WRONGTYPE" && name !== "forget")
        throw await this.#forget(names, "?");
      throw error;
    }
  }

  /** Drops what cannot be read; answers the error that says so. */
  async #forget(names: KeyNames, last: string): Promise<DamagedHotLogError> {
    await this.#run("forget", names, [names.member, last]);
    return new DamagedHotLogError("what the hot log held of a thread could not be read, and was dropped");
  }
}

function keysFor(name: Script, { log, head, dirty }: KeyNames): readonly string[] {
  switch (name) {
    case "read":
      return [log, head];
    case "mark":
    case "unmark":
      return [head];
    case "hold":
      return [dirty];
    case "tell":
    case "draft":
    case "discard":
    case "forget":
      return [log, head, dirty];
  }
}

function entryValues({ version, writeId, after, kind, body, metadata }: HotEntry): readonly string[] {
  return [String(version), writeId, after, kind, body ?? "", metadata ?? ""];
}

/** What there are answers to: a shard that fails keeps none of the others back. @throws what they failed with, if all did */
async function answered<T>(calls: readonly Promise<T>[]): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(calls);
  const answers = outcomes.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value);
  const [first] = outcomes;
  if (answers.length === 0 && first?.status === "rejected") throw first.reason;
  return answers;
}

/** What stands behind the time. */
function answerOf(reply: unknown): unknown {
  return (reply as readonly unknown[])[1];
}
