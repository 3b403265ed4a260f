import type { World } from "./configuration.ts";
import { compare, isAtLeast, isGone, lastOf, rowOf } from "./stamps.ts";
import { emptyRedis, NONE, type Command, type State, type WriteId } from "./state.ts";

/** Redis executes a command. Answers the command that its answer makes the caller send, if any: after `gap`, a *replace*. */
export function execute(world: World, state: State, command: Command): Command | undefined {
  if (command.script === "mark") {
    mark(world, state, command);
    return undefined;
  }
  endMark(world, state, command.write);
  if (command.script === "unmark" || !mayStore(world, state, command)) return undefined;
  const hasGap = storeEntries(world, state, command);
  grantTrust(world, state, command);
  state.redis.stamp = command.stamp;
  if (world.keyTicks !== undefined) state.redis.life = world.keyTicks;
  if (!state.isTainted && isAtLeast(world, state, command.stamp, state.promised)) state.promised = command.stamp;
  return hasGap ? { ...command, script: "replace" } : undefined;
}

function mark(world: World, state: State, { r0, write }: Command): void {
  const { redis } = state;
  const pending = r0 + world.statementTicks;
  if (pending <= world.longAgo) return;
  // Of two writers, one cannot know the other's outcome: clearing the newer mark leads back to the older deadline.
  if (redis.writer !== write && !world.broken.markReplaces) redis.others = redis.pending;
  redis.writer = write;
  redis.pending = Math.max(redis.pending, pending);
  if (world.keyTicks !== undefined && !world.broken.markNoLife) {
    redis.life = Math.max(redis.life, world.keyTicks);
  }
  for (const process of state.processes) if (process.write === write) process.isMarked = true;
}

function endMark(world: World, { redis }: State, write: WriteId): void {
  if (redis.writer === 0 || (redis.writer !== write && !world.broken.unmarkAny)) return;
  redis.writer = 0;
  redis.pending = redis.others;
}

/** The stamp only rises, but for the exception. */
function mayStore(world: World, state: State, { stamp, seen }: Command): boolean {
  const { broken } = world;
  const stored = state.redis.stamp;
  if (stored === NONE || stamp === stored) return true;
  const order = compare(world, state, stamp, stored);
  if (order > 0 || broken.stampFalls) return true;
  const wasSeen = broken.noSeen ? seen !== NONE : seen === stored;
  if (wasSeen && !broken.noException && !(broken.exceptionBelow && order === 0)) return true;
  // Same (i, v), other w: one of them is from a lost history, and nobody here knows which.
  if (order === 0 && !broken.keepFork) state.redis = emptyRedis(world);
  return false;
}

/** Brings the log to the stamp; answers whether there is a gap. */
function storeEntries(world: World, state: State, { script, stamp, after }: Command): boolean {
  const { redis } = state;
  if (isGone(state, stamp)) redis.log = [];
  else if (lastOf(redis.log) === stamp) return false;
  else if (script === "replace") redis.log = [stamp];
  else if (leadsOn(world, state, stamp, after)) redis.log.push(...entriesBetween(state, after, stamp));
  else {
    redis.log = [];
    return true;
  }
  return false;
}

function leadsOn(world: World, state: State, stamp: WriteId, after: WriteId): boolean {
  const last = lastOf(state.redis.log);
  if (last === after) return true;
  return world.broken.noAppendCheck && last !== NONE && rowOf(state, last).version < rowOf(state, stamp).version;
}

function entriesBetween(state: State, after: WriteId, stamp: WriteId): WriteId[] {
  const entries: WriteId[] = [];
  for (let at = stamp; at !== after && at !== 0; at = rowOf(state, at).after) entries.unshift(at);
  return entries;
}

function grantTrust(world: World, { redis }: State, { stamp, r0, by }: Command): void {
  const { broken, trustTicks, distrusted } = world;
  const until = broken.lifeFromExecution ? trustTicks : r0 + trustTicks;
  const isSame = redis.stamp === stamp;
  if (broken.untilRaised) {
    if (until > 0) {
      redis.until = Math.max(redis.until, until);
      redis.by = by;
    } else if (!isSame) redis.until = distrusted;
  } else if (isSame && redis.by === by && redis.until <= trustTicks) {
    redis.until = Math.max(redis.until, until); // more of the same knowledge
  } else if (!isSame || until > 0) {
    redis.until = Math.max(until, distrusted); // other knowledge: its own deadline, not the old one's
    redis.by = by;
  }
}
