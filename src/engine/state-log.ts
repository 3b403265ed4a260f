import { randomUUID } from "node:crypto";
import type { HotEntry } from "../hot/hot-log.ts";
import { AccessDeniedError, ConflictError, RunLostError, StorageUnavailableError } from "../model/errors.ts";
import { sameStamp, type Stamp } from "../model/stamp.ts";
import type { ColdStore, Scope, StatePart, Tail, TailRequest, Turn, TurnOutcome } from "../stores/cold-store.ts";
import type { CallScope } from "./call-scope.ts";
import type { CommitFollower, CommitUnderWay } from "./commit-follower.ts";
import { FirstLooks } from "./first-looks.ts";
import { foldOnto, weighed } from "./folding.ts";
import { GroupQueue } from "./group-queue.ts";
import { hotEntry, openBehind } from "./hot-entries.ts";
import type { HotCopy } from "./hot-layer/hot-copy.ts";
import type { NearCache, NearCopy } from "./near-cache.ts";
import { clearEntry, type NextEntry, nextEntry } from "./next-entry.ts";
import { type Base, baseStamp, expectedVersion, fits, stands, type StateTurn, type TurnParts } from "./state-turn.ts";

/** The log of a state is damaged. Carries the stamp of its head, on which a repair can be written. */
class UnreadableLogError extends StorageUnavailableError {
  readonly stamp: Stamp;

  constructor(stamp: Stamp, cause: unknown) {
    // The cause may quote the state, so only its class is told.
    const name = cause instanceof Error ? cause.name : "an unknown error";
    super(
      `the stored log of this thread's state cannot be read (${name}); repairState() rebuilds the state from its messages`,
      { retryable: false },
    );
    this.name = "StorageUnavailableError";
    this.stamp = stamp;
  }
}

/** How often an overwriting write goes on after somebody was faster. Each time, somebody else made progress. */
const MAX_OVERWRITES = 1_000;

/** Reads heads by folding tails onto near copies, and writes states as the entries that lead from the head to them. */
export class StateLog {
  readonly #store: ColdStore;
  readonly #near: NearCache;
  /** What this process writes waits for those. */
  readonly looks: FirstLooks = new FirstLooks();
  readonly #commits: GroupQueue<Turn, TurnOutcome>;
  readonly #reads: GroupQueue<TailRequest, Tail>;
  #follower: CommitFollower | null = null;

  constructor(store: ColdStore, near: NearCache) {
    this.#store = store;
    this.#near = near;
    const isBusy = (): boolean => this.#store.isBusy();
    this.#commits = new GroupQueue({
      send: (turns) => this.#store.commit(turns),
      isBusy,
      weigh: turnBytes,
      keyOf: (turn) => turn.threadId,
    });
    this.#reads = new GroupQueue({ send: (requests) => this.#store.read(requests), isBusy, weigh: () => 64 });
  }

  /** From now on, somebody follows what is committed. */
  follow(follower: CommitFollower): void {
    this.#follower = follower;
  }

  /** What this process knows of a head, without asking anybody. */
  near(scope: Scope): NearCopy | null {
    return this.#near.get(scope) ?? null;
  }

  /** Keeps what is known of a head. */
  keep(scope: Scope, head: NearCopy): void {
    this.#near.keep(scope, head);
  }

  /** What leads from a stamp to the head. */
  tail(scope: Scope, known: Stamp | null): Promise<Tail> {
    return this.#reads.ask(requestOf(scope, known, null));
  }

  /** The head as it is now; null: this user sees no version. */
  async head(scope: Scope): Promise<NearCopy | null> {
    const near = this.near(scope);
    const head = this.headFrom(scope, near, await this.tail(scope, near?.stamp ?? null));
    if (head !== null) this.#follower?.seen(scope, head.stamp);
    return head;
  }

  /** The head that a tail leads to, which is kept; null: this user sees no version. */
  headFrom(scope: Scope, near: NearCopy | null, tail: Tail): NearCopy | null {
    if (tail.incarnation === 0) return null;
    const head = foldTail(tail, tail.continues ? near : null);
    // What the store does not have any more must not stand in the way of what it has.
    if (head === null || (near !== null && !tail.continues)) this.#near.forget(scope);
    if (head !== null && head !== this.near(scope)) this.#near.keep(scope, head);
    return head;
  }

  /** The head of a whole log, which is kept; undefined: it cannot be read, as whoever asks for it is told. */
  readableHead(scope: Scope, tail: Tail): NearCopy | null | undefined {
    try {
      return this.headFrom(scope, null, tail);
    } catch (error) {
      if (error instanceof UnreadableLogError) return undefined;
      throw error;
    }
  }

  /** A version as it was; null: there is none; undefined: this user sees no such thread. */
  async version(scope: Scope, version: number): Promise<NearCopy | null | undefined> {
    const near = this.near(scope);
    const known = near !== null && near.stamp.version <= version ? near : null;
    const tail = await this.#reads.ask(requestOf(scope, known?.stamp ?? null, version));
    if (tail.incarnation === 0) return undefined;
    const found = foldTail(tail, tail.continues ? known : null);
    return found?.stamp.version === version ? found : null;
  }

  /**
   * Commits a turn that has a state.
   * @returns the new head; null: a clear found no state to end
   * @throws ConflictError, AccessDeniedError, or what the store failed with
   */
  async write(scope: CallScope, turn: StateTurn): Promise<NearCopy | null> {
    const drafted = await this.#draftsUnder(scope, turn.base);
    if (drafted !== null) return await this.#writeOnDrafts(scope, turn, drafted);
    let head = await this.#startingHead(scope, turn);
    for (let attempt = 1; ; attempt++) {
      if (turn.state === null && (head === null || head.state === null)) return null;
      const outcome = await this.#commitOn(scope, turn, head);
      if ("stamp" in outcome) return outcome;
      if (turn.base.kind === "stamp" || attempt === MAX_OVERWRITES) {
        throw new ConflictError(outcome.expected, outcome.actual);
      }
      head = await this.#headToReplace(scope, turn.base);
      // A version that was asked for may stand after all: what was known of it was of another life.
      if (!stands(turn.base, head)) throw new ConflictError(expectedVersion(turn.base), head?.stamp.version ?? 0);
    }
  }

  /** Commits a turn that has no state. */
  async commit(scope: CallScope, parts: TurnParts): Promise<void> {
    incarnationOf(await this.#ask(turnOf(scope, parts, randomUUID(), null)));
  }

  /**
   * Commits versions that stand on one another, all or none, as far as the store does not have them yet: some, or all, may have been committed
   * by somebody else, under the same write ids.
   *
   * @returns the thread's incarnation; or, of a conflict, the version that stands
   */
  async commitChain(
    scope: CallScope,
    chain: { readonly base: Stamp; readonly entries: readonly HotEntry[] },
    parts: TurnParts,
  ): Promise<{ readonly incarnation: number } | { readonly actual: number }> {
    let { base, entries: open } = chain;
    for (;;) {
      const last = open.at(-1);
      if (last === undefined) return { incarnation: base.incarnation };
      const state: StatePart = { base, entries: open.map(newEntry) };
      const outcome = await this.#ask(turnOf(scope, parts, last.writeId, state));
      if (outcome.kind !== "conflict") return { incarnation: incarnationOf(outcome) };
      const tail = await this.tail(scope, base);
      const rest = tail.continues ? openBehind(tail, open) : open;
      const reached = open[open.length - rest.length - 1];
      if (reached === undefined) return { actual: outcome.actual };
      base = { incarnation: tail.incarnation, version: reached.version, writeId: reached.writeId };
      open = rest;
    }
  }

  /**
   * As {@link commitChain}, of what this process writes: it is kept, and whoever follows is told.
   * @param end - what the chain leads to
   * @returns the new head; or, of a conflict, the version that stands
   */
  async writeChain(
    scope: CallScope,
    chain: { readonly base: Stamp; readonly entries: readonly HotEntry[] },
    end: NearCopy,
    parts: TurnParts,
  ): Promise<NearCopy | { readonly actual: number }> {
    const { version, writeId } = end.stamp;
    const underWay = this.#follower?.begin(scope, writeId);
    const outcome = await this.commitChain(scope, chain, parts);
    if ("actual" in outcome) {
      this.#follower?.refused(scope, writeId);
      return outcome;
    }
    const head: NearCopy = { ...end, stamp: { incarnation: outcome.incarnation, version, writeId } };
    this.#near.keep(scope, head);
    if (underWay !== undefined) await this.#follower?.committed(scope, { ...chain, head }, underWay);
    return head;
  }

  #ask(turn: Turn): Promise<TurnOutcome> {
    const look = this.looks.at(turn.threadId);
    return look === undefined ? this.#commits.ask(turn) : look.then(() => this.#commits.ask(turn));
  }

  /** The head to start from: the near copy, unless it is known not to be what the write is based on. */
  async #startingHead(scope: CallScope, { base, state }: StateTurn): Promise<NearCopy | null> {
    const near = this.near(scope);
    // Where a clear finds none to end, it writes nothing, so that the store would not refuse what is out of date.
    const endsNothing = state === null && near?.state === null;
    if (near !== null && fits(base, near) && !endsNothing) return near;
    const head = await this.#headToReplace(scope, base);
    // Somebody who sees no head may be looking at another user's thread, which only the store may tell him.
    if (head !== null && !fits(base, head)) throw new ConflictError(expectedVersion(base), head.stamp.version);
    return head;
  }

  /** Who overwrites need not be able to read what stands: a snapshot on top of a damaged log repairs it. */
  async #headToReplace(scope: CallScope, base: Base): Promise<NearCopy | null> {
    try {
      return await this.head(scope);
    } catch (error) {
      if (base.kind !== "any" || !(error instanceof UnreadableLogError)) throw error;
      const owner = scope.userId ?? undefined;
      return { stamp: error.stamp, owner, state: {}, logBytes: Number.POSITIVE_INFINITY, liveBytes: 0 };
    }
  }

  async #draftsUnder(scope: CallScope, base: Base): Promise<HotCopy | null> {
    if (this.#follower === null || base.kind !== "stamp") return null;
    if (sameStamp(this.near(scope)?.stamp, base.stamp)) return null;
    return await this.#follower.draftsUpTo(scope, base.stamp);
  }

  /** The drafts that a state was built on are committed in its own turn, before it. */
  async #writeOnDrafts(scope: CallScope, turn: StateTurn, drafted: HotCopy): Promise<NearCopy | null> {
    const { end, committed, drafts } = drafted;
    if (turn.state === null && end.state === null) return null;
    const next = turn.state === null ? clearEntry() : nextEntry(end, turn.state);
    const entry = hotEntry(next, end.stamp, randomUUID(), turn.metadata);
    const { version, writeId } = entry;
    const { logBytes, liveBytes } = next;
    const stamp: Stamp = { incarnation: committed.stamp.incarnation, version, writeId };
    const made: NearCopy = { stamp, owner: committed.owner, state: turn.state, logBytes, liveBytes };
    const outcome = await this.writeChain(
      scope,
      { base: committed.stamp, entries: [...drafts, entry] },
      made,
      turn.parts,
    );
    if ("actual" in outcome) throw new ConflictError(end.stamp.version, outcome.actual);
    return outcome;
  }

  /** Commits a state as what leads to it from a head; a snapshot, if that head is not known to be what the write stands on. */
  async #commitOn(
    scope: CallScope,
    turn: StateTurn,
    head: NearCopy | null,
  ): Promise<NearCopy | { readonly expected: number; readonly actual: number }> {
    const base = baseStamp(turn.base, head);
    const known = sameStamp(head?.stamp, base) ? head : null;
    const next = turn.state === null ? clearEntry() : nextEntry(known, turn.state);
    const outcome = await this.#commitEntry(scope, turn, next, base);
    if ("actual" in outcome) return { expected: base?.version ?? 0, actual: outcome.actual };
    const { stamp, underWay } = outcome;
    // Of his own thread, the user is the owner; the application may write another's.
    const owner = scope.userId ?? known?.owner;
    const made: NearCopy = { stamp, owner, state: turn.state, logBytes: next.logBytes, liveBytes: next.liveBytes };
    this.#near.keep(scope, made);
    if (underWay !== undefined) {
      const entries = [hotEntry(next, base, stamp.writeId)];
      await this.#follower?.committed(scope, { base, entries, head: made }, underWay);
    }
    return made;
  }

  async #commitEntry(
    scope: CallScope,
    turn: StateTurn,
    next: NextEntry,
    base: Stamp | null,
  ): Promise<{ readonly stamp: Stamp; readonly underWay: CommitUnderWay | undefined } | { readonly actual: number }> {
    const writeId = randomUUID();
    const underWay = this.#follower?.begin(scope, writeId);
    const { kind, body } = next.stored;
    const state: StatePart = { base, entries: [{ kind, body, writeId, metadata: turn.metadata }] };
    const outcome = await this.#ask(turnOf(scope, turn.parts, writeId, state));
    // Of a turn that failed it may not be known whether it was written.
    if (outcome.kind !== "committed" && outcome.kind !== "failed") this.#follower?.refused(scope, writeId);
    if (outcome.kind === "conflict") return { actual: outcome.actual };
    return { stamp: { incarnation: incarnationOf(outcome), version: (base?.version ?? 0) + 1, writeId }, underWay };
  }
}

function newEntry({ kind, body, writeId, metadata }: HotEntry): StatePart["entries"][number] {
  return { kind, body, writeId, metadata: metadata ?? "{}" };
}

/** The thread's incarnation, of a turn that was committed. */
function incarnationOf(outcome: TurnOutcome): number {
  switch (outcome.kind) {
    case "committed":
      return outcome.incarnation;
    case "denied":
      throw new AccessDeniedError();
    case "unleased":
      throw new RunLostError();
    case "failed":
      throw outcome.error;
    case "conflict":
      throw new ConflictError(0, outcome.actual);
  }
}

function foldTail(tail: Tail, near: NearCopy | null): NearCopy | null {
  const last = tail.entries.at(-1);
  if (last === undefined) return near;
  try {
    return foldOnto(near, tail.entries.map(weighed), tail);
  } catch (error) {
    throw new UnreadableLogError(
      { incarnation: tail.incarnation, version: last.version, writeId: last.writeId },
      error,
    );
  }
}

// Written out field by field: spreading costs more than the rest of a call, and these are made for every one.

function turnOf(scope: CallScope, parts: TurnParts, writeId: string, state: StatePart | null): Turn {
  const { threadId, userId, namespace, runId, lease } = scope;
  const { messages, thread } = parts;
  return { threadId, userId, namespace, runId, lease, writeId, state, messages, thread };
}

function requestOf(scope: Scope, known: Stamp | null, version: number | null): TailRequest {
  const { threadId, userId, namespace } = scope;
  return { threadId, userId, namespace, known, version };
}

function turnBytes(turn: Turn): number {
  let bytes = 256;
  for (const entry of turn.state?.entries ?? []) bytes += entry.body?.length ?? 0;
  for (const message of turn.messages) bytes += message.body.length + message.searchText.length;
  return bytes;
}
