import { setOwn } from "../model/value.ts";
import type { Delta, Entry, LogState, Splice } from "./entry.ts";

/**
 * Applies one entry to a state and answers the new one; null: no state. `state` is not changed, nor is any array in it, so that
 * a copy handed out earlier stays what it was.
 *
 * @throws Error when a delta has nothing to stand on: the log is damaged
 */
export function fold(state: LogState | null, entry: Entry): LogState | null {
  if (entry.kind === "clear") return null;
  if (entry.kind === "snapshot") return entry.state;
  if (state === null) throw new Error("a delta stands where the log has no state");
  return applyDelta(state, entry.delta);
}

function applyDelta(state: LogState, delta: Delta): LogState {
  const gone = new Set(delta.remove);
  const next: LogState = {};
  for (const key of Object.keys(state)) {
    if (!gone.has(key)) setOwn(next, key, state[key]);
  }
  for (const [key, value] of Object.entries(delta.set ?? {})) setOwn(next, key, value);
  for (const [key, change] of Object.entries(delta.splice ?? {})) setOwn(next, key, applySplice(next[key], change));
  return next;
}

function applySplice(before: unknown, change: Splice): unknown[] {
  if (!Array.isArray(before) || before.length < change.at + change.remove) {
    throw new Error("a splice does not fit the array that it changes");
  }
  return (before as readonly unknown[]).toSpliced(change.at, change.remove, ...change.items);
}
