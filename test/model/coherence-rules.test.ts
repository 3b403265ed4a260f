import { describe, expect, test } from "vitest";
import { economies, mutants } from "./coherence/mutants.ts";
import { rules } from "./coherence/rules.ts";
import { search } from "./coherence/search.ts";
import { isFull, searchTimeoutMs } from "./model-size.ts";

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
