import type { Operation, Violation } from "./history.ts";
import { comparePositions, isLinearizable, type Position, type ThreadTruth } from "./thread-truth.ts";

/** Something that stood at the latest when an operation had answered. */
interface Known extends Position {
  readonly by: Operation;
}

/** What was known at which time: a line that only rises. */
class Knowledge {
  readonly #times: number[] = [];
  readonly #known: Known[] = [];

  /** Is told in the order of time. */
  add(known: Known): void {
    const last = this.#known.at(-1);
    this.#times.push(known.by.endedMs);
    this.#known.push(last === undefined || comparePositions(known, last) > 0 ? known : last);
  }

  /** The newest that was known before a time. */
  before(timeMs: number): Known | undefined {
    let [from, to] = [0, this.#times.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#times[middle] ?? 0) < timeMs) from = middle + 1;
      else to = middle;
    }
    return this.#known[from - 1];
  }
}

/** What is wrong with the order in which a thread's states were seen. */
export function checkOrder(truth: ThreadTruth): Violation[] {
  const violations: Violation[] = [];
  const ended = truth.operations.filter(({ outcome }) => outcome.kind === "answered");
  const inOrder = ended.toSorted((one, other) => one.endedMs - other.endedMs);
  const { everybody, processes } = gatherKnowledge(truth, inOrder);
  for (const operation of inOrder) {
    const { invokedMs, maxStalenessMs, kind, process } = operation;
    if (kind === "clearState" || kind === "deleteThread" || operation.isDraft) continue;
    const rule = kind === "getStateCache" && maxStalenessMs > 0 ? "stale" : "not linearizable";
    const behind = behindOf(truth, operation, everybody.before(invokedMs - maxStalenessMs));
    if (behind !== undefined) violations.push({ rule, ...behind });
    const own = behindOf(truth, operation, processes.get(process)?.of(kind).before(invokedMs));
    if (own !== undefined) violations.push({ rule: "back in time", ...own });
  }
  return violations;
}

/** What a process knows itself: through its reads and writes, and what of it `getState` must have too. */
class OwnKnowledge {
  readonly written = new Knowledge();
  readonly all = new Knowledge();

  of(kind: Operation["kind"]): Knowledge {
    return kind === "getStateCache" ? this.all : this.written;
  }
}

function gatherKnowledge(
  truth: ThreadTruth,
  inOrder: readonly Operation[],
): { readonly everybody: Knowledge; readonly processes: ReadonlyMap<string, OwnKnowledge> } {
  const everybody = new Knowledge();
  const processes = new Map<string, OwnKnowledge>();
  for (const by of inOrder) {
    const known = knownBy(truth, by, everybody);
    if (known === undefined) continue;
    if (isLinearizable(by)) everybody.add(known);
    const own = processes.get(by.process) ?? new OwnKnowledge();
    processes.set(by.process, own);
    own.all.add(known);
    // Drafts of others, seen in the cache, are not in the database yet.
    if (by.kind !== "getStateCache") own.written.add(known);
  }
  return { everybody, processes };
}

function knownBy(truth: ThreadTruth, by: Operation, everybody: Knowledge): Known | undefined {
  const { kind, outcome, invokedMs } = by;
  if (outcome.kind !== "answered") return undefined;
  if (outcome.state !== null) return { ...truth.positionOf(outcome.state), by };
  const before = everybody.before(invokedMs);
  if (before === undefined) return undefined;
  if (kind === "deleteThread") return { incarnation: before.incarnation, version: Number.POSITIVE_INFINITY, by };
  const cleared = kind === "clearState" ? truth.clearedAt(before) : undefined;
  return cleared === undefined ? undefined : { incarnation: before.incarnation, version: cleared, by };
}

/** Undefined: the operation shows what it must. */
function behindOf(
  truth: ThreadTruth,
  operation: Operation,
  known: Known | undefined,
): Omit<Violation, "rule"> | undefined {
  const { outcome, kind, thread, endedMs } = operation;
  if (known === undefined || outcome.kind !== "answered") return undefined;
  const operations = [known.by, operation];
  const what = `${place(known)}, which was known to ${known.by.process} at ${known.by.endedMs.toFixed(3)}`;
  if (outcome.state === null) {
    if (kind === "updateState" || truth.mayBeNone(known, known.by.invokedMs - known.by.maxStalenessMs, endedMs))
      return undefined;
    return { thread, text: `${kind} found no state after ${what}`, operations };
  }
  const position = truth.positionOf(outcome.state);
  const order = comparePositions(position, known);
  const isRead = kind === "getState" || kind === "getStateCache";
  if (order > 0 || (order === 0 && isRead)) return undefined;
  return { thread, text: `${kind} ${isRead ? "answered" : "wrote"} ${place(position)} after ${what}`, operations };
}

function place({ incarnation, version }: Position): string {
  return version === Number.POSITIVE_INFINITY
    ? `the end of life ${incarnation}`
    : `version ${version} of life ${incarnation}`;
}
