import { createHash, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { HotEntry } from "../../hot/hot-log.ts";
import type { AnyId } from "../../model/config.ts";
import type { Stamp } from "../../model/stamp.ts";
import type { ColdStore, ForkOutcome, ForkRequest, Scope } from "../../stores/cold-store.ts";
import type { CallScope } from "../call-scope.ts";
import { foldOnto, weighed } from "../folding.ts";
import type { StateLog } from "../state-log.ts";
import { noParts } from "../state-turn.ts";
import { wholeEntry } from "../hot-entries.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import type { HotEvents } from "./hot-events.ts";

/** What saving works with. */
export interface DraftSavesParts {
  /** The truth. */
  readonly store: ColdStore;
  /** Commits versions. */
  readonly log: StateLog;
  /** Where the drafts are. */
  readonly hot: GuardedHotLog;
  /** Where it is reported. */
  readonly events: HotEvents;
}

/** Drafts that stand where they cannot be committed. */
export interface StrandedDrafts {
  /** All of the hot log. */
  readonly whole: readonly HotEntry[];
  /** Its end, as far as the cold store does not have it. */
  readonly open: readonly HotEntry[];
  /** The life of the thread that they are known to be of; null: it may be one that had its id before. */
  readonly incarnation: number | null;
}

/** Threads that are remembered as reported. To forget one costs a second report. */
const MAX_REPORTED = 1_000;

/**
 * Saves drafts that somebody else was faster than, or whose base the cold store has lost, as a thread of their own, named by the first of
 * them. Any number may save the same ones: who comes second finds what the first has written.
 */
export class DraftSaves {
  readonly #parts: DraftSavesParts;
  /** Of drafts that cannot be saved, the write id of the last. */
  readonly #reported = new LRUCache<string, true>({ max: MAX_REPORTED });

  constructor(parts: DraftSavesParts) {
    this.#parts = parts;
  }

  /** Saves the drafts of a log, and discards it; true: it is to be looked at again. */
  async save(scope: CallScope, drafts: StrandedDrafts): Promise<boolean> {
    const [first] = drafts.open;
    const last = drafts.whole.at(-1);
    if (first === undefined || last === undefined) return false;
    // A write id that the cold store has proves whose they are.
    const incarnation = drafts.incarnation ?? (await this.#baseOf(scope, first))?.incarnation;
    if (incarnation === undefined) return await this.#giveUp(scope, last);
    const target: CallScope = { ...scope, threadId: forkName(scope.threadId, first.writeId) };
    const outcome = await this.#fork({ from: scope, incarnation, to: target.threadId }, first.version - 1);
    // The thread is deleted, perhaps made anew, which the next look will show.
    if (outcome === "source-missing") return true;
    if (!(await this.#append(target, first, drafts))) return this.leave(scope, last.writeId);
    this.#parts.events.report("draftConflict", { threadId: String(scope.threadId), savedAs: String(target.threadId) });
    await this.#parts.hot.discard(scope, last.writeId);
    return true;
  }

  /** Whether drafts have become a thread of their own; none have nothing to become. */
  async areSaved(scope: Scope, drafts: readonly HotEntry[]): Promise<boolean> {
    const [first] = drafts;
    const last = drafts.at(-1);
    if (first === undefined || last === undefined) return true;
    const target: Scope = { ...scope, threadId: forkName(scope.threadId, first.writeId) };
    // That there is such a thread proves nothing: it is copied first, and whoever copied it may have died before he brought them there.
    const tails = [
      { known: null, version: null },
      { known: null, version: last.version },
    ];
    const found = await this.#parts.store.read(tails.map((tail) => ({ ...target, ...tail })));
    return found.some(({ entries }) => entries.some(({ writeId }) => writeId === last.writeId));
  }

  /** Says once that drafts, known by the write id of the last, stay where they are. */
  leave(scope: Scope, writeId: string): false {
    if (!this.#reported.has(writeId)) {
      this.#reported.set(writeId, true);
      this.#parts.events.report("flushFailure", { threadId: String(scope.threadId) });
    }
    return false;
  }

  /** Of a thread that was deleted nothing comes back; one that the cold store has lost may have been anybody's. */
  async #giveUp(scope: Scope, { writeId }: HotEntry): Promise<boolean> {
    if ((await this.#parts.store.findDeletion(scope.threadId)) === null) return this.leave(scope, writeId);
    await this.#parts.hot.discard(scope, writeId);
    return true;
  }

  /** Copies the thread up to what the drafts stand on; where that is lost, up to what is left. */
  async #fork(copy: Pick<ForkRequest, "from" | "incarnation" | "to">, version: number): Promise<ForkOutcome> {
    const { store, log } = this.#parts;
    // Not by the id of a draft: that would prove, where a reply is lost, that the draft is there, before it is.
    const request = { ...copy, owner: null, writeId: randomUUID() };
    const outcome = await store.forkThread({ ...request, version });
    if (outcome !== "version-missing") return outcome;
    const left = (await log.tail(copy.from, null)).entries.at(-1);
    return left === undefined ? outcome : await store.forkThread({ ...request, version: left.version });
  }

  /** False: it is not possible, or not now. */
  async #append(target: CallScope, first: HotEntry, drafts: StrandedDrafts): Promise<boolean> {
    const base = await this.#baseOf(target, first);
    const chain = base === null ? await this.#withoutBase(target, drafts) : { base, entries: drafts.open };
    if (chain === null) return false;
    const outcome = await this.#parts.log.commitChain(target, chain, noParts);
    return !("actual" in outcome);
  }

  /** The drafts under new numbers, the first of them whole, behind what is left of the thread; null: there is nothing to make them of. */
  async #withoutBase(
    target: Scope,
    { whole, open }: StrandedDrafts,
  ): Promise<{ readonly base: Stamp; readonly entries: readonly HotEntry[] } | null> {
    const { incarnation, entries } = await this.#parts.log.tail(target, null);
    const there = new Map(entries.map((entry) => [entry.writeId, entry]));
    const place = open.findLastIndex(({ writeId }) => there.has(writeId));
    const at = there.get(String(open[place]?.writeId)) ?? entries.at(-1);
    const missing = place < 0 ? beginningWhole(whole, open) : open.slice(place + 1);
    if (at === undefined || missing === null) return null;
    const { version, writeId } = at;
    const renumbered = missing.map((entry, index) => ({ ...entry, version: version + 1 + index }));
    return { base: { incarnation, version, writeId }, entries: renumbered };
  }

  /** What a draft stands on, in a thread; null: that does not have it. */
  async #baseOf(scope: Scope, { version, after }: HotEntry): Promise<Stamp | null> {
    const [tail] = await this.#parts.store.read([{ ...scope, known: null, version: version - 1 }]);
    const last = tail?.entries.at(-1);
    if (tail === undefined || last?.version !== version - 1 || last.writeId !== after) return null;
    return { incarnation: tail.incarnation, version: last.version, writeId: after };
  }
}

/** The open entries, of which the first needs nothing to stand on: it is folded from all that leads to it; null: that is damaged. */
function beginningWhole(whole: readonly HotEntry[], open: readonly HotEntry[]): readonly HotEntry[] | null {
  const [first, ...rest] = open;
  const leading = whole.slice(0, whole.findIndex(({ writeId }) => writeId === first?.writeId) + 1);
  try {
    const head = foldOnto(null, leading.map(weighed), { incarnation: 0, owner: null });
    return head === null ? null : [{ ...wholeEntry(head), metadata: first?.metadata }, ...rest];
  } catch {
    return null;
  }
}

/** The same for whoever saves them, so that two flushers save one thread. Ids that are numbers have no room for a name: theirs are below 0. */
function forkName(threadId: AnyId, writeId: string): AnyId {
  if (typeof threadId === "string") return `${threadId.slice(0, 400)}~${writeId}`;
  const digest = createHash("sha256").update(`${threadId} ${writeId}`).digest();
  return typeof threadId === "number"
    ? -1 - (digest.readUInt32BE() & 0x3f_ff_ff_ff)
    : -1n - (digest.readBigUInt64BE() >> 2n);
}
