import { describe, expect, test } from "vitest";
import { economies } from "./coherence/mutants.ts";
import { search, size } from "./coherence/search.ts";
import { exploredWorlds } from "./coherence/worlds.ts";
import { searchTimeoutMs } from "./model-size.ts";

describe(`coherence holds in the ${size} world`, () => {
  test.each(exploredWorlds)(
    "%s",
    async (world) => {
      expect((await search(world)).counterexample).toBeUndefined();
    },
    searchTimeoutMs,
  );
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
