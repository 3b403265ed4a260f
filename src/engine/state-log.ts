import { randomUUID } from "node:crypto";
import { decodeEntry } from "../log/entry-codec.ts";
import type { Entry, LogState } from "../log/entry.ts";
import { fold, foldAll } from "../log/fold.ts";
import { ConflictError, AccessDeniedError, StorageUnavailableError } from "../model/errors.ts";
import type { Stamp } from "../model/stamp.ts";
import type {
  ColdStore,
  Scope,
  StatePart,
  Tail,
  TailRequest,
  Turn,
  TurnOutcome,
  VersionEntry,
} from "../stores/cold-store.ts";
import type { CallScope } from "./call-scope.ts";
import { GroupQueue } from "./group-queue.ts";
import type { NearCache, NearCopy } from "./near-cache.ts";
import { bytesOf, clearEntry, liveBytesWith, type NextEntry, nextEntry } from "./next-entry.ts";

/** What must stand for a state to be written. */
export type Base =
  /** Exactly this. */
  | { readonly kind: "stamp"; readonly stamp: Stamp }
  /** This version; 0: no state. */
  | { readonly kind: "version"; readonly version: number }
  /** Whatever stands. */
  | { readonly kind: "any" };

/** What a turn brings besides its state. */
export type TurnParts = Pick<Turn, "messages" | "thread">;

/** A state to be written; null: a clear. */
export interface StateTurn {
  /** The captured state. */
  readonly state: LogState | null;
  /** What it is based on. */
  readonly base: Base;
  /** JSON text, kept with the version. */
  readonly metadata: string;
  /** What travels with it. */
  readonly parts: TurnParts;
}

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

/** Nothing besides the state. */
export const noParts: TurnParts = { messages: [], thread: null };

/** How often an overwriting write goes on after somebody was faster. Each time, somebody else made progress. */
const MAX_OVERWRITES = 1_000;

/** Reads heads by folding tails onto near copies, and writes states as the entries that lead from the head to them. */
export class StateLog {
  readonly #store: ColdStore;
  readonly #near: NearCache;
  readonly #commits: GroupQueue<Turn, TurnOutcome>;
  readonly #reads: GroupQueue<TailRequest, Tail>;

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

  /** What this process knows of a head, without asking anybody. */
  near(scope: Scope): NearCopy | null {
    return this.#near.get(scope) ?? null;
  }

  /** The head as it is now; null: this user sees no version. */
  async head(scope: Scope): Promise<NearCopy | null> {
    const near = this.near(scope);
    const tail = await this.#reads.ask(requestOf(scope, near, null));
    if (tail.incarnation === 0) return null;
    const head = foldTail(tail, tail.continues ? near : null);
    if (head === null) this.#near.forget(scope);
    else if (head !== near) this.#near.keep(scope, head);
    return head;
  }

  /** A version as it was; null: there is none; undefined: this user sees no such thread. */
  async version(scope: Scope, version: number): Promise<NearCopy | null | undefined> {
    const near = this.near(scope);
    const known = near !== null && near.stamp.version <= version ? near : null;
    const tail = await this.#reads.ask(requestOf(scope, known, version));
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
    let head = await this.#startingHead(scope, turn.base);
    for (let attempt = 1; ; attempt++) {
      if (turn.state === null && (head === null || head.state === null)) return null;
      const base = baseStamp(turn.base, head);
      const entry = entryTo(turn.state, head, base);
      const outcome = await this.#commitEntry(scope, turn, entry, base);
      if ("stamp" in outcome) return outcome;
      if (turn.base.kind !== "any" || attempt === MAX_OVERWRITES) {
        throw new ConflictError(base?.version ?? 0, outcome.actual);
      }
      head = await this.#headToReplace(scope, turn.base);
    }
  }

  /** Commits a turn that has no state. */
  async commit(scope: CallScope, parts: TurnParts): Promise<void> {
    refuse(await this.#commits.ask(turnOf(scope, parts, randomUUID(), null)));
  }

  /** The head to start from: the near copy, unless it is known not to be what the write is based on. */
  async #startingHead(scope: CallScope, base: Base): Promise<NearCopy | null> {
    const near = this.near(scope);
    if (near !== null && fits(base, near)) return near;
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
      return { stamp: error.stamp, state: {}, logBytes: Number.POSITIVE_INFINITY, liveBytes: 0 };
    }
  }

  async #commitEntry(
    scope: CallScope,
    turn: StateTurn,
    entry: NextEntry,
    base: Stamp | null,
  ): Promise<NearCopy | { readonly actual: number }> {
    const writeId = randomUUID();
    const { kind, body } = entry.stored;
    const state: StatePart = { base, entries: [{ kind, body, writeId, metadata: turn.metadata }] };
    const outcome = await this.#commits.ask(turnOf(scope, turn.parts, writeId, state));
    if (outcome.kind === "conflict") return { actual: outcome.actual };
    const incarnation = refuse(outcome);
    const stamp: Stamp = { incarnation, version: (base?.version ?? 0) + 1, writeId };
    const head: NearCopy = { stamp, state: turn.state, logBytes: entry.logBytes, liveBytes: entry.liveBytes };
    this.#near.keep(scope, head);
    return head;
  }
}

/** The thread's incarnation, of a turn that was committed. */
function refuse(outcome: TurnOutcome): number {
  switch (outcome.kind) {
    case "committed":
      return outcome.incarnation;
    case "denied":
      throw new AccessDeniedError();
    case "failed":
      throw outcome.error;
    case "conflict":
      throw new ConflictError(0, outcome.actual);
  }
}

function foldTail(tail: Tail, near: NearCopy | null): NearCopy | null {
  const last = tail.entries.at(-1);
  if (last === undefined) return near;
  const stamp: Stamp = { incarnation: tail.incarnation, version: last.version, writeId: last.writeId };
  try {
    const entries = tail.entries.map((entry): Entry => decodeEntry(entry));
    const state = foldAll(near?.state ?? null, entries);
    const logBytes = logBytesOf(near?.logBytes ?? 0, tail.entries);
    return {
      stamp,
      state,
      logBytes,
      liveBytes: near === null ? undefined : liveBytesAfter(near, entries, tail.entries),
    };
  } catch (error) {
    throw new UnreadableLogError(stamp, error);
  }
}

/**
 * What is alive after a short tail, so that two processes that take turns on a long conversation never measure it anew. A long one is
 * left to be measured when somebody writes.
 */
function liveBytesAfter(
  near: NearCopy,
  entries: readonly Entry[],
  stored: readonly VersionEntry[],
): number | undefined {
  if (near.liveBytes === undefined || entries.length > 8) return undefined;
  let state = near.state;
  let bytes = near.liveBytes;
  for (const [index, entry] of entries.entries()) {
    bytes = liveBytesWith(state, bytes, entry, bytesOf(stored[index]?.body ?? null));
    state = fold(state, entry);
  }
  return bytes;
}

function logBytesOf(before: number, entries: readonly VersionEntry[]): number {
  let bytes = before;
  for (const entry of entries) bytes = (entry.kind === "delta" ? bytes : 0) + bytesOf(entry.body);
  return bytes;
}

/** What leads to a state; a snapshot, if the head that is known is not what the entry will stand on. */
function entryTo(state: LogState | null, head: NearCopy | null, base: Stamp | null): NextEntry {
  if (state === null) return clearEntry();
  return nextEntry(sameStamp(head?.stamp, base) ? head : null, state);
}

function fits(base: Base, head: NearCopy): boolean {
  if (base.kind === "any") return true;
  if (base.kind === "stamp") return sameStamp(head.stamp, base.stamp);
  return head.stamp.version === base.version || (base.version === 0 && head.state === null);
}

function expectedVersion(base: Base): number {
  if (base.kind === "any") return 0;
  return base.kind === "stamp" ? base.stamp.version : base.version;
}

/** The stamp that the store must find; null: no version. What does not exist is asked for all the same: the store says what is there. */
function baseStamp(base: Base, head: NearCopy | null): Stamp | null {
  if (base.kind === "stamp") return base.stamp;
  if (head !== null) return head.stamp;
  const version = expectedVersion(base);
  return version === 0 ? null : { incarnation: 0, version, writeId: randomUUID() };
}

function sameStamp(one: Stamp | undefined, other: Stamp | null): boolean {
  return one?.version === other?.version && one?.writeId === other?.writeId && one?.incarnation === other?.incarnation;
}

// Written out field by field: spreading costs more than the rest of a call, and these are made for every one.

function turnOf(scope: CallScope, parts: TurnParts, writeId: string, state: StatePart | null): Turn {
  const { threadId, userId, namespace, runId } = scope;
  return { threadId, userId, namespace, runId, writeId, state, messages: parts.messages, thread: parts.thread };
}

function requestOf(scope: Scope, near: NearCopy | null, version: number | null): TailRequest {
  const { threadId, userId, namespace } = scope;
  return { threadId, userId, namespace, known: near === null ? null : near.stamp, version };
}

function turnBytes(turn: Turn): number {
  let bytes = 256;
  for (const entry of turn.state?.entries ?? []) bytes += entry.body?.length ?? 0;
  for (const message of turn.messages) bytes += message.body.length + message.searchText.length;
  return bytes;
}
