import type { AuditedThread, Operation, SeenState } from "./history.ts";

/** Where a state stands in the order of what was committed. */
export interface Position {
  readonly incarnation: number;
  /** `Infinity`: the thread was deleted after all of them. */
  readonly version: number;
}

/** Less than 0: the first one is older. */
export function comparePositions(one: Position, other: Position): number {
  return one.incarnation === other.incarnation
    ? Math.sign(one.version - other.version) // of two infinities there is no difference
    : one.incarnation - other.incarnation;
}

/** Whether an answer of the operation is about what is committed, and says what was at some moment while it ran. */
export function isLinearizable({ kind, isDraft }: Operation): boolean {
  return kind !== "getStateCache" && !isDraft;
}

/** Whether an operation may have done something, and when it can have done so at the latest. */
function latestEffectMs({ outcome, endedMs }: Operation): number {
  // What failed may still be on its way.
  return outcome.kind === "answered" ? endedMs : Number.POSITIVE_INFINITY;
}

/** Which writes of a thread are committed, and as which versions. Of a life that was deleted, only what was seen of it is known. */
export class ThreadTruth {
  readonly audit: AuditedThread;
  readonly operations: readonly Operation[];
  /** Of the life that the thread has in the end; undefined: it has none, or nothing of it is known. */
  readonly incarnation: number | undefined;
  readonly #versions = new Map<number, Map<string, number>>();
  readonly #cleared: readonly number[];
  readonly #deletions: readonly Operation[];
  readonly #clears: readonly Operation[];

  constructor(audit: AuditedThread, operations: readonly Operation[]) {
    this.audit = audit;
    this.operations = operations;
    this.incarnation = audit.state?.incarnation ?? audit.samples[0]?.incarnation;
    this.#cleared = audit.versions.filter(({ write }) => write === undefined).map(({ version }) => version);
    const mayHaveRun = operations.filter(({ outcome }) => outcome.kind !== "refused");
    this.#deletions = mayHaveRun.filter(({ kind }) => kind === "deleteThread");
    this.#clears = mayHaveRun.filter(({ kind }) => kind === "clearState");
    if (this.incarnation !== undefined) {
      const written = audit.versions.flatMap(({ write, version }) =>
        write === undefined ? [] : [[write, version] as const],
      );
      this.#versions.set(this.incarnation, new Map(written));
    }
    for (const operation of operations) this.#learn(operation);
  }

  /** The version under which a write is committed in a life; undefined: it is not, as far as is known. */
  committedVersion(incarnation: number, write: string): number | undefined {
    return this.#versions.get(incarnation)?.get(write);
  }

  /** Where a state stands: at the newest of its writes that is committed as what it shows it to be. */
  positionOf({ incarnation, version, writes }: SeenState): Position {
    const first = version - writes.length + 1;
    const newest = writes.findLastIndex((write, index) => this.committedVersion(incarnation, write) === first + index);
    return { incarnation, version: first + newest };
  }

  /** The first version at a position or after it without a state, in the life that the thread has in the end. */
  clearedAt({ incarnation, version }: Position): number | undefined {
    if (incarnation !== this.incarnation) return undefined;
    return this.#cleared.find((cleared) => cleared >= version);
  }

  /** Whether the thread may have been deleted in a span of time. */
  mayBeDeleted(fromMs: number, toMs: number = Number.POSITIVE_INFINITY): boolean {
    return this.#deletions.some((operation) => operation.invokedMs <= toMs && latestEffectMs(operation) >= fromMs);
  }

  /** Whether there may be no state at the end of a span of time in which something was known to stand. */
  mayBeNone(position: Position, fromMs: number, toMs: number): boolean {
    if (position.version === Number.POSITIVE_INFINITY || this.mayBeDeleted(fromMs, toMs)) return true;
    if (position.incarnation === this.incarnation) return this.clearedAt(position) !== undefined;
    return this.#clears.some((operation) => operation.invokedMs <= toMs && latestEffectMs(operation) >= fromMs);
  }

  #learn(operation: Operation): void {
    const { outcome } = operation;
    if (outcome.kind !== "answered" || outcome.state === null || !isLinearizable(operation)) return;
    const { incarnation, version, writes } = outcome.state;
    if (incarnation === this.incarnation) return;
    const known = this.#versions.get(incarnation) ?? new Map<string, number>();
    this.#versions.set(incarnation, known);
    for (const [index, write] of writes.entries()) known.set(write, version - (writes.length - 1 - index));
  }
}
