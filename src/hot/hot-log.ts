import type { EntryKind } from "../log/entry.ts";
import type { AnyId } from "../model/config.ts";
import type { Stamp } from "../model/stamp.ts";

/**
 * The port behind which the newest entries of states are kept hot: a cache that says how long ago what it holds was known to be right, and a
 * place for drafts. Write one, and run the kit of `agenity/conformance` on it.
 *
 * **For every member.** Each call is one atomic step on one thread's log, and may be carried out late, twice, or never: none of them
 * breaks the log then. A log and a head may vanish at any time, but for a log that holds drafts. Times are the hot log's own, in
 * milliseconds, with fractions; no clock of a caller is ever compared with them. Errors are thrown as they come: the engine turns them into
 * reads from the cold store. Nothing waits for longer than the timeout that the hot log was made with.
 *
 * A log **has drafts** if and only if it holds more than its first entry and its last one is not the stamp (by version and write id). With
 * drafts it never expires and is told by `drafts()`; without, it lives as long as `lifeMs` says.
 */
export interface HotLog {
  /**
   * Connects, and checks that what the options promise can be kept. Safe to call again.
   * @param keepsDrafts - whether drafts will be written: a store that may evict them is refused
   * @throws InvalidConfigError naming the setting of the store that must be changed
   */
  setup(keepsDrafts: boolean): Promise<void>;

  /** Gives up what the hot log made itself; what it was lent stays open. Called once. */
  release(): Promise<void>;

  /** The latest moment of this log's clock that is certainly past, without asking; null: nobody has answered yet. */
  past(key: HotKey): HotInstant | null;

  /**
   * What is there of a thread. Told that the caller holds `known`, it answers only that this is current where it is; else the head, and the
   * entries past `known` if the log contains it, or all of them.
   *
   * Current means: the log's end was `known` when the head was last written, the stamp is in the log or is `known`, and the head was known
   * to be the head less than `maxAgeMs` ago, by this very server, and not before a mark's deadline.
   */
  read(key: HotKey, known: KnownEnd | null, maxAgeMs: number): Promise<HotView>;

  /**
   * Says that a commit may be under way until `untilMs` (a deadline, not a duration; null: no time is known yet, so {@link MARK_MS} from when
   * this is carried out): until *tell* brings the commit with this write id, nothing is trusted that was learnt before the deadline. Of several
   * marks the latest deadline counts, and only the newest one can be cleared: that leads back to the deadlines of the others, which one write
   * cannot answer for. So a writer's death costs trust until its own deadline, however many others write meanwhile. The same mark again is
   * one mark, with the later deadline. Makes or prolongs the head.
   */
  mark(key: HotKey, writeId: string, untilMs: number | null): Promise<void>;

  /** Takes back the mark of a commit that was refused, if it is the newest one: what is left is the deadline of the others. */
  unmark(key: HotKey, writeId: string): Promise<void>;

  /**
   * Says that a stamp was the head at `news.since` or later. Does nothing (`"old"`) if the stamp is older than the stored one, or equal in
   * incarnation and version with another write id, unless the stored one is exactly `news.seen`: then the cold store has lost what we knew, and
   * the stamp falls. (Equal with another write id and not `seen`: stamp and log are forgotten, unless there are drafts; nobody can say which of
   * the two histories is lost. A mark stays: its commit is still under way.)
   *
   * Else stores the stamp and the owner; clears the newest mark if its writer is the stamp's write id; and
   * - trust: if the stamp was stored already and its `by` is ours, the moment of knowledge rises to `news.since`; otherwise it *becomes*
   *   `news.since` and `by`. If `since` is null, that of another stamp becomes never, and that of the same one stays.
   * - log: `news.entries` that begin with no delta (a snapshot or a clear) and have `after` null replace the log; else, where the log
   *   contains the stamp, nothing (if the stamp fell: where the log ends with it; what stands behind it is lost, and must not become a draft);
   *   where its last entry is `news.after` or one of the entries, the rest is appended; where not, the log is deleted (`"gap"`, but for version
   *   0, to which nothing leads). Entries that do not end with the stamp lead nowhere. A log that had drafts is never deleted or replaced: only
   *   the stamp rises, and where the log does not contain it, the answer is `"drafts"`.
   * - a stamp of version {@link DELETED}: the log is deleted, drafts and all.
   */
  tell(key: HotKey, news: HotNews): Promise<"told" | "gap" | "drafts" | "old">;

  /**
   * Appends a version that the cold store does not have yet. `"ok"`: it is there, now or already. `"conflict"`: its base is in the log, but is
   * not the last entry. `"unknown"`: its base is not in the log. Of a thread that was deleted nothing is, and it may have been made again: only
   * the cold store refuses.
   */
  draft(key: HotKey, entry: HotEntry): Promise<"ok" | "conflict" | "unknown">;

  /**
   * Deletes a log, drafts and all, if its last entry has this write id. The stamp stays, but is not trusted any more: entries that were behind it
   * may be committed, and readers may have answered them. Of a log that is gone, what is left: it is told by `drafts()` no more.
   */
  discard(key: HotKey, writeId: string): Promise<void>;

  /**
   * Says that whoever made a log's drafts is alive and keeps them back: for so long from now its first draft counts as not made yet. Never
   * shortens what was said before. Does nothing where there are no drafts.
   */
  hold(key: HotKey, forMs: number): Promise<void>;

  /** Logs that hold drafts, oldest first, of those whose first draft is `olderThanMs` old or older; at most `limit`. */
  drafts(olderThanMs: number, limit: number): Promise<readonly HotKey[]>;

  /** Calls `listener` when a log has got a new end, in this process or another: a hint that may be missed. Answers how to stop it. */
  watch(key: HotKey, listener: () => void): Promise<() => void>;
}

/** Whose log: a thread's namespace. */
export interface HotKey {
  /** The thread. */
  readonly threadId: AnyId;
  /** The part of the thread whose state is meant. */
  readonly namespace: string;
}

/** A text that stands for one thread's namespace and no other one: 1, 1n and "1" are three threads, and an id may hold anything. */
export function hotKeyText({ threadId, namespace }: HotKey): string {
  return `${typeof threadId} ${namespace.length} ${namespace}${threadId}`;
}

/** A moment of the hot log's clock, and the server whose clock it is. */
export interface HotInstant {
  /** Milliseconds, with fractions. */
  readonly atMs: number;
  /** Names the server's history: another one after a failover. Empty: not known. */
  readonly by: string;
}

/** The last entry that a caller holds. */
export interface KnownEnd {
  /** Its version. */
  readonly version: number;
  /** Its write id. */
  readonly writeId: string;
}

/** How long a commit may be under way, in milliseconds: longer than any statement should take. */
export const MARK_MS = 10_000;

/** The version of a stamp that says: the thread was deleted. Beyond any version. */
export const DELETED = 4_294_967_295;

/** One entry of a hot log. */
export interface HotEntry extends KnownEnd {
  /** The write id of the entry that it stands on; empty: none. */
  readonly after: string;
  /** What `body` holds. */
  readonly kind: EntryKind;
  /** JSON text; null for a clear. */
  readonly body: string | null;
  /** JSON text, kept with the version when the draft is committed; undefined: not a draft's. */
  readonly metadata?: string | undefined;
}

/** An entry as a read shows it: its body parsed, because the log travels as one JSON text. */
export interface SeenEntry extends Omit<HotEntry, "body"> {
  /** The body, parsed; null for a clear. */
  readonly json: unknown;
  /** Bytes of the body as text. */
  readonly bytes: number;
}

/** What a head says. */
export interface HotHead {
  /** The newest committed version that anybody told of; version {@link DELETED}: the thread was deleted. */
  readonly stamp: Stamp;
  /** The thread's owner; null: nobody. */
  readonly owner: AnyId | null;
  /** When the stamp was known to be the head; minus infinity: nobody knows. */
  readonly known: HotInstant;
  /** The latest deadline of a mark that was not cleared: what was known before it is not trusted. It may have passed. 0: none. */
  readonly pendingMs: number;
}

/** What a read shows. */
export interface HotView {
  /** The hot log's time at the read. */
  readonly at: HotInstant;
  /** What the caller holds is the newest, and as fresh as asked: then nothing else is told. */
  readonly current: boolean;
  /** The head; null: none, or `current`. */
  readonly head: HotHead | null;
  /** Entries past what the caller holds, or (`fromStart`) all of the log. */
  readonly entries: readonly SeenEntry[];
  /** Whether `entries` begin with the log's first one. */
  readonly fromStart: boolean;
  /** Whether anything in `entries` needs the codec's care: the text held its tag. */
  readonly tagged: boolean;
}

/** What a process has learnt of a head. */
export interface HotNews {
  /** The head. */
  readonly stamp: Stamp;
  /** The thread's owner; null: nobody. */
  readonly owner: AnyId | null;
  /** The entries that lead to the stamp, in order; may be empty where the stamp has version 0 or {@link DELETED}. */
  readonly entries: readonly HotEntry[];
  /** The write id that the first entry stands on; null: the entries are a whole log. */
  readonly after: string | null;
  /** A moment before the knowledge was gained; null: not known, so nothing is trusted. */
  readonly since: HotInstant | null;
  /** The stamp that our own read showed; null: none was read, or it showed none. */
  readonly seen: Stamp | null;
}
