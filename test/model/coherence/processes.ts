import type { World } from "./configuration.ts";
import { execute } from "./scripts.ts";
import { compare, isAtLeast, isGone, isInHistory, isState, lastOf, nameOf, rowOf } from "./stamps.ts";
import {
  ABSENT,
  copyOf,
  DELETED,
  fail,
  HEAD,
  MIXTURE,
  NONE,
  rest,
  type Command,
  type Process,
  type Row,
  type State,
  type WriteId,
} from "./state.ts";

/** Puts a command on its way; more of them than the world has room for are lost. */
export function send(world: World, state: State, command: Command): void {
  if (state.commands.length < world.inFlight) state.commands.push(command);
}

/** The *mark* of a write, or the *unmark* of one that was refused. */
export function markOf(script: "mark" | "unmark", write: WriteId): Command {
  return { script, stamp: NONE, after: NONE, r0: 0, by: 0, seen: NONE, write, isHeld: false };
}

/** Read, steps 1 and 2: what the script shows a process, and whether it may answer that. */
export interface Look {
  readonly result: WriteId;
  readonly isTrusted: boolean;
}

/** Reads from Redis. */
export function look(world: World, state: State, process: Process): Look {
  const { stamp, until, log } = state.redis;
  const result = isGone(state, stamp) ? stamp : fold(world, state, process.near);
  const isTrusted =
    stamp !== NONE &&
    until > 0 &&
    (until <= world.trustTicks || world.broken.noUpper) &&
    isResultRight(world, state, result, log) &&
    isGrantValid(world, state) &&
    reachesFloor(world, state, process, result);
  return { result, isTrusted };
}

/** Near copy and the entries past it by stream id, which is a version and knows no incarnation; the chain is checked. */
function fold(world: World, state: State, near: WriteId): WriteId {
  let result = near;
  for (const [index, entry] of state.redis.log.entries()) {
    const { version, isSnapshot, after } = rowOf(state, entry);
    if (isState(result) && version <= rowOf(state, result).version) continue;
    if (index === 0 || isSnapshot || result === after) result = entry;
    else return world.broken.noChainCheck ? MIXTURE : NONE;
  }
  return result;
}

function isResultRight(world: World, state: State, result: WriteId, log: readonly WriteId[]): boolean {
  const { stamp } = state.redis;
  if (result === MIXTURE || result === stamp) return true;
  if (world.broken.resultAtLeast) return result !== NONE && isAtLeast(world, state, result, stamp);
  return world.broken.emptyTrusted && log.length === 0 && result !== NONE;
}

function isGrantValid({ broken, trustTicks }: World, { redis, replicationId }: State): boolean {
  if (redis.by !== replicationId && !broken.noBy) return false;
  if (broken.noMark) return true;
  return broken.markByNow ? redis.pending <= 0 : redis.until - trustTicks >= redis.pending;
}

function reachesFloor(world: World, state: State, { floor, early }: Process, result: WriteId): boolean {
  const { broken, trustTicks } = world;
  if (floor === NONE) {
    return broken.noEarlyRule || state.redis.until - trustTicks > early - (broken.earlyLow ? 1 : 0);
  }
  return result === MIXTURE || broken.noFloors || isAtLeast(world, state, result, floor);
}

/** Read, step 3: what the process has seen in Redis while it asks PostgreSQL. */
export function beginRead(state: State, process: Process, result: WriteId): void {
  process.operation = "read";
  process.r0 = 0;
  process.by = state.replicationId;
  process.seen = state.redis.stamp;
  process.result = result;
  process.reaches = result !== NONE && lastOf(state.redis.log) === result;
}

/** Read, step 3: PostgreSQL answers. Gives what Redis is told. */
export function validate(world: World, state: State, process: Process): Command {
  const { broken } = world;
  const { result, seen } = process;
  const head = broken.noTombstone && isGone(state, state.head) ? ABSENT : state.head;
  const isSameIncarnation = isState(result) && rowOf(state, result).incarnation === rowOf(state, head).incarnation;
  const isContained = isState(result) && isInHistory(state, result, head);
  const isRollback = isBelowKnowledge(world, state, process, head) || (isSameIncarnation && !isContained);
  // What PostgreSQL adds leads on only within one incarnation: a stream's ids are versions, which start again.
  const leadsOn = isContained && (isSameIncarnation || broken.acrossIncarnations) && process.reaches;
  const told = tellHead(world, state, process, { script: leadsOn ? "advance" : "replace", stamp: head, write: head });
  told.seen = seen;
  if (leadsOn) told.after = result;
  answer(world, state, process, { stamp: head, isCached: false, isRollback });
  rest(process);
  return told;
}

function isBelowKnowledge(world: World, state: State, { seen, floor }: Process, head: WriteId): boolean {
  if (!isAtLeast(world, state, head, seen)) return true;
  return !world.broken.floorsNotCompared && !isAtLeast(world, state, head, floor);
}

/** "This was the head at r0 or later." */
function tellHead(
  { broken }: World,
  state: State,
  process: Process,
  { script, stamp, write }: Pick<Command, "script" | "stamp" | "write">,
): Command {
  const by = broken.byAtSend ? state.replicationId : process.by;
  return { script, stamp, after: NONE, r0: process.r0, by, seen: NONE, write, isHeld: broken.r0Late };
}

/** What a reader gets. */
export interface Answer {
  readonly stamp: WriteId;
  /** Whether it comes from the cache, unasked. */
  readonly isCached: boolean;
  /** Whether it comes with the report of a rollback. */
  readonly isRollback: boolean;
}

/** A process answers, and everything that is promised about that is checked. */
export function answer(world: World, state: State, process: Process, given: Answer): void {
  const { stamp, isCached, isRollback } = given;
  if (stamp === MIXTURE) return fail(state, "P2: answers a mixture of two histories");
  const what = nameOf(state, stamp);
  if (rowOf(state, stamp).isMisapplied) return fail(state, `P2: answers ${what}, a delta on another base`);
  checkBound(world, state, stamp);
  if (isCached && !state.isTainted && compare(world, state, stamp, state.promised) < 0) {
    fail(state, `Z: answers ${what} though Redis was told of, or marked for, ${nameOf(state, state.promised)}`);
  }
  const mayStepBack = state.hasLostTail && process.floor === NONE;
  if (!isRollback && !mayStepBack && !isAtLeast(world, state, stamp, process.last)) {
    fail(
      state,
      `P3: answers ${what} after this process answered or wrote ${nameOf(state, process.last)}, and reports nothing`,
    );
  }
  if (isRollback && !state.hasLostTail) {
    fail(
      state,
      `P4: reports a rollback (answers ${what}, saw ${nameOf(state, process.seen)}) though PostgreSQL lost nothing`,
    );
  }
  remember(world, state, process, stamp);
}

function checkBound(world: World, state: State, stamp: WriteId): void {
  const age = isGone(state, stamp) && isGone(state, state.head) ? HEAD : rowOf(state, stamp).age;
  const bound = world.trustTicks + state.slack;
  if (age === HEAD || age < bound) return;
  const what = nameOf(state, stamp);
  fail(
    state,
    `P1: answers ${what}, which has not been the head for the last ${bound} ticks; the head is ${nameOf(state, state.head)}`,
  );
}

/** A process without memory stands for any number of them: each of its operations is another one's first. */
function remember(world: World, state: State, process: Process, stamp: WriteId): void {
  if (world.processes[process.role]?.includes("m") !== true) return;
  process.near = isGone(state, stamp) ? NONE : stamp;
  process.floor = process.last = stamp;
  process.floorAge = 0;
}

/** P5: whether the cache serves again after two undisturbed validations. */
export function settles(world: World, state: State, index: number): boolean {
  const calm = copyOf(state);
  const process = calm.processes[index];
  if (process === undefined) return false;
  for (let round = 0; round < 3; round++) {
    const { result, isTrusted } = look(world, calm, process);
    if (isTrusted) return true;
    beginRead(calm, process, result);
    let command: Command | undefined = validate(world, calm, process);
    while (command !== undefined) command = execute(world, calm, command);
  }
  return false;
}

/** The statement of a write executes: it commits and tells Redis, or is refused and takes its mark back. */
export function commit(world: World, state: State, process: Process): void {
  const { write, operation } = process;
  const after = state.head;
  if (isRefused(world, state, process)) {
    if (!world.broken.noUnmark) send(world, state, markOf("unmark", write));
    rest(process);
    return;
  }
  state.rows = state.rows.map((row, stamp) => {
    if (stamp === write) return newRow(state, process);
    return stamp === after && row.age === HEAD ? { ...row, age: 0 } : row;
  });
  state.head = write;
  // Its mark has arrived in time: nobody may miss this commit, even if nobody lives to tell.
  if (process.isMarked && process.r0 + world.statementTicks > 0 && !state.isTainted) state.promised = write;
  const script = operation === "delete" ? "replace" : "advance";
  send(world, state, { ...tellHead(world, state, process, { script, stamp: write, write }), after });
  remember(world, state, process, write);
  rest(process);
}

function isRefused(world: World, state: State, { operation, base }: Process): boolean {
  const { head } = state;
  if (operation === "delete") return isGone(state, head);
  if (operation !== "write" || base === head) return false;
  return !world.broken.casByVersion || isGone(state, base) || compare(world, state, base, head) !== 0;
}

function newRow(state: State, { operation, base }: Process): Row {
  const after = state.head;
  const { incarnation, version } = rowOf(state, after);
  const isNew = isGone(state, after);
  return {
    incarnation: isNew ? incarnation + 1 : incarnation,
    version: operation === "delete" ? DELETED : isNew ? 1 : version + 1,
    after,
    isSnapshot: isNew || operation !== "write",
    isMisapplied: operation === "write" && base !== after,
    age: HEAD,
  };
}
