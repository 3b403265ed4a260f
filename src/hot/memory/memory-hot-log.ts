import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { isTagged } from "../../log/value-codec.ts";
import {
  type HotEntry,
  type HotHead,
  type HotInstant,
  type HotKey,
  hotKeyText,
  type HotLog,
  type HotNews,
  type HotView,
  type KnownEnd,
  MARK_MS,
  type SeenEntry,
} from "../hot-log.ts";
import { emptyRecord, endOf, mark, type MemoryRecord, NEVER, sameEnd, settle, unmark } from "./memory-record.ts";
import { tell } from "./telling.ts";

/** Options of {@link MemoryHotLog}. */
export interface MemoryHotLogOptions {
  /** How long a log without drafts is kept after it was last written, in milliseconds. @defaultValue 86,400,000 (a day) */
  readonly lifeMs?: number | undefined;
  /** Most threads that are kept; the least recently used go first. Those with drafts stay, and do not count. @defaultValue 10,000 */
  readonly maxThreads?: number | undefined;
  /** Most bytes of JSON text that are kept, as for `maxThreads`. @defaultValue 67,108,864 (64 MiB) */
  readonly maxBytes?: number | undefined;
  /** Tells the time in milliseconds, with fractions; it must not go back. @defaultValue the process's monotonic clock */
  readonly clock?: (() => number) | undefined;
}

/** What a record costs beside its texts. */
const OVERHEAD_BYTES = 512;

/** A hot log in this process's memory: for one process in front of an embedded database, and for tests. Its drafts die with the process. */
export class MemoryHotLog implements HotLog {
  readonly #clock: () => number;
  /** This memory's own name: what another one granted, it does not trust. */
  readonly #by: string = randomUUID();
  readonly #settled: LRUCache<string, MemoryRecord>;
  /** Records with drafts: those must not be forgotten. */
  readonly #drafted = new Map<string, { readonly key: HotKey; readonly record: MemoryRecord }>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(options: MemoryHotLogOptions = {}) {
    const clock = options.clock ?? (() => performance.timeOrigin + performance.now());
    this.#clock = clock;
    this.#settled = new LRUCache({
      max: options.maxThreads ?? 10_000,
      maxSize: options.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: bytesOf,
      ttl: options.lifeMs ?? 86_400_000,
      // Exact, so that a clock which is set by hand is believed at once.
      ttlResolution: 0,
      perf: { now: clock },
    });
  }

  /** Does nothing: there is nothing to connect to. */
  async setup(_keepsDrafts: boolean): Promise<void> {}

  /** Does nothing: there is nothing to disconnect from, and another checkpointer may be using the same memory. */
  async release(): Promise<void> {}

  past(_key: HotKey): HotInstant {
    return { atMs: this.#clock(), by: this.#by };
  }

  async read(key: HotKey, known: KnownEnd | null, maxAgeMs: number): Promise<HotView> {
    const at = this.past(key);
    const record = this.#recordOf(key);
    if (known !== null && isCurrent(record, known, at, maxAgeMs)) {
      return { at, current: true, head: null, entries: [], fromStart: false, tagged: false };
    }
    const place = known === null ? -1 : record.log.findIndex((entry) => sameEnd(entry, known));
    const shown = record.log.slice(place + 1);
    return {
      at,
      current: false,
      head: headOf(record),
      entries: shown.map(seen),
      fromStart: place < 0,
      tagged: shown.some(({ body }) => body !== null && isTagged(body)),
    };
  }

  async mark(key: HotKey, writeId: string, untilMs: number | null): Promise<void> {
    const deadlineMs = untilMs ?? this.#clock() + MARK_MS;
    this.#change(key, (record) => mark(record, writeId, deadlineMs));
  }

  async unmark(key: HotKey, writeId: string): Promise<void> {
    if (this.#recordOf(key).writer === writeId) this.#change(key, (record) => unmark(record, writeId));
  }

  async tell(key: HotKey, news: HotNews): Promise<"told" | "gap" | "drafts" | "old"> {
    return this.#change(key, (record) => tell(record, news));
  }

  async draft(key: HotKey, entry: HotEntry): Promise<"ok" | "conflict" | "unknown"> {
    const { log } = this.#recordOf(key);
    if (log.some((other) => sameEnd(other, entry))) return "ok";
    const place = log.findLastIndex(({ version, writeId }) => writeId === entry.after && version < entry.version);
    if (place < 0) return "unknown";
    if (place < log.length - 1) return "conflict";
    this.#change(key, (record) => {
      record.log = [...log, entry];
    });
    return "ok";
  }

  async discard(key: HotKey, writeId: string): Promise<void> {
    if (this.#recordOf(key).log.at(-1)?.writeId !== writeId) return;
    this.#change(key, (record) => {
      record.log = [];
      // Entries behind the stamp may be committed, and readers may have answered them.
      record.known = NEVER;
    });
  }

  async hold(key: HotKey, forMs: number): Promise<void> {
    const untilMs = this.#clock() + forMs;
    this.#change(key, (record) => {
      if (record.firstDraftMs !== null) record.firstDraftMs = Math.max(record.firstDraftMs, untilMs);
    });
  }

  async drafts(olderThanMs: number, limit: number): Promise<readonly HotKey[]> {
    const latestMs = this.#clock() - olderThanMs;
    const firstMs = ({ record }: { record: MemoryRecord }): number => record.firstDraftMs ?? Number.POSITIVE_INFINITY;
    const old = [...this.#drafted.values()].filter((drafted) => firstMs(drafted) <= latestMs);
    const oldestFirst = old.toSorted((one, other) => firstMs(one) - firstMs(other));
    return oldestFirst.slice(0, limit).map(({ key }) => key);
  }

  async watch(key: HotKey, listener: () => void): Promise<() => void> {
    const text = hotKeyText(key);
    const listeners = this.#listeners.get(text) ?? new Set();
    this.#listeners.set(text, listeners);
    // A listener may watch twice, and stop once.
    const call = (): void => listener();
    listeners.add(call);
    return () => {
      listeners.delete(call);
      if (listeners.size === 0 && this.#listeners.get(text) === listeners) this.#listeners.delete(text);
    };
  }

  #recordOf(key: HotKey): MemoryRecord {
    const text = hotKeyText(key);
    return this.#drafted.get(text)?.record ?? this.#settled.get(text) ?? emptyRecord();
  }

  #change<T>(key: HotKey, change: (record: MemoryRecord) => T): T {
    const text = hotKeyText(key);
    // A copy: the cache weighs a record only when it is another one.
    const record = { ...this.#recordOf(key) };
    const before = endOf(record);
    const answer = change(record);
    settle(record, this.#clock());
    if (record.firstDraftMs !== null) {
      this.#settled.delete(text);
      this.#drafted.set(text, { key: { threadId: key.threadId, namespace: key.namespace }, record });
    } else {
      this.#drafted.delete(text);
      this.#settled.set(text, record);
    }
    if (!sameEnd(before, endOf(record))) this.#announce(text);
    return answer;
  }

  #announce(text: string): void {
    for (const listener of this.#listeners.get(text) ?? []) queueMicrotask(listener);
  }
}

function isCurrent({ end, known, pendingMs }: MemoryRecord, held: KnownEnd, at: HotInstant, maxAgeMs: number): boolean {
  return sameEnd(end, held) && known.by === at.by && at.atMs < known.atMs + maxAgeMs && known.atMs >= pendingMs;
}

function headOf({ stamp, owner, known, pendingMs }: MemoryRecord): HotHead | null {
  return stamp === null ? null : { stamp, owner, known, pendingMs };
}

/** A body is parsed anew for every reader: who gets it may change it. */
function seen({ body, ...entry }: HotEntry): SeenEntry {
  const json: unknown = body === null ? null : JSON.parse(body);
  return { ...entry, json, bytes: body === null ? 0 : Buffer.byteLength(body) };
}

function bytesOf({ log }: MemoryRecord): number {
  let bytes = OVERHEAD_BYTES;
  for (const { body, metadata } of log) bytes += (body?.length ?? 0) + (metadata?.length ?? 0);
  return bytes;
}
