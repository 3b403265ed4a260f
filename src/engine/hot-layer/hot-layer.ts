import { DELETED, type HotEntry, type HotInstant, type HotLog, MARK_MS } from "../../hot/hot-log.ts";
import { sameStamp, type Stamp } from "../../model/stamp.ts";
import type { HotLayerHealth } from "../../model/health.ts";
import type { ColdStore, DeletedThread, Scope, Tail } from "../../stores/cold-store.ts";
import type { CallScope } from "../call-scope.ts";
import type { NearCopy } from "../near-cache.ts";
import type { CommitFollower, CommitUnderWay, FollowedCommit } from "../commit-follower.ts";
import { hotEntriesOf, wholeEntry } from "../hot-entries.ts";
import type { StateLog } from "../state-log.ts";
import type { StateTurn } from "../state-turn.ts";
import { BackgroundSync } from "./background-sync.ts";
import { CachedReads } from "./cached-reads.ts";
import { DraftFlush } from "./draft-flush.ts";
import { DraftWrites } from "./draft-writes.ts";
import { Floors } from "./floors.ts";
import { GuardedHotLog } from "./guarded-hot-log.ts";
import { HeldCopies } from "./held-copies.ts";
import { type HotCopy, isVisible, withoutDrafts } from "./hot-copy.ts";
import { HotEvents } from "./hot-events.ts";

/** How the hot layer behaves; every value is checked and has its default already. */
export interface HotLayerOptions {
  /** How long a cached answer may be trusted, in milliseconds: `maxStalenessMs`, but never longer than `cacheTtl`. */
  readonly maxAgeMs: number;
  /** How long a copy in this process is answered without asking anybody, in milliseconds. */
  readonly nearTtlMs: number;
  /** Most copies in this process. */
  readonly maxCachedThreads: number;
  /** Most bytes of JSON text that the copies with drafts in this process stand for. */
  readonly maxCachedBytes: number;
  /** Whether drafts are written. */
  readonly keepsDrafts: boolean;
}

/** The head of a thread, and what leads to it. */
export interface WarmHead {
  /** Whose state. */
  readonly scope: Scope;
  /** The whole log. */
  readonly tail: Tail;
  /** It, folded. */
  readonly head: NearCopy | null;
}

/** The moment before a question to the cold store. */
export interface Asking {
  /** The server that answered for the hot log then; empty: not known, or there are several. */
  readonly by: string;
  /** When, on this process's own clock, in milliseconds. */
  readonly ownMs: number;
}

/** How long a write waits for the hot log to hear of it, in milliseconds. Beyond that, the mark or the deadline makes readers look. */
const TELL_MS = 30;

/**
 * Drafts that follow one another within `delayMs` travel in one turn; those of others are taken over when they are a little older. A process
 * may miss two rounds before others take it for dead, and with it the run that its drafts wait for.
 */
const SYNC_TIMES = { delayMs: 50, everyMs: 5_000, takeOverMs: 3_000, holdMs: 15_000 } as const;

/** The hot log's place in the engine: follows commits, answers cached reads, takes drafts, and brings them to the cold store. */
export class HotLayer implements CommitFollower {
  /** What happened. */
  readonly events: HotEvents;
  readonly #options: HotLayerOptions;
  readonly #log: HotLog;
  readonly #hot: GuardedHotLog;
  readonly #held: HeldCopies;
  readonly #floors: Floors;
  readonly #reads: CachedReads;
  readonly #drafts: DraftWrites;
  readonly #sync: BackgroundSync;
  /** What the hot log is being told of, and nobody waits for. */
  readonly #tellings = new Set<Promise<void>>();

  constructor(parts: { hotLog: HotLog; store: ColdStore; log: StateLog }, options: HotLayerOptions) {
    const { store, log } = parts;
    this.#options = options;
    this.#log = parts.hotLog;
    const events = new HotEvents();
    const hot = new GuardedHotLog(parts.hotLog, events);
    const held = new HeldCopies(log, options);
    const floors = new Floors(options.maxAgeMs);
    this.events = events;
    this.#hot = hot;
    this.#held = held;
    this.#floors = floors;
    this.#reads = new CachedReads({ store, log, hot, held, floors, events, maxAgeMs: options.maxAgeMs });
    this.#sync = new BackgroundSync(
      { flusher: new DraftFlush({ store, log, hot, held, events }), hot, events },
      SYNC_TIMES,
    );
    this.#drafts = new DraftWrites({ log, hot, held, floors, reads: this.#reads, sync: this.#sync });
    log.follow(this);
  }

  /** @throws InvalidConfigError where the hot log cannot keep what the options promise */
  async setup(): Promise<void> {
    await this.#log.setup(this.#options.keepsDrafts);
    this.#sync.start();
  }

  /** Commits this process's drafts, and lets go of the hot log. */
  async release(): Promise<void> {
    await this.#sync.stop();
    await within(TELL_MS, Promise.all(this.#tellings));
    await this.#log.release();
  }

  /** The newest state, drafts included, as fresh as the options say; null: this user sees none. */
  async newest(scope: Scope, atLeast: Stamp | null): Promise<NearCopy | null> {
    return (await this.#reads.newest(scope, atLeast))?.end ?? null;
  }

  /** Writes a draft, or commits where none can be made. */
  draft(scope: CallScope, turn: StateTurn & { readonly state: object }, isHeld: boolean): Promise<NearCopy> {
    return this.#drafts.write(scope, turn, isHeld);
  }

  /** What this process holds of a state, without asking anybody; null: nothing. */
  held(scope: Scope): NearCopy | null {
    return this.#held.get(scope)?.end ?? null;
  }

  /** Whether this is the newest that this process holds of a state, drafts included. */
  isEnd(scope: Scope, stamp: Stamp): boolean {
    return sameStamp(this.#held.get(scope)?.end.stamp, stamp);
  }

  /**
   * Commits the drafts of a state, before the database is asked for it or something else is done with it: those of this process; and, where
   * drafts are the rule, those of others too. @throws what the cold store failed with
   */
  async settle(scope: Scope): Promise<void> {
    if (this.#sync.hasOwn(scope)) return await this.#sync.flush(scope);
    if (!this.#options.keepsDrafts) return;
    const newest = await this.#reads.newest(scope, null);
    if (newest !== null && newest.drafts.length > 0) await this.#sync.flush(scope);
  }

  /** The same for all namespaces of a thread: of drafts of this process, all; of others', those of the namespace that is meant. */
  async settleThread(scope: Scope): Promise<void> {
    await Promise.all(this.#sync.ownOf(scope.threadId).map((key) => this.#sync.flush(key)));
    await this.settle(scope);
  }

  /** Commits all drafts of this process, before the database is asked about many threads. */
  async settleOwn(): Promise<void> {
    await this.#sync.flushOwn();
  }

  /** To be called before the cold store is asked for threads that are not known yet. */
  asking(): Asking {
    return { by: this.#hot.past({ threadId: "", namespace: "" })?.by ?? "", ownMs: performance.now() };
  }

  /** Tells the hot log whole states, all at once. */
  async warm(heads: readonly WarmHead[], asking: Asking): Promise<void> {
    const tellings = heads.map(async ({ scope, tail, head }) => {
      if (head === null) return;
      this.#floors.raise(scope, head.stamp);
      const entries = hotEntriesOf(tail, "");
      const since = this.#since(scope, asking);
      await this.#hot.tell(scope, { stamp: head.stamp, owner: tail.owner, entries, after: null, since, seen: null });
    });
    await Promise.all(tellings);
  }

  /** How the hot layer is, for `health()`. */
  health(): HotLayerHealth {
    return {
      isOpen: this.#hot.isOpen,
      pendingDraftCount: this.#sync.pendingCount,
      failureCount: this.events.count("failure"),
      damagedCount: this.events.count("damaged"),
      flushFailureCount: this.events.count("flushFailure"),
      draftConflictCount: this.events.count("draftConflict"),
      rollbackCount: this.events.count("rollback"),
    };
  }

  /** Calls `listener` when a state may have changed. Undefined: nobody can tell. */
  watch(scope: Scope, listener: () => void): Promise<(() => void) | undefined> {
    return this.#hot.watch(scope, listener);
  }

  begin(scope: Scope, writeId: string): CommitUnderWay {
    const since = this.#hot.past(scope);
    const underWay: CommitUnderWay = { since, beganMs: performance.now(), isMarked: false };
    void this.#mark(scope, writeId, underWay);
    return underWay;
  }

  refused(scope: Scope, writeId: string): void {
    void this.#hot.unmark(scope, writeId);
  }

  seen(scope: Scope, stamp: Stamp): void {
    this.#floors.raise(scope, stamp);
  }

  async committed(scope: Scope, { base, entries, head }: FollowedCommit, underWay: CommitUnderWay): Promise<void> {
    this.#floors.raise(scope, head.stamp);
    this.#held.keep(scope, withoutDrafts(head), underWay.beganMs);
    this.#sync.committed(scope, entries);
    // The application may write a thread without knowing its owner; then readers look for themselves.
    if (head.owner === undefined) return;
    const { since } = underWay;
    await this.#toldOf(underWay, this.#tell(scope, head, { entries, after: base?.writeId ?? null, since }));
  }

  async draftsUpTo(scope: Scope, stamp: Stamp): Promise<HotCopy | null> {
    const held = this.#held.get(scope) ?? (await this.#reads.newest(scope, null));
    if (held === null || !isVisible(scope, held.committed.owner)) return null;
    const found = cutAt(held, stamp);
    if (found !== null || held.drafts.length > 0) return found;
    const newest = await this.#reads.newest(scope, null);
    return newest === null ? null : cutAt(newest, stamp);
  }

  /** A thread was deleted, with the states of all its namespaces. */
  async deleted(scope: Scope, thread: DeletedThread, writeId: string, underWay: CommitUnderWay): Promise<void> {
    const { since } = underWay;
    const stamp: Stamp = { incarnation: thread.incarnation, version: DELETED, writeId };
    const namespaces = new Set([scope.namespace, ...thread.namespaces]);
    const tellings = [...namespaces].map(async (namespace) => {
      const one: Scope = { ...scope, namespace };
      this.#floors.raise(one, stamp);
      this.#held.forget(one);
      await this.#hot.tell(one, { stamp, owner: null, entries: [], after: null, since, seen: null });
    });
    await within(TELL_MS, Promise.all(tellings));
  }

  /** Threads may be on servers with clocks of their own. What is said before a failover, another server must not be believed to have heard. */
  #since(scope: Scope, { by, ownMs }: Asking): HotInstant | null {
    const past = this.#hot.past(scope);
    return past?.by === by ? { atMs: past.atMs - (performance.now() - ownMs), by } : null;
  }

  async #mark(scope: Scope, writeId: string, underWay: CommitUnderWay): Promise<void> {
    const { since } = underWay;
    underWay.isMarked = await this.#hot.mark(scope, writeId, since === null ? null : since.atMs + MARK_MS);
  }

  /**
   * While a mark stands, readers look for themselves, so the writer need not wait until they are told. Drafts heed no marks: where they are the
   * rule, one on the head that was would be taken, and become a fork.
   */
  async #toldOf({ isMarked, beganMs }: CommitUnderWay, telling: Promise<void>): Promise<void> {
    const isWarned = isMarked && performance.now() - beganMs < MARK_MS / 2;
    if (!isWarned || this.#options.keepsDrafts) return await within(TELL_MS, telling);
    this.#tellings.add(telling);
    void telling.then(() => this.#tellings.delete(telling));
  }

  async #tell(
    scope: Scope,
    head: NearCopy,
    told: { readonly entries: readonly HotEntry[]; readonly after: string | null; readonly since: HotInstant | null },
  ): Promise<void> {
    const news = { stamp: head.stamp, owner: head.owner ?? null, since: told.since, seen: null };
    const isWhole = told.entries.length === 1 && told.entries[0]?.kind !== "delta";
    const answer = await this.#hot.tell(scope, { ...news, entries: told.entries, after: isWhole ? null : told.after });
    if (answer === "gap") await this.#hot.tell(scope, { ...news, entries: [wholeEntry(head)], after: null });
    if (answer === "drafts") this.#sync.met(scope);
  }
}

/** The part of a copy that ends with a draft; null: it does not, or the stamp is no draft's. */
function cutAt(copy: HotCopy, stamp: Stamp): HotCopy | null {
  return copy.drafts.length > 0 && sameStamp(copy.end.stamp, stamp) ? copy : null;
}

/** Waits for something for so long at most. It never fails. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
