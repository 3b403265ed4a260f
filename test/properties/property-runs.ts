import { randomInt } from "node:crypto";

/** How a property is run. */
export interface PropertyRuns {
  /** How many examples are tried. */
  readonly numRuns: number;
  /** What they are drawn from; the same seed draws the same ones. */
  readonly seed: number;
  /** The one example to try again, as a failure names it; `""`: all. */
  readonly path: string;
}

/**
 * So many examples, or as many as `AGENITY_PROPERTY_RUNS` says, from a new seed, or from `AGENITY_PROPERTY_SEED` to repeat a failure. Put
 * the seed in the test's name. `AGENITY_PROPERTY_PATH`, with the seed, repeats only the example that failed, as small as it was made.
 */
export function propertyRuns(usual: number): PropertyRuns {
  return {
    numRuns: numberFrom("AGENITY_PROPERTY_RUNS") ?? usual,
    seed: numberFrom("AGENITY_PROPERTY_SEED") ?? randomInt(2 ** 31),
    path: process.env["AGENITY_PROPERTY_PATH"] ?? "",
  };
}

function numberFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`${variable}: expected a whole number`);
  return Number(text);
}
