import type { Delta, LogState, Splice } from "./entry.ts";
import { sameValue } from "./same-value.ts";

/** What changed from one captured state to the next; undefined: nothing. `fold` of it onto `previous` gives `next`. */
export function diff(previous: LogState, next: LogState): Delta | undefined {
  const set: Record<string, unknown> = newRecord();
  const splice: Record<string, Splice> = newRecord();
  for (const key of Object.keys(next)) {
    const value = next[key];
    if (!Object.hasOwn(previous, key)) {
      set[key] = value;
      continue;
    }
    const before = previous[key];
    if (Array.isArray(before) && Array.isArray(value)) {
      const change = spliceOf(before, value);
      if (change === undefined) continue;
      if (change.remove === before.length && before.length > 0) set[key] = value;
      else splice[key] = change;
    } else if (!sameValue(before, value)) {
      set[key] = value;
    }
  }
  const remove = Object.keys(previous).filter((key) => !Object.hasOwn(next, key));
  return compact(set, remove, splice);
}

/**
 * The one splice that makes `before` into `after`: what both begin with and what both end with is kept. An append and a trim from
 * the front, the two things that agents do to their context, both weigh what they add.
 */
function spliceOf(before: readonly unknown[], after: readonly unknown[]): Splice | undefined {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  // Identity first and in place: a conversation is walked at each turn, message by message.
  while (head < shorter && (Object.is(before[head], after[head]) || sameValue(before[head], after[head]))) head++;
  if (head === before.length && head === after.length) return undefined;
  let end = 0;
  while (end < shorter - head && sameValue(before[before.length - 1 - end], after[after.length - 1 - end])) end++;
  return { at: head, remove: before.length - head - end, items: after.slice(head, after.length - end) };
}

function compact(
  set: Record<string, unknown>,
  remove: readonly string[],
  splice: Record<string, Splice>,
): Delta | undefined {
  const delta: { set?: Record<string, unknown>; remove?: readonly string[]; splice?: Record<string, Splice> } = {};
  if (Object.keys(set).length > 0) delta.set = set;
  if (remove.length > 0) delta.remove = remove;
  if (Object.keys(splice).length > 0) delta.splice = splice;
  return Object.keys(delta).length === 0 ? undefined : delta;
}

/** A record without a prototype: a key named `__proto__` is a key like any other. */
function newRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
