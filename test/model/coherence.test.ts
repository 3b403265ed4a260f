import { afterAll, describe, expect, test } from "vitest";
import { coherenceModel } from "./coherence/model.ts";
import { economies, mutants } from "./coherence/mutants.ts";
import { rules, type Rule } from "./coherence/rules.ts";
import { configurationOf, exploredWorlds, type WorldName } from "./coherence/worlds.ts";
import { explore, type Exploration } from "./explorer.ts";
import { isFull, searchTimeoutMs } from "./model-size.ts";

const size = isFull ? "large" : "small";
const counts: string[] = [];

async function search(world: WorldName, broken: readonly Rule[] = []): Promise<Exploration> {
  const found = await explore(coherenceModel(configurationOf(world, size), broken));
  const steps = found.counterexample === undefined ? "holds" : `violated in ${found.counterexample.steps.length} steps`;
  const without = broken.length === 0 ? "" : ` without ${broken.join(" and ")}`;
  counts.push(`${world}${without}: ${found.stateCount} states, depth ${found.depth}, ${steps}`);
  return found;
}

afterAll(() => {
  console.log(counts.join("\n"));
});

describe(`coherence holds in the ${size} world`, () => {
  test.each(exploredWorlds)(
    "%s",
    async (world) => {
      expect((await search(world)).counterexample).toBeUndefined();
    },
    searchTimeoutMs,
  );
});

describe("a broken rule is caught:", () => {
  const cases = mutants.map((mutant) => ({ ...mutant, what: mutant.broken.map((rule) => rules[rule]).join(", and ") }));
  test.each(cases)(
    "$what",
    async ({ broken, world, guarantee, steps, stepsInLarge = steps }) => {
      const { counterexample } = await search(world, broken);
      expect(counterexample?.violation).toMatch(new RegExp(`^${guarantee}: `));
      expect(counterexample?.steps).toHaveLength(isFull ? stepsInLarge : steps);
    },
    searchTimeoutMs,
  );

  test("every rule", () => {
    const known = [...mutants, ...economies].flatMap(({ broken }) => broken);
    expect([...new Set(known)].sort()).toEqual(Object.keys(rules).sort());
  });
});

describe("nothing is violated, because it is for economy only:", () => {
  test.each(economies)(
    "without $broken",
    async ({ broken, world }) => {
      expect((await search(world, broken)).counterexample).toBeUndefined();
    },
    searchTimeoutMs,
  );
});
