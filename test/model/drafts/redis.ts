import {
  copyOfRedis,
  headOf,
  withOne,
  writeOf,
  type Command,
  type Redis,
  type State,
  type World,
  type WriteId,
} from "./state.ts";

/** The version of a log's last entry. */
function endOf({ first, log }: Redis): number {
  return first + log.length - 1;
}

/** A log has drafts if and only if it has more than its first entry and the last is not the stamp. */
export function hasDrafts({ broken }: World, state: State, redis: Redis): boolean {
  const { log, stamp } = redis;
  if (broken.stampIsEnd) return log.length > 0 && endOf(redis) > stamp;
  return log.length > 1 && !(stamp === endOf(redis) && writeOf(state, stamp) === log.at(-1));
}

/** The end of every script: with drafts the thread stands in `dirty`, without it does not. That is one step, in one slot. */
function settle(world: World, state: State): void {
  if (!world.isDirtyApart) state.redis.isDirty = hasDrafts(world, state, state.redis);
}

/** What *draft* answers. */
export type DraftAnswer = "ok" | "conflict" | "unknown";

/** *draft*: a hot write, on the state whose newest write is the base. */
export function draft(world: World, state: State, write: WriteId, base: WriteId): DraftAnswer {
  const { broken } = world;
  const { redis } = state;
  const { log } = redis;
  if (log.includes(write) && !broken.noRepeat) return "ok";
  if (log.at(-1) !== base && !broken.noBase) {
    // Somebody stands on the base already; or Redis is behind it, or was emptied.
    return log.includes(base) || (broken.behind && log.length > 0) ? "conflict" : "unknown";
  }
  log.push(write);
  state.acknowledged = withOne(state.acknowledged, write);
  settle(world, state);
  Object.assign(state, { promised: { ...state.promised, [write]: endOf(redis) } });
  return "ok";
}

/** *advance*: where the log may have drafts, it stays, and only the stamp rises. */
function advance(world: World, state: State, after: number, version: number): void {
  const { redis } = state;
  const keeps = hasDrafts(world, state, redis) && !world.broken.advanceDrops;
  if (redis.isDropped || version < redis.stamp) return;
  redis.stamp = version;
  if (redis.log.length > 0) bringTo(state, after, version, keeps);
  settle(world, state);
}

function bringTo(state: State, after: number, version: number, keeps: boolean): void {
  const { redis } = state;
  const end = endOf(redis);
  const index = version - redis.first;
  if (end >= version) {
    // Otherwise the draft that stands there is committed now, and nothing moves.
    if (index >= 0 && redis.log[index] !== writeOf(state, version) && !keeps) redis.log = [];
  } else if (end >= after && writeOf(state, end) === redis.log.at(-1)) {
    redis.log.push(...state.rows.slice(end + 1, version + 1));
  } else if (!keeps) redis.log = []; // a gap
}

/** *replace*: the same for a whole log. */
export function replace(world: World, state: State, version: number): void {
  const { redis } = state;
  const keeps = hasDrafts(world, state, redis) && !world.broken.replaceDrops;
  if (redis.isDropped) return;
  if (version >= redis.stamp && !keeps) {
    redis.first = version;
    redis.log = [writeOf(state, version)];
  }
  redis.stamp = Math.max(redis.stamp, version);
  settle(world, state);
}

/** *discard*: the chain that ends with the write is saved; it goes only if nothing came behind it. */
function discard(world: World, state: State, write: WriteId): void {
  const { log } = state.redis;
  if (log.at(-1) === write || (world.broken.discardAny && log.includes(write))) state.redis.log = [];
  settle(world, state);
}

/** *drop*: the thread is deleted, and its drafts go with it. */
export function drop(world: World, state: State): void {
  state.redis.isDropped = true;
  state.redis.isDirty = false;
  if (world.broken.dropKeeps) settle(world, state);
  else state.redis.log = [];
}

/** Redis executes a command of which nobody awaits an answer that matters. */
export function executeInRedis(world: World, state: State, command: Command): void {
  if (command.script === "draft") draft(world, state, command.write, command.base);
  else if (command.script === "advance") advance(world, state, command.after, command.version);
  else if (command.script === "replace") replace(world, state, command.version);
  else if (command.script === "discard") discard(world, state, command.write);
  else if (command.script === "drop") drop(world, state);
}

/** A flusher that found no drafts takes the thread out of `dirty`, where that is a step of its own. */
export function leaveDirty(world: World, state: State): void {
  const mayLeave = world.broken.dirtyApart || !hasDrafts(world, state, state.redis);
  if (mayLeave) state.redis.isDirty = false;
}

/** What a read is folded from: a version, and the drafts behind it. */
export interface Folded {
  readonly version: number;
  readonly drafts: readonly WriteId[];
}

/**
 * What a log gives behind a version, which is the stamp or the head that PostgreSQL told. The chain must pass through that version's own
 * write id: a log that is merely longer may be a chain that lost.
 */
export function fold(world: World, state: State, redis: Redis, version: number): Folded | undefined {
  if (version < 0 || redis.isDropped) return undefined;
  const index = version - redis.first;
  if (index < 0 || index >= redis.log.length) return undefined;
  if (redis.log[index] !== writeOf(state, version) && !world.broken.trustLonger) return undefined;
  return { version, drafts: redis.log.slice(index + 1) };
}

/** A replica takes over. That loses the drafts that it had not received and that are nowhere else, and nothing more. */
export function failOver(state: State, isSaved: (write: WriteId) => boolean): void {
  const { replica, redis } = state;
  if (replica === null) return;
  for (const write of redis.log) {
    if (!replica.log.includes(write) && !isSaved(write)) state.lost = withOne(state.lost, write);
  }
  state.failoversLeft--;
  state.redis = copyOfRedis(replica);
  state.replica = null;
}

/** The head as a reader that validated it tells Redis. */
export function replaceWithHead(state: State): Command {
  return { script: "replace", version: headOf(state) };
}
