import { checkContents } from "./check-contents.ts";
import { checkOrder } from "./check-order.ts";
import type { AuditedThread, History, Operation, Violation } from "./history.ts";
import { ThreadTruth } from "./thread-truth.ts";

/** Nothing of what a run does may lead to these: PostgreSQL keeps what it acknowledges, and nobody else writes into Redis. */
const UNEXPECTED_EVENTS: ReadonlySet<string> = new Set(["rollback", "damaged"]);

/** All promises that were not kept in a run. */
export function checkHistory(history: History): Violation[] {
  const { operations, faults, events, threads } = history;
  const writes = new Map(
    operations.flatMap((operation) => (operation.write === undefined ? [] : [[operation.write, operation]])),
  );
  const late = lateDrafts(history);
  const byThread = groupBy(operations, ({ thread }) => thread);
  const audited = new Map(threads.map((thread) => [thread.thread, thread]));
  const forks = groupBy(threads, ({ thread }) => parentOf(thread));
  const found: Violation[] = [];
  for (const [thread, own] of byThread) {
    const truth = new ThreadTruth(audited.get(thread) ?? nothingOf(thread), own);
    const itsForks = (forks.get(thread) ?? []).filter((fork) => fork.thread !== thread);
    found.push(...checkContents({ truth, forks: itsForks, faults, writes, late }), ...checkOrder(truth));
  }
  for (const operation of operations) {
    const { outcome, thread, kind } = operation;
    if (outcome.kind !== "failed" || outcome.error === "unavailable") continue;
    found.push({ rule: "unexpected error", thread, text: `${kind} failed: ${outcome.error}`, operations: [operation] });
  }
  for (const { event, process, thread, atMs } of events) {
    if (!UNEXPECTED_EVENTS.has(event.split(" ")[0] ?? "")) continue;
    const text = `${process} reported ${event} at ${atMs.toFixed(3)}`;
    found.push({ rule: "unexpected event", thread, text, operations: [] });
  }
  return found;
}

/**
 * Drafts that Redis may have, or get, though they were given up, because it did not answer while they were made: those that were refused, and
 * those of `updateState`, which was refused, looked again and drafted its change anew.
 */
function lateDrafts({ operations, events }: History): ReadonlySet<string> {
  const failures = groupBy(
    events.filter(({ event }) => event.startsWith("failure")),
    ({ process }) => process,
  );
  const isLate = ({ kind, isDraft, outcome, process, invokedMs, endedMs }: Operation): boolean =>
    isDraft &&
    (outcome.kind === "refused" || kind === "updateState") &&
    (failures.get(process) ?? []).some(({ atMs }) => atMs >= invokedMs && atMs <= endedMs);
  return new Set(operations.filter(isLate).map(({ write }) => write ?? ""));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The thread whose drafts a thread was saved for; itself, where it is none of those. */
function parentOf(thread: string): string {
  return thread.split("~")[0] ?? thread;
}

function nothingOf(thread: string): AuditedThread {
  return { thread, state: null, versions: [], samples: [], messages: [] };
}

/** The operations around a violation: those of its thread that ran while its own did. */
export function neighbours({ operations: own, thread }: Violation, operations: readonly Operation[]): Operation[] {
  const fromMs = Math.min(...own.map(({ invokedMs }) => invokedMs));
  const toMs = Math.max(...own.map(({ endedMs, invokedMs }) => (Number.isFinite(endedMs) ? endedMs : invokedMs)));
  const near = operations.filter(
    (each) => each.thread === thread && each.endedMs >= fromMs - 50 && each.invokedMs <= toMs + 50,
  );
  return near.toSorted((one, other) => one.invokedMs - other.invokedMs);
}
