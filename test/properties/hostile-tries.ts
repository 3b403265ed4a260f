import assert from "node:assert/strict";
import { inspect } from "node:util";
import { portraitOf } from "../../src/conformance/portrait.ts";
import { CheckpointerError, NotFoundError, StorageUnavailableError } from "../../src/index.ts";
import type { Place } from "./hostile-places.ts";
import type { HostileStage } from "./hostile-stages.ts";

/** What was tried, on every storage. */
export interface Tried {
  /** Came back as it was. */
  kept: number;
  /** Was looked for, or stood in the place of something else that is not kept. */
  answered: number;
  /** Was refused. */
  refused: number;
}

let examples = 0;

/** Puts a value that is made anew each time. What came of it, such that it must be the same on every storage. */
export async function tryOn(stage: HostileStage, place: Place, make: () => unknown, tried: Tried): Promise<string> {
  const config = { threadId: `thread ${++examples}`, userId: `user ${examples}` };
  await stage.clear();
  const writer = stage.open();
  const before = await stage.dump();
  try {
    await place.put(writer, config, make());
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
  const expected = portraitOf(make(), place.isSorted);
  // What differs may be long.
  if (expected.length > 100_000) assert.ok(found === expected, `${stage.name} answers another value`);
  else assert.equal(found, expected, `${stage.name} answers another value`);
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
  const shown = inspect(error, { depth: 10, showHidden: true });
  assert.doesNotMatch(shown, /secret text/);
  assert.ok(shown.length < 10_000, `${stage} quotes what it refuses`);
}
