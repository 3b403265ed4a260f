import { fold, hasDrafts } from "./redis.ts";
import { baseOf, forkCount, headOf, writeOf, type Redis, type State, type World, type WriteId } from "./state.ts";

/** A write is a delta, so a sequence means something only if each was based on the one before. */
function isChain(state: State, writes: readonly WriteId[]): boolean {
  return writes.every((write, index) => index === 0 || baseOf(state, write) === writes[index - 1]);
}

/** Whether what a reader folds is a mixture; says so, or nothing. */
export function mixtureOf(world: World, state: State, redis: Redis, version: number): string | undefined {
  const folded = fold(world, state, redis, version);
  if (folded === undefined) return undefined;
  const writes = [...state.rows.slice(0, version + 1), ...folded.drafts];
  return isChain(state, writes) ? undefined : `a reader folds ${writes.join()}`;
}

/** Whether there is a draft that is neither committed nor saved. */
export function hasUndone(state: State): boolean {
  return state.redis.log.slice(1).some((write) => !state.rows.includes(write) && forkCount(state, write) === 0);
}

/** What does not hold at this moment, of all that must. */
export function faultOf(world: World, state: State): string | undefined {
  return (
    mixtureIn(state) ??
    draftFault(state) ??
    refusalFault(state) ??
    hiddenFault(world, state) ??
    orderFault(state) ??
    mixtureOf(world, state, state.redis, state.redis.stamp)
  );
}

function mixtureIn(state: State): string | undefined {
  if (!isChain(state, state.rows)) {
    return `the history ${state.rows.join()} has a write that was not based on its predecessor`;
  }
  const fork = state.forks.find((each) => !isChain(state, each));
  return fork === undefined ? undefined : `the fork ${fork.join()} is a mixture`;
}

/** Every draft that Redis ever appended is in one place, and in one only. */
function draftFault(state: State): string | undefined {
  for (const write of state.acknowledged) {
    const forks = forkCount(state, write);
    const isCommitted = state.rows.includes(write);
    if (forks + Number(isCommitted) > 1)
      return `draft ${write} is ${isCommitted ? "in the history and in a fork" : "in two forks"}`;
    const isSomewhere = isCommitted || forks > 0 || state.redis.log.includes(write);
    if (!isSomewhere && !state.lost.includes(write) && !state.isDeleted) return `draft ${write} is lost`;
  }
  return undefined;
}

function refusalFault({ lost, isDeleted, refused, rows }: State): string | undefined {
  if (lost.length > 0 || isDeleted) return undefined;
  const write = refused.find((each) => rows.includes(each));
  return write === undefined
    ? undefined
    : `the writer of ${write} was told ConflictError, but ${write} is in the history`;
}

function hiddenFault(world: World, state: State): string | undefined {
  const { redis } = state;
  if (redis.isDirty) return undefined;
  const isHidden = hasUndone(state) || (redis.stamp >= 0 && hasDrafts(world, state, redis));
  return isHidden ? "there is a draft, but the thread is not in dirty: nobody will find it" : undefined;
}

/** Never back in time: who saw a draft must not take a version without it, on the draft's own chain, for a newer one. */
function orderFault(state: State): string | undefined {
  const head = headOf(state);
  for (const write of state.acknowledged) {
    let base = write;
    while (base !== "" && base !== writeOf(state, head)) base = baseOf(state, base);
    const number = state.promised[write] ?? 0;
    if (base !== "" && !state.rows.includes(write) && head >= number) {
      return `draft ${write} was version ${number}; version ${head} is not older and does not contain it`;
    }
  }
  return undefined;
}
