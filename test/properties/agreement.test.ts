import assert from "node:assert/strict";
import fc from "fast-check";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { schemaFor } from "../servers/schema-per-file.ts";
import { arbitraryCalls } from "./arbitrary-calls.ts";
import { allOf, type Batch, model, type Played, playBatch, sameAsModel, sameInAll } from "./play-batch.ts";
import { propertyRuns } from "./property-runs.ts";
import { type Store, storeMakers } from "./stores.ts";

/** Sequences that are played at once. */
const SIDE_BY_SIDE = 8;

const places = {
  databaseUrl: inject("databaseUrl"),
  cacheUrl: inject("cacheUrl"),
  schema: schemaFor(import.meta.url),
  keyPrefix: keyPrefixFor(import.meta.url),
};
const names = Object.keys(storeMakers);
const stores: Store[] = [];

const runs = propertyRuns(40);

/** How long it may take, in milliseconds, to find a failure and to make it small; what is found by then is told. */
const LIMIT_MS = 60_000 + runs.numRuns * 1_000;

/** What was tried, by the names of methods and the codes of errors. */
const tried = { sequences: 0, calls: new Map<string, number>(), errors: new Map<string, number>() };

beforeAll(async () => {
  for (const make of Object.values(storeMakers)) stores.push(await make(places));
});

afterAll(async () => {
  for (const store of stores) await store.close();
});

describe(`memory, PostgreSQL and PGlite, without a cache and with one (seed ${runs.seed})`, () => {
  test("answer whatever is called as the plain model does, and alike", { timeout: LIMIT_MS + 60_000 }, async () => {
    const startedAt = performance.now();
    const batches = fc.tuple(...Array.from({ length: SIDE_BY_SIDE }, () => arbitraryCalls));
    await fc.assert(fc.asyncProperty(batches, agree), {
      ...runs,
      numRuns: Math.ceil(runs.numRuns / SIDE_BY_SIDE),
      interruptAfterTimeLimit: LIMIT_MS,
      markInterruptAsFailure: true,
    });
    console.log(`${summary()}; ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    if (tried.sequences < 40) return; // a failure that is repeated tries what it takes, and no more
    assert.equal(tried.calls.size, 17, "a method was never called");
    assert.equal(tried.errors.size, 4, "a refusal never came: access, conflict, not found, validation");
  });
});

async function agree(batch: Batch): Promise<void> {
  const expected = await playBatch(batch, model);
  const played = await allOf(stores.map((store) => playBatch(batch, store)));
  count(expected);
  for (const [index, each] of played.entries()) sameAsModel(each, expected, names[index] ?? "");
  const [first, ...others] = played as [Played, ...Played[]]; // one a store
  for (const [index, other] of others.entries()) sameInAll(other, first, `${names[index + 1]} and ${names[0]}`);
}

function count({ sequences, answers }: Played): void {
  const add = (counts: Map<string, number>, key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  tried.sequences += sequences.length;
  for (const { call } of sequences.flat()) add(tried.calls, call);
  for (const { errorCode } of answers.flat()) if (errorCode !== undefined) add(tried.errors, errorCode);
}

function summary(): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    Array.from(counts, ([name, number]) => `${name} ${number}`)
      .toSorted((left, right) => (left < right ? -1 : 1))
      .join(", ");
  const calls = [...tried.calls.values()].reduce((sum, number) => sum + number, 0);
  return `${tried.sequences} sequences, ${calls} calls of each store: ${list(tried.calls)}; refused: ${list(tried.errors)}`;
}
