import type { Checked } from "../explorer.ts";
import type { World } from "./configuration.ts";

// Time has no end, so every Redis time is kept relative to Redis's now: now is 0, time passing subtracts 1, and what is too long ago to
// matter is cut off. A stamp (i, v, w) is written as its w, which is unique: its row in PostgreSQL has the rest.

/** The write id of a stamp: writes are numbered in the order in which they begin. */
export type WriteId = number;

/** The stamp of a thread that does not exist, (0, 0). */
export const ABSENT: WriteId = 0;
/** No stamp. */
export const NONE: WriteId = 14;
/** What is folded from two histories. */
export const MIXTURE: WriteId = 15;

/** The version ∞ of a delete. */
export const DELETED = 15;
/** Where a row's age would stand: it is the head. */
export const HEAD = 31;

/** A version in PostgreSQL. */
export interface Row {
  readonly incarnation: number;
  readonly version: number;
  /** The version that it follows. */
  readonly after: WriteId;
  readonly isSnapshot: boolean;
  /** A delta that was committed on another base than its own. */
  readonly isMisapplied: boolean;
  /** For how long it has not been the head; `HEAD` while it is. */
  readonly age: number;
}

/** What Redis holds of the thread. */
export interface Redis {
  stamp: WriteId;
  until: number;
  /** The replication id that granted the trust. */
  by: number;
  /** The latest deadline of a mark that was not cleared. */
  pending: number;
  /** Who may clear the newest one. */
  writer: WriteId;
  /** What that leaves: the latest deadline of other writers' marks. */
  others: number;
  /** How many ticks the keys live on at least. */
  life: number;
  log: WriteId[];
}

/** What a process is about. */
export type Operation = "none" | "read" | "write" | "overwrite" | "delete";

/** A process, with what it remembers and the one operation that it has under way. */
export interface Process {
  /** Which of the configuration's processes it is. */
  role: number;
  near: WriteId;
  floor: WriteId;
  floorAge: number;
  /** The one number for all floors that were forgotten early. */
  early: number;
  /** What it answered or wrote last; it is for the check alone. */
  last: WriteId;
  operation: Operation;
  /** The write id of its write. */
  write: WriteId;
  /** What a write builds on. */
  base: WriteId;
  /** Whether Redis has been told of the write by its mark. */
  isMarked: boolean;
  r0: number;
  by: number;
  /** The stamp that the read showed. */
  seen: WriteId;
  /** What the read came to. */
  result: WriteId;
  /** Whether the log reached to the result. */
  reaches: boolean;
}

/** What is sent to Redis. *drop* is a *replace* whose stamp is that of a delete. */
export interface Command {
  script: "mark" | "unmark" | "advance" | "replace";
  stamp: WriteId;
  after: WriteId;
  r0: number;
  by: number;
  seen: WriteId;
  /** The write that it ends, or marks. */
  write: WriteId;
  /** Not sent yet: its time is taken when it is. For a broken rule only. */
  isHeld: boolean;
}

/** All of it, at one moment. */
export interface State extends Checked {
  /** PostgreSQL: the versions by write id, and which of them is the head. */
  rows: readonly Row[];
  head: WriteId;
  nextWrite: WriteId;
  redis: Redis;
  /** A replica that has stopped following. */
  replica: Redis | undefined;
  /** The replication id of the server that is asked. */
  replicationId: number;
  processes: Process[];
  /** Commands in sockets and queues. They execute at any time, in any order, or never. */
  commands: Command[];
  looksLeft: number;
  faultsLeft: number;
  hasLostTail: boolean;
  /** Whether Redis's clock was set back: the bound grows by that. */
  slack: number;
  /** Something has happened that may cost staleness up to the bound. */
  isTainted: boolean;
  /** The newest stamp that no cached answer may fall short of, while nothing of that kind has happened. */
  promised: WriteId;
}

/** A Redis that knows nothing. */
export function emptyRedis(world: World): Redis {
  const { distrusted, longAgo } = world;
  return { stamp: NONE, until: distrusted, by: 0, pending: longAgo, writer: 0, others: longAgo, life: 0, log: [] };
}

/** A process that has just started. */
export function newProcess(world: World, role: number): Process {
  return {
    role,
    near: NONE,
    floor: NONE,
    floorAge: 0,
    early: world.longAgo,
    last: NONE,
    operation: "none",
    write: 0,
    base: NONE,
    isMarked: false,
    r0: 0,
    by: 0,
    seen: NONE,
    result: NONE,
    reaches: false,
  };
}

/** Its operation is over. */
export function rest(process: Process): void {
  process.operation = "none";
  process.write = process.r0 = process.by = 0;
  process.base = process.seen = process.result = NONE;
  process.isMarked = process.reaches = false;
}

/** Where every run begins. */
export function initialState(world: World): State {
  const old = world.trustTicks + 1;
  const unused: Row = { incarnation: 0, version: 0, after: 0, isSnapshot: true, isMisapplied: false, age: old };
  const head = world.exists ? 1 : ABSENT;
  const first: Row = { ...unused, incarnation: head, version: head, age: HEAD };
  const rows = Array.from({ length: world.writes + 2 }, (_, write) => (write === head ? first : unused));
  return {
    violation: undefined,
    rows,
    head,
    nextWrite: head + 1,
    redis: emptyRedis(world),
    replica: undefined,
    replicationId: 0,
    processes: world.processes.map((_, role) => newProcess(world, role)),
    commands: [],
    looksLeft: world.looks,
    faultsLeft: world.faults,
    hasLostTail: false,
    slack: 0,
    isTainted: false,
    promised: ABSENT,
  };
}

/** A state that can be changed without changing this one. Rows are never changed, but replaced. */
export function copyOf(state: State): State {
  return {
    ...state,
    redis: copyOfRedis(state.redis),
    replica: state.replica === undefined ? undefined : copyOfRedis(state.replica),
    processes: state.processes.map((process) => ({ ...process })),
    commands: state.commands.map((command) => ({ ...command })),
  };
}

/** The same for Redis alone. */
export function copyOfRedis(redis: Redis): Redis {
  return { ...redis, log: redis.log.slice() };
}

/** The first thing that goes wrong in a step counts. */
export function fail(state: State, violation: string): void {
  state.violation ??= violation;
}
