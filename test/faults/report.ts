import { neighbours } from "./check-history.ts";
import type { Operation, Violation } from "./history.ts";
import type { RoundResult } from "./round.ts";

/** How many violations are told in full. */
const MAX_TOLD = 10;

/** What came of rounds, for a person. Keeps counts and texts: the records of a long run would not fit into memory. */
export class Report {
  violationCount = 0;
  readonly #lengthMs: number;
  readonly #kinds = new Counts();
  readonly #outcomes = new Counts();
  readonly #faults = new Counts();
  readonly #events = new Counts();
  readonly #rules = new Counts();
  readonly #failed: string[] = [];

  /** @param lengthMs - of a round */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** In a few words. */
  get summary(): string {
    return `${this.#kinds.total} operations, ${this.#faults.total} faults, ${this.violationCount} violations`;
  }

  /** A round is over. */
  add(round: RoundResult): void {
    const { history, violations } = round;
    this.violationCount += violations.length;
    for (const { kind, outcome } of history.operations) {
      this.#kinds.count(kind);
      this.#outcomes.count(outcome.kind);
    }
    for (const { kind, target } of history.faults) this.#faults.count(`${kind} (${target.replace(/^w\d+/, "worker")})`);
    for (const { event } of history.events) this.#events.count(event);
    for (const { rule } of violations) this.#rules.count(rule);
    if (violations.length > 0) this.#failed.push(...tellRound(round, this.#lengthMs));
  }

  /** In full. */
  get text(): string {
    return [
      `${this.#kinds.total} operations: ${this.#kinds.text}`,
      `  ${this.#outcomes.text}; ambiguous are those that failed or are open`,
      `${this.#faults.total} faults: ${this.#faults.text}`,
      `reported by the hot layer: ${this.#events.text}`,
      `${this.violationCount} violations: ${this.#rules.text}`,
      ...this.#failed,
    ].join("\n");
  }
}

/** How often there was what. */
class Counts {
  total = 0;
  readonly #counts = new Map<string, number>();

  count(name: string): void {
    this.total++;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** The most frequent first. */
  get text(): string {
    const sorted = [...this.#counts].toSorted(([, one], [, other]) => other - one);
    return sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  }
}

function tellRound({ seed, violations, history, folder }: RoundResult, lengthMs: number): string[] {
  const told = violations.slice(0, MAX_TOLD);
  return [
    "",
    `The round of seed ${seed}; its records are in ${folder}`,
    `Again: npm run torture -- --seed ${seed} --minutes ${lengthMs / 60_000}`,
    ...told.flatMap((violation) => tellViolation(violation, history.operations)),
    ...(told.length < violations.length ? [`… and ${violations.length - told.length} more`] : []),
  ];
}

function tellViolation(violation: Violation, operations: readonly Operation[]): string[] {
  const { rule, thread, text } = violation;
  const own = new Set(violation.operations);
  const near = own.size === 0 ? [] : neighbours(violation, operations);
  const shown = near.length <= 16 ? near : near.filter((operation) => own.has(operation));
  return [
    "",
    `${rule}, thread ${thread}: ${text}`,
    ...shown.map((each) => `${own.has(each) ? " >" : "  "} ${line(each)}`),
  ];
}

function line({ invokedMs, endedMs, process, kind, write, isDraft, outcome }: Operation): string {
  const what = `${kind}${write === undefined ? "" : ` ${write}`}${isDraft ? " (draft)" : ""}`;
  return `${invokedMs.toFixed(3)}–${endedMs.toFixed(3)} ${process} ${what}: ${outcomeText(outcome)}`;
}

function outcomeText(outcome: Operation["outcome"]): string {
  if (outcome.kind === "failed") return `failed, ${outcome.error}`;
  if (outcome.kind !== "answered") return outcome.kind;
  if (outcome.state === null) return "answered nothing";
  const { incarnation, version, writes } = outcome.state;
  return `version ${version} of life ${incarnation}, … ${writes.slice(-4).join(" ")}`;
}
