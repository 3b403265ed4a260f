import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, describe, inject, test } from "vitest";
import { portraitOf } from "../../src/conformance/portrait.ts";
import { CheckpointerError, NotFoundError, StorageUnavailableError } from "../../src/index.ts";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { schemaFor } from "../servers/schema-per-file.ts";
import { type Place, valuePlaces } from "./hostile-places.ts";
import { arbitraryRecipe, cook, hostile, type Recipe } from "./hostile-recipes.ts";
import { type HostileStage, openHostileStages } from "./hostile-stages.ts";
import { propertyRuns } from "./property-runs.ts";

const { stages, close } = await openHostileStages({
  databaseUrl: inject("databaseUrl"),
  cacheUrl: inject("cacheUrl"),
  schema: schemaFor(import.meta.url),
  keyPrefix: keyPrefixFor(import.meta.url),
});
afterAll(close);

const runs = propertyRuns(240);

/** What was tried, on every storage. */
const tried = { kept: 0, answered: 0, refused: 0 };

describe(`whatever is given, wherever (seed ${runs.seed})`, () => {
  test("comes back exactly, or is refused with its field and nothing is written", { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    const names = fc.constantFrom(...Object.keys(valuePlaces));
    await fc.assert(fc.asyncProperty(names, arbitraryRecipe, tryEverywhere), runs);
    report(startedAt);
  });

  test("every hostile value, in a state and in metadata", { timeout: 600_000 }, async () => {
    const startedAt = performance.now();
    for (const core of Object.keys(hostile)) {
      for (const place of ["a field of a state", "metadata of a thread"]) {
        await tryEverywhere(place, { core, within: [] });
      }
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
  for (const stage of stages) outcomes.push(await tryOn(stage, place, recipe));
  assert.equal(new Set(outcomes).size, 1, `they differ: ${outcomes.join(" | ")}`);
}

let examples = 0;

/** What came of it, such that it must be the same on every storage. */
async function tryOn(stage: HostileStage, place: Place, recipe: Recipe): Promise<string> {
  const config = { threadId: `thread ${++examples}`, userId: `user ${examples}` };
  await stage.clear();
  const writer = stage.open();
  const before = await stage.dump();
  try {
    await place.put(writer, config, cook(recipe));
  } catch (error) {
    assertClear(error, stage.name);
    assert.equal(await stage.dump(), before, `${stage.name} refused it, and wrote`);
    tried.refused++;
    return `refused: ${error.message}`;
  } finally {
    await writer.release();
  }
  if (place.get === undefined) {
    tried.answered++;
    return "answered";
  }
  const reader = stage.open();
  const found = portraitOf(await place.get(reader, config), place.isSorted);
  await reader.release();
  assert.equal(found, portraitOf(cook(recipe), place.isSorted), `${stage.name} answers another value`);
  tried.kept++;
  return "kept";
}

/** An error of ours that names a field, blames nobody else, and tells nothing of the value. */
function assertClear(error: unknown, stage: string): asserts error is CheckpointerError {
  assert.ok(error instanceof CheckpointerError, `${stage} threw ${inspect(error)}`);
  assert.ok(!(error instanceof StorageUnavailableError), `${stage} blames its storage: ${inspect(error)}`);
  const field =
    error instanceof NotFoundError
      ? error.field
      : ((error as { field?: string; path?: string }).field ?? (error as { path?: string }).path);
  assert.match(field ?? "", /^\w/, `${stage} names no field: ${inspect(error)}`);
  assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /secret text/);
}
