import { neighbours } from "./check-history.ts";
import type { Operation, Violation } from "./history.ts";
import type { RoundResult } from "./round.ts";

/** How many violations are told in full. */
const MAX_TOLD = 10;

/** What came of rounds, for a person. */
export function reportOf(rounds: readonly RoundResult[], lengthMs: number): string {
  const operations = rounds.flatMap(({ history }) => history.operations);
  const faults = rounds.flatMap(({ history }) => history.faults);
  const events = rounds.flatMap(({ history }) => history.events);
  const violations = rounds.flatMap((round) => round.violations);
  const failed = rounds.filter((round) => round.violations.length > 0);
  return [
    `${operations.length} operations: ${countsOf(operations.map(({ kind }) => kind))}`,
    `  ${countsOf(operations.map(({ outcome }) => outcome.kind))}; ambiguous are those that failed or are open`,
    `${faults.length} faults: ${countsOf(faults.map(({ kind, target }) => `${kind} (${target.replace(/^w\d+/, "worker")})`))}`,
    `reported by the hot layer: ${countsOf(events.map(({ event }) => event))}`,
    `${violations.length} violations${violations.length === 0 ? "" : `: ${countsOf(violations.map(({ rule }) => rule))}`}`,
    ...failed.flatMap((round) => tellRound(round, lengthMs)),
  ].join("\n");
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

function countsOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}
