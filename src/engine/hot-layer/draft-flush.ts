import { createHash } from "node:crypto";
import type { AnyId } from "../../model/config.ts";
import type { Stamp } from "../../model/stamp.ts";
import type { ColdStore, Scope, Tail } from "../../stores/cold-store.ts";
import { DELETED, type HotEntry, type HotKey, type HotView, type SeenEntry } from "../../hot/hot-log.ts";
import type { CallScope } from "../call-scope.ts";
import { noParts, type StateLog } from "../state-log.ts";
import type { GuardedHotLog } from "./guarded-hot-log.ts";
import type { HeldCopies } from "./held-copies.ts";
import type { HotEvents } from "./hot-events.ts";

/** What flushing works with. */
export interface DraftFlushParts {
  /** The truth. */
  readonly store: ColdStore;
  /** Commits versions. */
  readonly log: StateLog;
  /** Where the drafts are. */
  readonly hot: GuardedHotLog;
  /** What this process holds: its own drafts are there even if the hot log is away. */
  readonly held: HeldCopies;
  /** Where conflicts are reported. */
  readonly events: HotEvents;
}

/** How often a log is looked at again before it is left to the next flush: each time, somebody else was at work on it. */
const ROUNDS = 20;

/**
 * Commits the drafts of one log. Needs no lock: any number may flush the same log, since each draft keeps its version and its write id, and
 * whoever comes second finds what the first has written.
 */
export class DraftFlush {
  readonly #parts: DraftFlushParts;

  constructor(parts: DraftFlushParts) {
    this.#parts = parts;
  }

  /**
   * Flushes a log; true: there are no drafts in it any more.
   * @param runId - the run that made the newest draft; null: not known
   * @throws what the cold store failed with
   */
  async flush(key: HotKey, runId: string | null = null): Promise<boolean> {
    const scope: CallScope = { threadId: key.threadId, namespace: key.namespace, userId: null, runId };
    for (let round = 0; round < ROUNDS; round++) {
      const view = await this.#parts.hot.read(key, null, 0);
      if (view === undefined) return await this.#commitHeld(scope);
      // All behind the first entry, not only what is past the stamp: a stamp that rose over a lost chain hides its beginning.
      const chain = view.entries.slice(1).map(textOf);
      const [first] = view.entries;
      if (first === undefined || chain.length === 0 || isSettled(view)) return true;
      if (!(await this.#step(scope, view, first, chain))) return false;
    }
    return false;
  }

  /** The hot log is away, perhaps for good. What is committed now is recognised in it later; so the log is not done with. */
  async #commitHeld(scope: CallScope): Promise<false> {
    const copy = this.#parts.held.get(scope);
    if (copy === null || copy.drafts.length === 0) return false;
    await this.#parts.log.commitChain(scope, { base: copy.committed.stamp, entries: copy.drafts }, noParts);
    return false;
  }

  /** One step; after each, everything is asked again. False: nothing more can be done. */
  async #step(scope: CallScope, view: HotView, first: SeenEntry, chain: readonly HotEntry[]): Promise<boolean> {
    const { log, hot } = this.#parts;
    const whole = await log.tail(scope, null);
    const incarnation = view.head?.stamp.incarnation ?? whole.incarnation;
    if (whole.incarnation === 0 || whole.incarnation !== incarnation) {
      await this.#drop(scope, view, incarnation);
      return true;
    }
    const anchor: Stamp = { incarnation, version: first.version, writeId: first.writeId };
    const tail = await log.tail(scope, anchor);
    const there = new Set(tail.entries.map(({ writeId }) => writeId));
    const open = chain.slice(chain.findLastIndex(({ writeId }) => there.has(writeId)) + 1);
    const [firstOpen] = open;
    const head = tail.entries.at(-1) ?? first;
    if (tail.continues && firstOpen === undefined) {
      const stamp: Stamp = { incarnation, version: head.version, writeId: head.writeId };
      const entries = withAfter(tail, first.writeId);
      const news = {
        stamp,
        owner: tail.owner,
        entries,
        after: first.writeId,
        since: view.at,
        seen: view.head?.stamp ?? null,
      };
      await hot.tell(scope, news);
      return true;
    }
    if (tail.continues && firstOpen?.after === head.writeId) {
      const base: Stamp = { incarnation, version: head.version, writeId: head.writeId };
      await log.commitChain(scope, { base, entries: open }, noParts);
      return true;
    }
    return await this.#save(scope, chain, open.length > 0 ? open : chain);
  }

  /** The thread was deleted: nothing of it comes back. */
  async #drop(scope: Scope, view: HotView, incarnation: number): Promise<void> {
    const deletion = await this.#parts.store.findDeletion(scope.threadId);
    const writeId = deletion?.incarnation === incarnation ? deletion.writeId : "";
    const stamp: Stamp = { incarnation, version: DELETED, writeId };
    await this.#parts.hot.tell(scope, { stamp, owner: null, entries: [], after: null, since: view.at, seen: null });
  }

  /** Somebody else built on what the drafts stand on: the head stands, and they become a thread of their own, named by the first of them. */
  async #save(scope: CallScope, chain: readonly HotEntry[], open: readonly HotEntry[]): Promise<boolean> {
    const { store, log, hot, events } = this.#parts;
    const [first] = open;
    const last = chain.at(-1);
    if (first === undefined || last === undefined) return false;
    const target: CallScope = { ...scope, threadId: forkName(scope.threadId, first.writeId) };
    const base = first.version - 1;
    await store.forkThread({ from: scope, to: target.threadId, owner: null, version: base, writeId: first.writeId });
    const tail = await log.tail(target, null);
    const at = tail.entries.find(({ version }) => version === base) ?? (await this.#entryAt(target, base));
    if (tail.incarnation > 0 && at !== undefined && at.writeId === first.after) {
      const stamp: Stamp = { incarnation: tail.incarnation, version: base, writeId: at.writeId };
      const outcome = await log.commitChain(target, { base: stamp, entries: open }, noParts);
      if ("actual" in outcome) return false;
    } else if (tail.incarnation > 0) {
      // The base is lost with a tail of the database: nothing can be made of these deltas there. They stay where they are.
      events.report("flushFailure", { threadId: String(scope.threadId) });
      return false;
    }
    events.report("draftConflict", { threadId: String(scope.threadId), savedAs: String(target.threadId) });
    await hot.discard(scope, last.writeId);
    return true;
  }

  async #entryAt(scope: Scope, version: number): Promise<Tail["entries"][number] | undefined> {
    const [tail] = await this.#parts.store.read([{ ...scope, known: null, version }]);
    return tail?.entries.at(-1);
  }
}

/** The last entry is the stamp: everything is committed. */
function isSettled(view: HotView): boolean {
  const last = view.entries.at(-1);
  const stamp = view.head?.stamp;
  return last !== undefined && stamp?.version === last.version && stamp.writeId === last.writeId;
}

function textOf({ version, writeId, after, kind, json, metadata }: SeenEntry): HotEntry {
  return { version, writeId, after, kind, body: kind === "clear" ? null : JSON.stringify(json), metadata };
}

function withAfter(tail: Tail, first: string): HotEntry[] {
  let after = first;
  return tail.entries.map(({ version, writeId, kind, body }) => {
    const entry: HotEntry = { version, writeId, after, kind, body };
    after = writeId;
    return entry;
  });
}

/** The same for whoever saves them, so that two flushers save one thread. Ids that are numbers have no room for a name: theirs are below 0. */
function forkName(threadId: AnyId, writeId: string): AnyId {
  if (typeof threadId === "string") return `${threadId.slice(0, 400)}~${writeId}`;
  const digest = createHash("sha256").update(`${threadId} ${writeId}`).digest();
  return typeof threadId === "number"
    ? -1 - (digest.readUInt32BE() & 0x3f_ff_ff_ff)
    : -1n - (digest.readBigUInt64BE() >> 2n);
}
