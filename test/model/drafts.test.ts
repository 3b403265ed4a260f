import { afterAll, describe, expect, test } from "vitest";
import { configurations, smallWorlds } from "./drafts/configuration.ts";
import { draftsModel } from "./drafts/model.ts";
import { mutants } from "./drafts/mutants.ts";
import { rules, type Rule } from "./drafts/rules.ts";
import { explore, type Exploration } from "./explorer.ts";
import { isFull, searchTimeoutMs } from "./model-size.ts";

type WorldName = keyof typeof configurations;

const worlds = isFull ? (Object.keys(configurations) as WorldName[]) : smallWorlds;
const counts: string[] = [];

async function search(world: WorldName, broken?: Rule): Promise<Exploration> {
  const found = await explore(draftsModel(configurations[world], broken === undefined ? [] : [broken]));
  const steps = found.counterexample === undefined ? "holds" : `violated in ${found.counterexample.steps.length} steps`;
  const without = broken === undefined ? "" : ` without ${broken}`;
  counts.push(`${world}${without}: ${found.stateCount} states, depth ${found.depth}, ${steps}`);
  return found;
}

afterAll(() => {
  console.log(counts.join("\n"));
});

describe("no draft is lost, doubled, mixed or hidden, and flushers alone can always finish, in the world", () => {
  test.each(worlds)(
    "%s",
    async (world) => {
      expect((await search(world)).counterexample).toBeUndefined();
    },
    searchTimeoutMs,
  );
});

describe("a broken rule is caught:", () => {
  test.each(mutants.map((mutant) => ({ ...mutant, what: rules[mutant.broken] })))(
    "$what",
    async ({ broken, world, steps, violation }) => {
      const { counterexample } = await search(world, broken);
      expect(counterexample?.violation).toMatch(violation);
      expect(counterexample?.steps).toHaveLength(steps);
    },
    searchTimeoutMs,
  );

  test("every rule", () => {
    expect(mutants.map(({ broken }) => broken).sort()).toEqual(Object.keys(rules).sort());
  });
});
