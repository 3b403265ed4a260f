/**
 * Breaks everything that can be broken, under load, and checks that every promise is kept.
 * Run: npm run torture -- [--minutes 30] [--seed N]
 */
import { randomInt } from "node:crypto";
import { Command } from "commander";
import { reportOf } from "./report.ts";
import { type RoundResult, runRound } from "./round.ts";

/** A round is checked as a whole, so it must fit into memory. */
const MAX_ROUND_MS = 60_000;

const { minutes, seed } = new Command("torture")
  .option("--minutes <number>", "how long the faults go on", Number, 30)
  .option("--seed <number>", "of the first round", Number, randomInt(1_000_000))
  .parse()
  .opts<{ minutes: number; seed: number }>();

console.log(`seed ${seed}`);
const roundMs = Math.min(MAX_ROUND_MS, minutes * 60_000);
const rounds: RoundResult[] = [];
for (let index = 0; index * roundMs < minutes * 60_000; index++) {
  rounds.push(await runRound(seed + index, roundMs));
  console.log(`round ${index + 1}: ${reportOf(rounds.slice(-1), roundMs)}`);
}
if (rounds.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
