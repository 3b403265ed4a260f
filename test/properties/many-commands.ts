/**
 * Plays many commands on a back end and on the plain model, which must answer the same. Stops at the first difference, made as small as it can be.
 * Run: npx tsx test/properties/many-commands.ts --backend memory [--commands 1000000] [--seed N] [--path P]
 */
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import fc from "fast-check";
import { progressOn } from "../faults/progress.ts";
import { arbitraryCalls } from "./arbitrary-calls.ts";
import { type Batch, model, playBatch, sameAsModel } from "./play-batch.ts";
import { openServedStore } from "./served-store.ts";
import { type StoreName, storeMakers } from "./stores.ts";

/** Batches that are drawn from one seed. */
const ROUND_RUNS = 20;

interface Settings {
  readonly backend: StoreName;
  readonly commands: number;
  readonly seed: number;
  readonly path: string;
  readonly sideBySide: number;
}

const settings = new Command("many-commands")
  .addOption(new Option("--backend <name>", "what is tried").choices(Object.keys(storeMakers)).makeOptionMandatory())
  .option("--commands <number>", "how many are played, at least", Number, 1_000_000)
  .option("--seed <number>", "what they are drawn from", Number, randomInt(2 ** 31))
  .option("--path <path>", "the one example to try again, as a failure names it", "")
  .option("--side-by-side <number>", "sequences that are played at once", Number, 16)
  .parse()
  .opts<Settings>();
const { backend, commands, seed, path } = settings;

const store = await openServedStore(backend);
const progress = progressOn(process.stderr, commands);
const startedAtMs = performance.now();
const played = { commands: 0, sequences: 0 };

function told(): string {
  const perMinute = Math.round((played.commands * 60_000) / (performance.now() - startedAtMs));
  return `${played.commands} commands in ${played.sequences} sequences, ${perMinute} a minute`;
}

async function agrees(batch: Batch): Promise<void> {
  const expected = await playBatch(batch, model);
  sameAsModel(await playBatch(batch, store), expected, backend);
  played.sequences += batch.length;
  for (const calls of expected.sequences) played.commands += calls.length;
  progress.update(Math.min(played.commands, commands), told());
}

console.log(`seed ${seed}, ${availableParallelism()} processors`);
const batches = fc.array(arbitraryCalls, {
  minLength: settings.sideBySide,
  maxLength: settings.sideBySide,
});
const property = fc.asyncProperty(batches, agrees);
let failure: string | undefined;
try {
  await playUntilEnough();
} finally {
  progress.stop();
  await store.close();
}
console.log(`${backend}: ${told()}, seed ${seed}`);
console.log(failure ?? "every answer is the model's");
if (failure !== undefined) process.exitCode = 1;

/** In rounds, each with a seed of its own: how many commands an example has, nobody knows before. */
async function playUntilEnough(): Promise<void> {
  for (let round = 0; played.commands < commands && failure === undefined; round++) {
    const numRuns = path === "" ? ROUND_RUNS : 1;
    const details = await fc.check(property, { seed: seed + round, path, numRuns, includeErrorInReport: true });
    if (details.failed) failure = fc.defaultReportMessage(details);
    if (path !== "") return;
  }
}
