import assert from "node:assert/strict";
import fc from "fast-check";
import { afterAll, describe, inject, test } from "vitest";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { schemaFor } from "../servers/schema-per-file.ts";
import { valuePlaces } from "./hostile-places.ts";
import { arbitraryRecipe, cook, hostile, type Recipe } from "./hostile-recipes.ts";
import { openHostileStages } from "./hostile-stages.ts";
import { tryOn, type Tried } from "./hostile-tries.ts";
import { propertyRuns } from "./property-runs.ts";

const { stages, close } = await openHostileStages({
  databaseUrl: inject("databaseUrl"),
  cacheUrl: inject("cacheUrl"),
  schema: schemaFor(import.meta.url),
  keyPrefix: keyPrefixFor(import.meta.url),
});
afterAll(close);

const runs = propertyRuns(60);

/** What was tried, on every storage. */
const tried: Tried = { kept: 0, answered: 0, refused: 0 };

describe(`whatever is given, wherever (seed ${runs.seed})`, () => {
  test("comes back exactly, or is refused with its field and nothing is written", { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    const names = fc.constantFrom(...Object.keys(valuePlaces));
    await fc.assert(fc.asyncProperty(names, arbitraryRecipe, tryEverywhere), runs);
    report(startedAt);
  });

  test("every hostile value, in a state or in metadata", { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    for (const [index, core] of Object.keys(hostile).entries()) {
      // Half of them here and half of them there: which, the seed says.
      const place = (index + runs.seed) % 2 === 0 ? "a field of a state" : "metadata of a thread";
      await tryEverywhere(place, { core, within: [] });
    }
    report(startedAt);
  });
});

function report(startedAt: number): void {
  const count = tried.kept + tried.answered + tried.refused;
  const perMinute = Math.round((count * 60_000) / (performance.now() - startedAt));
  console.log(`${count} values tried (${perMinute} a minute): ${JSON.stringify(tried)}`);
  Object.assign(tried, { kept: 0, answered: 0, refused: 0 });
}

async function tryEverywhere(name: string, recipe: Recipe): Promise<void> {
  const place = valuePlaces[name];
  if (place === undefined) throw new Error(`no place ${name}`);
  const outcomes: string[] = [];
  for (const stage of stages) outcomes.push(await tryOn(stage, place, () => cook(recipe), tried));
  assert.equal(new Set(outcomes).size, 1, `they differ: ${outcomes.join(" | ")}`);
}
