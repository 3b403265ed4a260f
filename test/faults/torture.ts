/**
 * Breaks everything that can be broken, under load, and checks that every promise is kept.
 * Run: npm run torture -- [--minutes 30] [--seed N]
 */
import { randomInt } from "node:crypto";
import { Command } from "commander";
import { progressOn } from "./progress.ts";
import { Report } from "./report.ts";
import { runRound } from "./round.ts";

/** A round is checked as a whole, so it must fit into memory. */
const MAX_ROUND_MS = 60_000;

const { minutes, seed } = new Command("torture")
  .option("--minutes <number>", "how long the faults go on", Number, 30)
  .option("--seed <number>", "of the first round", Number, randomInt(1_000_000))
  .parse()
  .opts<{ minutes: number; seed: number }>();

console.log(`seed ${seed}`);
const lengthMs = minutes * 60_000;
const roundMs = Math.min(MAX_ROUND_MS, lengthMs);
const progress = progressOn(process.stderr, lengthMs);
const report = new Report(roundMs);
for (let doneMs = 0, index = 0; doneMs < lengthMs; doneMs += roundMs, index++) {
  const told = (roundDoneMs: number): void => progress.update(doneMs + roundDoneMs, report.summary);
  report.add(await runRound(seed + index, roundMs, told));
}
progress.stop();
console.log(report.text);
if (report.violationCount > 0) process.exitCode = 1;
