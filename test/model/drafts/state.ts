import type { Checked } from "../explorer.ts";
import type { Configuration } from "./configuration.ts";
import type { Broken } from "./rules.ts";

// There is no clock here: late means at any later time. States are written as JSON, which keeps null, but not undefined.

/** The write id of an entry: `o` for the version that is there when it begins, or one of the writes. */
export type WriteId = string;

/** The version that is there when it begins. */
export const ORIGIN: WriteId = "o";
const writes = ["a1", "a2", "b1", "s", "g"] as const;

/** What is sent, to Redis or (*commit*, *fork*) to PostgreSQL. */
export type Command =
  | { readonly script: "draft"; readonly write: WriteId; readonly base: WriteId }
  /** "This version was the head, and the entries behind `after` lead to it." */
  | { readonly script: "advance"; readonly after: number; readonly version: number }
  | { readonly script: "replace"; readonly version: number }
  | { readonly script: "discard"; readonly write: WriteId }
  | { readonly script: "drop" }
  | { readonly script: "commit"; readonly base: number; readonly writes: readonly WriteId[] }
  /** Saves what is missing of a chain of drafts. */
  | { readonly script: "fork"; readonly chain: readonly WriteId[]; readonly missing: readonly WriteId[] };

/** What Redis holds of the thread. */
export interface Redis {
  /** The version of the log's first entry, a snapshot. */
  first: number;
  /** The entries; those that PostgreSQL does not have are drafts. */
  log: WriteId[];
  /** The version of the stamp; -1 where the head is gone. */
  stamp: number;
  /** Whether the thread stands in `dirty`. */
  isDirty: boolean;
  /** Whether the stamp is that of a delete. */
  isDropped: boolean;
}

/** Who takes part. */
type Kind = "writer A" | "writer B" | "a flusher" | "the sync writer" | "the foreign writer" | "a reader";

/** How far a process has come. One that takes no further step has died. */
type Stage = "idle" | "reading" | "ready" | "planning" | "sending" | "unanswered" | "refused";

/** A process, with what it has in hand. */
export interface Process {
  readonly kind: Kind;
  stage: Stage;
  /** The drafts that it found, or builds on. */
  drafts: readonly WriteId[];
  /** The newest write of the state in its hand. */
  base: WriteId;
  /** What it is about to send, or to send again. */
  command: Command | null;
  /** How many writes it has still to make. */
  left: number;
  /** Whether a refusal came because Redis did not know the base. */
  isUnknown: boolean;
  /** What a slow reader saw in Redis. */
  shown: Redis | null;
}

/** All of it, at one moment. */
export interface State extends Checked {
  /** What each write was based on, once it has begun. Every entry carries it. */
  readonly after: Readonly<Record<WriteId, WriteId>>;
  /** The version that each draft was acknowledged as. */
  readonly promised: Readonly<Record<WriteId, number>>;
  /** PostgreSQL's versions by number: the write that each added. */
  rows: readonly WriteId[];
  isDeleted: boolean;
  forks: readonly (readonly WriteId[])[];
  /** The drafts that Redis ever appended, whether the answer came or not. */
  acknowledged: readonly WriteId[];
  /** The drafts that may be lost: a replica that took over had not received them. */
  lost: readonly WriteId[];
  /** The writes whose writers were told ConflictError. */
  refused: readonly WriteId[];
  redis: Redis;
  /** A replica that has stopped following. */
  replica: Redis | null;
  /** Commands that execute later. */
  late: readonly Command[];
  lateLeft: number;
  evictionsLeft: number;
  failoversLeft: number;
  deletionsLeft: number;
  processes: Process[];
}

/** A configuration, and the rules that are broken in it. */
export interface World {
  readonly configuration: Configuration;
  /** The rules that do not hold. */
  readonly broken: Broken;
  /** Whether `dirty` is written in steps of its own: two of the broken rules. */
  readonly isDirtyApart: boolean;
}

/** Where every run begins. */
export function initialState({ configuration }: World): State {
  const { draftsOfA, draftsOfB, flushers, syncWriters, foreignWriters, readers } = configuration;
  const team = (kind: Kind, count: number, left: number): Process[] =>
    Array.from({ length: count }, () => newProcess(kind, left));
  return {
    violation: undefined,
    after: Object.fromEntries(writes.map((write) => [write, ""])),
    promised: Object.fromEntries(writes.map((write) => [write, 0])),
    rows: [ORIGIN],
    isDeleted: false,
    forks: [],
    acknowledged: [],
    lost: [],
    refused: [],
    redis: { first: 0, log: [ORIGIN], stamp: 0, isDirty: false, isDropped: false },
    replica: null,
    late: [],
    lateLeft: configuration.late,
    evictionsLeft: configuration.evictions,
    failoversLeft: configuration.failovers,
    deletionsLeft: configuration.deletions,
    processes: [
      ...team("writer A", Math.min(draftsOfA, 1), draftsOfA),
      ...team("writer B", Math.min(draftsOfB, 1), draftsOfB),
      ...team("a flusher", flushers, 0),
      ...team("the sync writer", syncWriters, 1),
      ...team("the foreign writer", foreignWriters, 1),
      ...team("a reader", readers, 0),
    ],
  };
}

function newProcess(kind: Kind, left: number): Process {
  const empty = { drafts: [], base: "", command: null, isUnknown: false, shown: null };
  return { kind, stage: "idle", left, ...empty };
}

/** It has nothing in hand any more. */
export function rest(process: Process): void {
  process.stage = "idle";
  process.drafts = [];
  process.base = "";
  process.command = null;
  process.isUnknown = false;
  process.shown = null;
}

/** A state that can be changed without changing this one. What is read-only is replaced, never changed. */
export function copyOf(state: State): State {
  return { ...state, redis: copyOfRedis(state.redis), processes: state.processes.map((process) => ({ ...process })) };
}

/** The same for Redis alone. */
export function copyOfRedis(redis: Redis): Redis {
  return { ...redis, log: redis.log.slice() };
}

/** A list with one more, once, in order. */
export function withOne(list: readonly WriteId[], write: WriteId): readonly WriteId[] {
  return list.includes(write) ? list : [...list, write].sort();
}

/** The first thing that goes wrong in a step counts. */
export function fail(state: State, violation: string): void {
  state.violation ??= violation;
}

/** What a write was based on. */
export function baseOf(state: State, write: WriteId): WriteId {
  return state.after[write] ?? "";
}

/** PostgreSQL's head, by its version. */
export function headOf(state: State): number {
  return state.rows.length - 1;
}

/** The write id of a version. */
export function writeOf(state: State, version: number): WriteId {
  return state.rows[version] ?? "";
}

/** How many forks hold a write. */
export function forkCount(state: State, write: WriteId): number {
  return state.forks.filter((fork) => fork.includes(write)).length;
}
