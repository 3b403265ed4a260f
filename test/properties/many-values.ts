/**
 * Keeps drawn values in states, a thousand in each, which must come back exactly: from the log's codec and from a back end. Stops at the first value that does not, made as small as it can be.
 * Run: npx tsx test/properties/many-values.ts [--backend memory] [--values 10000000] [--seed N] [--path P]
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import fc from "fast-check";
import { portraitOf } from "../../src/conformance/portrait.ts";
import type { AnyFields } from "../../src/conformance/subject.ts";
import { createState } from "../../src/index.ts";
import { decodeValue, encodeValue } from "../../src/log/value-codec.ts";
import { progressOn } from "../faults/progress.ts";
import { arbitraryValue } from "./arbitrary-values.ts";
import { arbitraryLoadedText } from "./hostile-recipes.ts";
import { openServedStore } from "./served-store.ts";
import { type StoreName, storeMakers } from "./stores.ts";

/** Values of one state, drawn from one seed. */
const STATE_VALUES = 1_000;

interface Settings {
  readonly backend: StoreName;
  readonly values: number;
  readonly seed: number;
  readonly path: string;
}

const settings = new Command("many-values")
  .addOption(new Option("--backend <name>", "what keeps them").choices(Object.keys(storeMakers)).default("memory"))
  .option("--values <number>", "how many are tried, at least", Number, 10_000_000)
  .option("--seed <number>", "what they are drawn from", Number, randomInt(2 ** 31))
  .option("--path <path>", "the one value to try again, as a failure names it", "")
  .parse()
  .opts<Settings>();
const { backend, values, seed, path } = settings;

const value = fc.oneof({ weight: 15, arbitrary: arbitraryValue }, { weight: 1, arbitrary: arbitraryLoadedText });
const store = await openServedStore(backend);
const progress = progressOn(process.stderr, values);
const startedAtMs = performance.now();
const tried = { values: 0, states: 0 };

console.log(`seed ${seed}, ${availableParallelism()} processors`);
let failure: string | undefined;
try {
  failure = path === "" ? await tryUntilEnough() : await reportOn({ seed, path, numRuns: 1 });
} finally {
  progress.stop();
  await store.close();
}
console.log(`${backend}: ${told()}, seed ${seed}`);
console.log(failure ?? "every value came back as it was");
if (failure !== undefined) process.exitCode = 1;

/** State by state, each with a seed of its own. What failed, if anything. */
async function tryUntilEnough(): Promise<string | undefined> {
  while (tried.values < values) {
    const drawing = { seed: seed + tried.states, numRuns: STATE_VALUES };
    try {
      await keepAll(fc.sample(value, drawing));
    } catch (error) {
      // The same values come of the same seed: which of them it was, and a smaller one, is what fast-check finds.
      return (await reportOn(drawing)) ?? `only together, from seed ${drawing.seed}: ${String(error)}`;
    }
    tried.values += STATE_VALUES;
    tried.states++;
    progress.update(Math.min(tried.values, values), told());
  }
  return undefined;
}

/** Tries values one by one. */
async function reportOn(drawing: fc.Parameters<[unknown]>): Promise<string | undefined> {
  const alone = fc.asyncProperty(value, (one) => keepAll([one]));
  const details = await fc.check(alone, { ...drawing, includeErrorInReport: true });
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}

async function keepAll(list: readonly unknown[]): Promise<void> {
  const expected = portraitOf(list);
  assertSame(portraitOf(decodeValue(encodeValue(list))), expected, "the codec");
  const make = await store.open();
  const [writer, reader] = [make(), make()];
  const config = { threadId: "values", userId: "owner" };
  await writer.putState(config, createState<AnyFields>({ list }));
  assertSame(portraitOf((await reader.getState(config))?.["list"]), expected, backend);
  await Promise.all([writer.release(), reader.release()]);
}

/** Portraits of a thousand values are too long to be compared line by line. */
function assertSame(actual: string, expected: string, name: string): void {
  if (expected.length > 100_000) assert.ok(actual === expected, `${name} answers other values`);
  else assert.equal(actual, expected, `${name} answers another value`);
}

function told(): string {
  const perMinute = Math.round((tried.values * 60_000) / (performance.now() - startedAtMs));
  return `${tried.values} values in ${tried.states} states, ${perMinute} a minute`;
}
