import { afterAll } from "vitest";
import { explore, type Exploration } from "../explorer.ts";
import { isFull } from "../model-size.ts";
import { coherenceModel } from "./model.ts";
import type { Rule } from "./rules.ts";
import { configurationOf, type WorldName } from "./worlds.ts";

/** The size in which worlds are explored. */
export const size = isFull ? "large" : "small";
const counts: string[] = [];

/** Explores a world in which some rules are broken. What it came to is written to the console when the test file ends. */
export async function search(world: WorldName, broken: readonly Rule[] = []): Promise<Exploration> {
  const found = await explore(coherenceModel(configurationOf(world, size), broken));
  const steps = found.counterexample === undefined ? "holds" : `violated in ${found.counterexample.steps.length} steps`;
  const without = broken.length === 0 ? "" : ` without ${broken.join(" and ")}`;
  counts.push(`${world}${without}: ${found.stateCount} states, depth ${found.depth}, ${steps}`);
  return found;
}

afterAll(() => {
  console.log(counts.join("\n"));
});
