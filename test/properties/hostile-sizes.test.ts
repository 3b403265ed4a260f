import assert from "node:assert/strict";
import { afterAll, describe, inject, test } from "vitest";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { schemaFor } from "../servers/schema-per-file.ts";
import { textPlaces, valuePlaces } from "./hostile-places.ts";
import { cook } from "./hostile-recipes.ts";
import { type HostileStage, openHostileStages } from "./hostile-stages.ts";
import { tryOn, type Tried } from "./hostile-tries.ts";
import { propertyRuns } from "./property-runs.ts";

const { stages, close } = await openHostileStages({
  databaseUrl: inject("databaseUrl"),
  cacheUrl: inject("cacheUrl"),
  schema: schemaFor(import.meta.url),
  keyPrefix: keyPrefixFor(import.meta.url),
});
afterAll(close);

const { seed } = propertyRuns(1);
const isFull = process.env["AGENITY_TESTS"] === "full";

/** 10 MB of UTF-8 that no compression makes small, of letters of every width. */
function longText(): string {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz0123456789 .,:;%_\\'\"{}[]$äöüßéñ語文字\u{1F600}");
  let random = 1;
  let text = "";
  for (let bytes = 0; bytes < 10_000_000;) {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    const letter = letters[(random >> 8) % letters.length] ?? "";
    text += letter;
    bytes += Buffer.byteLength(letter);
  }
  return text;
}

const long = longText();

/**
 * Where a place is tried. In the usual run one place that keeps what it gets and one that does not, for each size, on one storage, others each
 * time: all of them take many minutes.
 */
function stagesFor(place: number, places: number, size: number): readonly HostileStage[] {
  if (isFull) return stages;
  return stages.filter((_, stage) => place === (seed + size) % places && stage === (seed + size) % stages.length);
}

const sizes: Readonly<Record<string, () => unknown>> = {
  "a text of 10 MB": () => long,
  "a text of 10 MB with NUL and half an emoji": () => `\0${long}\uD83D`,
  "lists in lists, 10,000 deep": () => cook({ core: "deep lists", within: [] }),
  "records in records, 10,000 deep": () => cook({ core: "deep records", within: [] }),
  "Maps in Maps, 10,000 deep": () => {
    let value: unknown = 0;
    for (let level = 0; level < 10_000; level++) value = new Map([["k", value]]);
    return value;
  },
};

describe.each([...Object.keys(sizes).entries()])(`size %s, %s (seed ${seed})`, (order, size) => {
  test("comes back exactly, or is refused with its field and nothing is written", { timeout: 600_000 }, async () => {
    const tried: Tried = { kept: 0, answered: 0, refused: 0 };
    const make = sizes[size] ?? assert.fail;
    const places = typeof make() === "string" ? { ...valuePlaces, ...textPlaces } : valuePlaces;
    const keepers = Object.entries(places).filter(([, { get }]) => get !== undefined);
    const others = Object.entries(places).filter(([, { get }]) => get === undefined);
    for (const named of [keepers, others]) {
      for (const [index, [name, place]] of named.entries()) {
        const outcomes: string[] = [];
        for (const stage of stagesFor(index, named.length, order)) {
          outcomes.push(await tryOn(stage, place, make, tried));
        }
        assert.ok(new Set(outcomes).size <= 1, `${name}: they differ: ${outcomes.join(" | ")}`);
      }
    }
    console.log(`${size}: ${JSON.stringify(tried)}`);
  });
});
