import { setOwn } from "../model/value.ts";
import type { Delta, Entry, LogState, Splice } from "./entry.ts";

/**
 * Applies one entry to a state and answers the new one; null: no state. `state` is not changed, nor is any array in it, so that
 * a copy handed out earlier stays what it was.
 *
 * @throws Error when a delta has nothing to stand on: the log is damaged
 */
export function fold(state: LogState | null, entry: Entry): LogState | null {
  return foldAll(state, [entry]);
}

/** As {@link fold}, for a whole tail. Each array is copied once, however many entries change it: reading a log is O(log). */
export function foldAll(state: LogState | null, entries: Iterable<Entry>): LogState | null {
  let current = state;
  /** Arrays made by this very call, which nobody else has seen. */
  const own = new Set<unknown>();
  for (const entry of entries) current = foldOne(current, entry, own);
  return current;
}

function foldOne(state: LogState | null, entry: Entry, own: Set<unknown>): LogState | null {
  if (entry.kind === "clear") return null;
  if (entry.kind === "snapshot") return entry.state;
  if (state === null) throw new Error("a delta stands where the log has no state");
  return applyDelta(state, entry.delta, own);
}

function applyDelta(state: LogState, delta: Delta, own: Set<unknown>): LogState {
  const gone = new Set(delta.remove);
  const next: LogState = {};
  for (const key of Object.keys(state)) {
    if (!gone.has(key)) setOwn(next, key, state[key]);
  }
  for (const [key, value] of Object.entries(delta.set ?? {})) setOwn(next, key, value);
  for (const [key, change] of Object.entries(delta.splice ?? {})) {
    if (!Object.hasOwn(next, key)) throw new Error("a splice stands where the log has no array");
    setOwn(next, key, applySplice(next[key], change, own));
  }
  return next;
}

function applySplice(before: unknown, change: Splice, own: Set<unknown>): unknown[] {
  if (!Array.isArray(before) || before.length < change.at + change.remove) {
    throw new Error("a splice does not fit the array that it changes");
  }
  const list: unknown[] = own.has(before) ? before : before.slice();
  own.add(list);
  // Arguments of a call are bounded by the stack, so a long splice is put together instead.
  if (change.items.length < 1_000) list.splice(change.at, change.remove, ...change.items);
  else spliceLong(list, change);
  return list;
}

function spliceLong(list: unknown[], change: Splice): void {
  const tail = list.slice(change.at + change.remove);
  list.length = change.at;
  for (const item of change.items) list.push(item);
  for (const item of tail) list.push(item);
}
