import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { LogState } from "../../log/entry.ts";
import type { AnyId } from "../../model/config.ts";
import { ConflictError } from "../../model/errors.ts";
import type { HotEntry, HotInstant } from "../../hot/hot-log.ts";
import type { Tail } from "../../stores/cold-store.ts";
import type { CallScope } from "../call-scope.ts";
import { hotEntry, wholeEntry } from "../hot-entries.ts";
import { foldOnto, weighed } from "../folding.ts";
import type { NearCopy } from "../near-cache.ts";
import { nextEntry } from "../next-entry.ts";
import type { StateLog } from "../state-log.ts";
import { type Base, expectedVersion, fits, noParts, type StateTurn } from "../state-turn.ts";
import type { BackgroundSync } from "./background-sync.ts";
import type { CachedReads } from "./cached-reads.ts";
import type { Floors } from "./floors.ts";
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
  /** Below what is written here, nothing is answered. */
  readonly floors: Floors;
  /** Finds what a draft stands on. */
  readonly reads: CachedReads;
  /** Commits drafts later. */
  readonly sync: BackgroundSync;
}

/** How often an overwriting draft goes on after somebody was faster, and a lost answer is asked for again. */
const MAX_ATTEMPTS = 100;

/** Threads whose run is remembered. To forget one costs a commit. */
const MAX_RUNS = 10_000;

/** A version to be written. */
interface NewDraft {
  /** What it stands on. */
  readonly copy: HotCopy;
  /** It, as it is stored. */
  readonly entry: HotEntry;
  /** It, as it is kept. */
  readonly end: NearCopy;
  /** Whether it is to be committed only when its run ends. */
  readonly isHeld: boolean;
}

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
  async write(scope: CallScope, turn: StateTurn & { readonly state: LogState }, isHeld: boolean): Promise<NearCopy> {
    await this.#parts.log.looks.at(scope.threadId);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const base = await this.#baseOf(scope, turn.base);
      const written =
        "kind" in base
          ? await this.#commit(scope, turn, base)
          : await this.#writeOn(scope, turn, { copy: base, ...nextDraft(base, turn), isHeld });
      if (written !== null) return written;
    }
    throw new ConflictError(0, await this.#headVersion(scope));
  }

  /** What the draft is to stand on; where a draft can stand on nothing, what must stand for it to be committed instead. */
  async #baseOf(scope: CallScope, base: Base): Promise<HotCopy | Base> {
    if (!this.#parts.hot.isOpen) return this.#baseWithoutHotLog(scope, base);
    const held = this.#heldAt(scope, base);
    if (held !== null) return held;
    const newest = await this.#parts.reads.newest(scope, null);
    if (newest === null || newest.end.state === null) return base.kind === "any" ? baseAt(newest) : base;
    if (!fits(base, newest.end)) throw new ConflictError(expectedVersion(base), newest.end.stamp.version);
    return newest;
  }

  /** What overwrites must not pass over what this process has drafted itself. */
  #baseWithoutHotLog(scope: CallScope, base: Base): Base {
    const held = base.kind === "any" ? this.#parts.held.get(scope) : null;
    const isOwn = held !== null && held.drafts.length > 0 && isVisible(scope, held.committed.owner);
    return isOwn ? { kind: "stamp", stamp: held.end.stamp } : base;
  }

  /** What this process holds, if it is exactly what the draft is based on; null: it is not. */
  #heldAt(scope: CallScope, base: Base): HotCopy | null {
    const held = base.kind === "stamp" ? this.#parts.held.get(scope) : null;
    return held !== null && fits(base, held.end) && isVisible(scope, held.committed.owner) ? held : null;
  }

  /** Null: somebody was faster, and what overwrites goes on. */
  async #writeOn(scope: CallScope, turn: StateTurn, draft: NewDraft): Promise<NearCopy | null> {
    const { held, floors, sync } = this.#parts;
    const { copy, entry, end } = draft;
    const outcome = await this.#draft(scope, draft);
    if (outcome === "conflict") {
      // Not forgotten: what was faster may be a draft of this process, which has been acknowledged.
      held.doubt(scope);
      // From here on, nothing older is trusted: a draft that was given up may be in the hot log, and whoever writes anew must not build on it.
      await this.#parts.log.head(scope);
      if (turn.base.kind === "any") return null;
      throw new ConflictError(copy.end.stamp.version, await this.#headVersion(scope));
    }
    if (outcome !== "drafted") return outcome;
    floors.raiseTo(scope, held.keep(scope, { ...copy, drafts: [...copy.drafts, entry], end }, performance.now()));
    sync.schedule(scope, { isHeld: draft.isHeld, writeId: entry.writeId });
    await this.#beginRun(scope);
    return end;
  }

  /** Answers the head where it had to be committed. */
  async #draft(scope: CallScope, draft: NewDraft): Promise<"drafted" | NearCopy | "conflict"> {
    const { hot } = this.#parts;
    // A lost answer is asked for once more: the same draft again is recognised.
    const answer = (await hot.draft(scope, draft.entry)) ?? (await hot.draft(scope, draft.entry));
    if (answer === "ok") return "drafted";
    return answer === undefined ? await this.#commitAll(scope, draft) : await this.#askStore(scope, draft, answer);
  }

  /** Only the cold store refuses: what the hot log does not know may be there. */
  async #askStore(
    scope: CallScope,
    draft: NewDraft,
    answer: "conflict" | "unknown",
  ): Promise<"drafted" | NearCopy | "conflict"> {
    const { hot, log } = this.#parts;
    const { copy, entry } = draft;
    const since = hot.past(scope);
    const tail = await log.tail(scope, copy.committed.stamp);
    if (tail.entries.some(({ writeId }) => writeId === entry.writeId)) return await this.#commitAll(scope, draft);
    const newest = tail.entries.at(-1)?.writeId ?? copy.committed.stamp.writeId;
    const isBehind = answer === "unknown" && tail.continues && newest === copy.end.stamp.writeId;
    if (isBehind) return await this.#draftAgain(scope, draft, { tail, since });
    // Drafts that the hot log has lost, but this process has not: the cold store gets them now.
    return answer === "unknown" && copy.drafts.length > 0 ? await this.#commitAll(scope, draft) : "conflict";
  }

  /** The hot log is behind, or was emptied: it is told what it needs, and asked again. */
  async #draftAgain(
    scope: CallScope,
    draft: NewDraft,
    { tail, since }: { readonly tail: Tail; readonly since: HotInstant | null },
  ): Promise<"drafted" | NearCopy | "conflict"> {
    const { hot } = this.#parts;
    const head = foldOnto(draft.copy.committed, tail.entries.map(weighed), tail) ?? draft.copy.committed;
    const news = { stamp: head.stamp, owner: tail.owner, entries: [wholeEntry(head)], after: null, since, seen: null };
    await hot.tell(scope, news);
    if ((await hot.draft(scope, draft.entry)) === "ok") return "drafted";
    return await this.#commitAll(scope, draft);
  }

  /** Commits a draft, and those that it stands on. */
  async #commitAll(scope: CallScope, { copy, entry, end }: NewDraft): Promise<NearCopy | "conflict"> {
    const chain = { base: copy.committed.stamp, entries: [...copy.drafts, entry] };
    const outcome = await this.#parts.log.writeChain(scope, chain, end, noParts);
    return "actual" in outcome ? "conflict" : outcome;
  }

  /** Null: somebody was faster, and what overwrites goes on; his drafts must not be passed over. */
  async #commit(scope: CallScope, turn: StateTurn, base: Base): Promise<NearCopy | null> {
    try {
      const head = await this.#parts.log.write(scope, { ...turn, base });
      if (head === null) throw new Error("only a clear may find nothing to write");
      return head;
    } catch (error) {
      if (!(error instanceof ConflictError) || turn.base.kind !== "any") throw error;
      if (base.kind === "stamp") this.#parts.held.giveUp(scope, base.stamp);
      return null;
    }
  }

  /** The first draft of a run is committed at once: whoever asks the thread's run to stop must mean this one. */
  async #beginRun(scope: CallScope): Promise<void> {
    const { threadId, runId } = scope;
    if (runId === null || this.#runs.get(threadId) === runId) return;
    try {
      await this.#parts.sync.flush(scope, runId);
      this.#runs.set(threadId, runId);
    } catch {
      // The draft stands in any case; the run's next one tries again.
    }
  }

  async #headVersion(scope: CallScope): Promise<number> {
    return (await this.#parts.reads.newest(scope, null))?.end.stamp.version ?? 0;
  }
}

/** What stands, so that an overwriting commit is refused where somebody has written, or drafted, since. */
function baseAt(newest: HotCopy | null): Base {
  return newest === null ? { kind: "version", version: 0 } : { kind: "stamp", stamp: newest.end.stamp };
}

function nextDraft(base: HotCopy, turn: StateTurn & { readonly state: LogState }): Pick<NewDraft, "entry" | "end"> {
  const { stamp } = base.end;
  const next = nextEntry(base.end, turn.state);
  const entry = hotEntry(next, stamp, randomUUID(), turn.metadata);
  const { version, writeId } = entry;
  const { logBytes, liveBytes } = next;
  const owner = base.committed.owner;
  const end: NearCopy = { stamp: { ...stamp, version, writeId }, owner, state: turn.state, logBytes, liveBytes };
  return { entry, end };
}
