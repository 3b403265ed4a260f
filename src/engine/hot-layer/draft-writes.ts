import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { AnyId } from "../../model/config.ts";
import { ConflictError } from "../../model/errors.ts";
import { sameStamp, type Stamp } from "../../model/stamp.ts";
import type { HotEntry } from "../../hot/hot-log.ts";
import type { CallScope } from "../call-scope.ts";
import { foldOnto, weighed } from "../folding.ts";
import type { NearCopy } from "../near-cache.ts";
import { nextEntry } from "../next-entry.ts";
import { type Base, hotEntry, type StateLog, type StateTurn } from "../state-log.ts";
import type { BackgroundSync } from "./background-sync.ts";
import { type CachedReads, wholeEntry } from "./cached-reads.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import type { HeldCopies } from "./held-copies.ts";
import { type HotCopy, isVisible } from "./hot-copy.ts";

/** What draft writes work with. */
export interface DraftWritesParts {
  /** Commits what cannot be a draft. */
  readonly log: StateLog;
  /** Where drafts go. */
  readonly hot: GuardedHotLog;
  /** What this process holds. */
  readonly held: HeldCopies;
  /** Finds what a draft stands on. */
  readonly reads: CachedReads;
  /** Commits drafts later. */
  readonly sync: BackgroundSync;
}

/** How often an overwriting draft goes on after somebody was faster, and a lost answer is asked for again. */
const MAX_ATTEMPTS = 100;

/** Threads whose run is remembered. To forget one costs a commit. */
const MAX_RUNS = 10_000;

/** Writes versions that the cold store gets later. */
export class DraftWrites {
  readonly #parts: DraftWritesParts;
  /** The run that drafted last, by thread. */
  readonly #runs = new LRUCache<AnyId, string>({ max: MAX_RUNS });

  constructor(parts: DraftWritesParts) {
    this.#parts = parts;
  }

  /**
   * Writes a draft; or commits it, where there is no state yet to stand on, or the hot log does not answer.
   * @param isHeld - whether it is to be committed only when its run ends
   * @throws ConflictError if somebody was faster
   */
  async write(scope: CallScope, turn: StateTurn & { readonly state: object }, isHeld: boolean): Promise<NearCopy> {
    await this.#parts.log.looks.at(scope.threadId);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const base = await this.#baseOf(scope, turn.base);
      if ("kind" in base) {
        const committed = await this.#commit(scope, turn, base);
        if (committed !== null) return committed;
        continue;
      }
      const next = nextEntry(base.end, turn.state as Record<string, unknown>);
      const entry = hotEntry(next, base.end.stamp, randomUUID(), turn.metadata);
      const stamp: Stamp = { incarnation: base.end.stamp.incarnation, version: entry.version, writeId: entry.writeId };
      const { logBytes, liveBytes } = next;
      const end: NearCopy = {
        stamp,
        owner: base.committed.owner,
        state: turn.state as NearCopy["state"],
        logBytes,
        liveBytes,
      };
      switch (await this.#draft(scope, base, entry)) {
        case "drafted":
          this.#parts.held.keep(scope, { ...base, drafts: [...base.drafts, entry], end }, performance.now());
          this.#parts.sync.schedule(scope, isHeld, scope.runId);
          await this.#beginRun(scope);
          return end;
        case "committed":
          this.#parts.log.keep(scope, end);
          return end;
        case "conflict":
          this.#parts.held.forget(scope);
          if (turn.base.kind !== "any") throw new ConflictError(base.end.stamp.version, await this.#headVersion(scope));
      }
    }
    throw new ConflictError(0, await this.#headVersion(scope));
  }

  /** What the draft is to stand on; where a draft can stand on nothing, what must stand for it to be committed instead. */
  async #baseOf(scope: CallScope, base: Base): Promise<HotCopy | Base> {
    if (!this.#parts.hot.isOpen) return base;
    const held = this.#parts.held.get(scope);
    if (held !== null && base.kind === "stamp" && sameStamp(held.end.stamp, base.stamp)) {
      if (isVisible(scope, held.committed.owner)) return held;
    }
    const newest = await this.#parts.reads.newest(scope, null);
    if (newest === null || newest.end.state === null) return base.kind === "any" ? baseAt(newest) : base;
    if (base.kind === "any") return newest;
    const fits =
      base.kind === "stamp" ? sameStamp(newest.end.stamp, base.stamp) : newest.end.stamp.version === base.version;
    if (!fits)
      throw new ConflictError(base.kind === "stamp" ? base.stamp.version : base.version, newest.end.stamp.version);
    return newest;
  }

  /** Only the cold store refuses: what the hot log does not know may be there. */
  async #draft(scope: CallScope, base: HotCopy, entry: HotEntry): Promise<"drafted" | "committed" | "conflict"> {
    const { hot, log } = this.#parts;
    // A lost answer is asked for once more: the same draft again is recognised.
    const answer = (await hot.draft(scope, entry)) ?? (await hot.draft(scope, entry));
    if (answer === "ok") return "drafted";
    const chain = { base: base.committed.stamp, entries: [...base.drafts, entry] };
    if (answer === undefined) return await this.#commitChain(scope, chain);
    const tail = await log.tail(scope, base.committed.stamp);
    if (tail.entries.some(({ writeId }) => writeId === entry.writeId)) return "committed";
    const newest = tail.entries.at(-1)?.writeId ?? base.committed.stamp.writeId;
    if (answer === "unknown" && tail.continues && newest === base.end.stamp.writeId) {
      // Redis is behind, or was emptied: it is told what it needs, and asked again.
      const head =
        tail.entries.length === 0 ? base.committed : foldOnto(base.committed, tail.entries.map(weighed), tail);
      if (head !== null) {
        const news = { stamp: head.stamp, owner: tail.owner, entries: [wholeEntry(head)], after: null };
        await hot.tell(scope, { ...news, since: hot.past(scope), seen: null });
        if ((await hot.draft(scope, entry)) === "ok") return "drafted";
      }
      return await this.#commitChain(scope, { base: head?.stamp ?? base.committed.stamp, entries: [entry] });
    }
    // Drafts that the hot log has lost, but this process has not: the cold store gets them now.
    if (answer === "unknown" && base.drafts.length > 0) return await this.#commitChain(scope, chain);
    return "conflict";
  }

  async #commitChain(
    scope: CallScope,
    chain: { readonly base: Stamp; readonly entries: readonly HotEntry[] },
  ): Promise<"committed" | "conflict"> {
    const outcome = await this.#parts.log.commitChain(scope, chain, { messages: [], thread: null });
    return "actual" in outcome ? "conflict" : "committed";
  }

  /** Null: somebody was faster, and what overwrites goes on; his drafts must not be passed over. */
  async #commit(scope: CallScope, turn: StateTurn, base: Base): Promise<NearCopy | null> {
    try {
      const head = await this.#parts.log.write(scope, { ...turn, base });
      if (head === null) throw new Error("only a clear may find nothing to write");
      return head;
    } catch (error) {
      if (error instanceof ConflictError && turn.base.kind === "any") return null;
      throw error;
    }
  }

  /** The first draft of a run is committed at once: whoever asks the thread's run to stop must mean this one. */
  async #beginRun(scope: CallScope): Promise<void> {
    const { threadId, runId } = scope;
    if (runId === null || this.#runs.get(threadId) === runId) return;
    this.#runs.set(threadId, runId);
    // The draft stands in any case; it is committed later where that fails.
    await this.#parts.sync.flush(scope).catch(() => {});
  }

  async #headVersion(scope: CallScope): Promise<number> {
    return (await this.#parts.reads.newest(scope, null))?.end.stamp.version ?? 0;
  }
}

/** What stands, so that an overwriting commit is refused where somebody has written, or drafted, since. */
function baseAt(newest: HotCopy | null): Base {
  return newest === null ? { kind: "version", version: 0 } : { kind: "stamp", stamp: newest.end.stamp };
}
