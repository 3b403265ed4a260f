import type { World } from "./configuration.ts";
import { ABSENT, DELETED, MIXTURE, NONE, type Command, type Row, type State, type WriteId } from "./state.ts";

/** The row of a stamp. */
export function rowOf(state: State, stamp: WriteId): Row {
  const row = state.rows[stamp];
  if (row === undefined) throw new RangeError(`there is no write ${stamp}`);
  return row;
}

/** The order of stamps: (i, v). */
export function compare(world: World, state: State, left: WriteId, right: WriteId): number {
  const [one, other] = [rowOf(state, left), rowOf(state, right)];
  const byIncarnation = world.broken.incarnation ? 0 : one.incarnation - other.incarnation;
  return byIncarnation === 0 ? one.version - other.version : byIncarnation;
}

/** Whether one is not older than another: where (i, v) is equal, w has to be, too. Everything is at least nothing. */
export function isAtLeast(world: World, state: State, left: WriteId, right: WriteId): boolean {
  return right === NONE || left === right || compare(world, state, left, right) > 0;
}

/** Whether it says that there is no such thread: none, or a deleted one. */
export function isGone(state: State, stamp: WriteId): boolean {
  return stamp === ABSENT || (stamp !== NONE && rowOf(state, stamp).version === DELETED);
}

/** Whether one version led to another. */
export function isInHistory(state: State, stamp: WriteId, of: WriteId): boolean {
  for (let at = of; at !== stamp; at = rowOf(state, at).after) if (at === ABSENT) return false;
  return true;
}

/** Whether a process knows a state, whole. */
export function isState(result: WriteId): boolean {
  return result !== NONE && result !== MIXTURE;
}

/** The last entry of a log. */
export function lastOf(log: readonly WriteId[]): WriteId {
  return log.at(-1) ?? NONE;
}

/** A stamp in words. */
export function nameOf(state: State, stamp: WriteId): string {
  if (stamp === NONE) return "nothing known";
  if (stamp === MIXTURE) return "a mixture";
  if (stamp === ABSENT) return "(0,0)";
  const { incarnation, version } = rowOf(state, stamp);
  return `(${incarnation},${version === DELETED ? "∞" : version},w${stamp})`;
}

/** A command in words. Its r0 is relative to Redis's now. */
export function tell(state: State, { script, stamp, after, r0, seen, write }: Command): string {
  if (script === "mark" || script === "unmark") return `${script}(w${write})`;
  const what = script === "advance" ? `${nameOf(state, stamp)} after ${nameOf(state, after)}` : nameOf(state, stamp);
  return `${script}(${what}, r0 ${r0}${script === "advance" || seen === NONE ? "" : `, seen ${nameOf(state, seen)}`})`;
}
