import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { portraitOf } from "../../src/conformance/portrait.ts";
import { diff } from "../../src/log/diff.ts";
import { decodeEntry, encodeEntry } from "../../src/log/entry-codec.ts";
import type { Entry, LogState } from "../../src/log/entry.ts";
import { fold, foldAll } from "../../src/log/fold.ts";
import { sameValue } from "../../src/log/same-value.ts";
import { decodeValue, encodeValue } from "../../src/log/value-codec.ts";
import { captureImmutable, captureValue } from "../../src/model/value.ts";
import { arbitraryState, arbitraryStatePair, arbitraryValue } from "./arbitrary-values.ts";
import { propertyRuns } from "./property-runs.ts";

const runs = propertyRuns(1_000);

describe(`the log keeps every state (seed ${runs.seed})`, () => {
  test("folding what changed onto the state before gives the state after", () => {
    fc.assert(
      fc.property(arbitraryStatePair, ([before, after]) => {
        const delta = diff(before, after);
        const folded = delta === undefined ? before : fold(before, { kind: "delta", delta });
        sameState(folded, after);
      }),
      runs,
    );
  });

  test("nothing changed exactly where nothing can be told apart", () => {
    fc.assert(
      fc.property(arbitraryStatePair, ([before, after]) => {
        const isSame = portraitOf(sorted(before)) === portraitOf(sorted(after));
        assert.equal(diff(before, after) === undefined, isSame);
      }),
      runs,
    );
  });

  test("a history that was written and read again folds to its states, one by one and at once", () => {
    fc.assert(
      fc.property(fc.array(arbitraryStatePair, { minLength: 1, maxLength: 5 }), (pairs) => {
        const states = pairs.flat();
        const entries = readAgain(historyOf(states));
        let current: LogState | null = null;
        for (const [index, entry] of entries.entries()) {
          const earlier: string = current === null ? "" : portraitOf(current);
          const next = fold(current, entry);
          sameState(next, states[index] as LogState);
          if (current !== null) assert.equal(portraitOf(current), earlier, "folding changed what it was given");
          current = next;
        }
        assert.equal(portraitOf(foldAll(null, entries)), portraitOf(current));
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 5) },
    );
  });

  test("every value that is encoded is decoded as it was", () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        assert.equal(portraitOf(decodeValue(encodeValue(value))), portraitOf(value));
      }),
      runs,
    );
  });

  test("every value for jsonb has only text that jsonb takes, and survives keys in another order", () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        const decoded = decodeValue(throughJsonb(encodeValue(value, "jsonb")));
        assert.equal(portraitOf(decoded, true), portraitOf(value, true));
      }),
      runs,
    );
  });

  test("values are the same where nothing tells them apart, and only there", () => {
    fc.assert(
      fc.property(arbitraryStatePair, ([left, right]) => {
        assert.equal(sameValue(left, right), portraitOf(left) === portraitOf(right));
        assert.equal(sameValue(left, captureValue(left, "copy")), true);
      }),
      runs,
    );
  });

  test("a captured value is the same value, shares nothing that can change, and may be frozen", () => {
    fc.assert(
      fc.property(arbitraryState, (state) => {
        const before = portraitOf(state);
        const copy = captureValue(state, "state");
        const frozen = captureImmutable(state, "state");
        assert.equal(portraitOf(copy), before);
        assert.equal(portraitOf(frozen), before);
        assert.equal(Object.isFrozen(frozen), true);
        assert.equal(Object.isFrozen(state), false);
        for (const key of Object.keys(state)) {
          const value = state[key];
          if (typeof value === "object" && value !== null) assert.notEqual(copy[key], value);
        }
      }),
      runs,
    );
  });
});

/** What PostgreSQL's `jsonb` does: it refuses NUL and lone surrogates, and orders keys by length. */
function throughJsonb(text: string): string {
  const take = (json: unknown): unknown => {
    if (typeof json === "string") assert.doesNotMatch(json, /[\0\p{Surrogate}]/u);
    if (Array.isArray(json)) return json.map(take);
    if (typeof json !== "object" || json === null) return json;
    const entries = Object.entries(json).map(([key, item]) => [take(key) as string, take(item)] as const);
    return Object.fromEntries(entries.toSorted(([left], [right]) => left.length - right.length));
  };
  return JSON.stringify(take(JSON.parse(text)));
}

/** Keys at the top have no order that matters: each is written by itself. */
function sorted(state: LogState): [string, unknown][] {
  return Object.entries(state).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function sameState(actual: LogState | null, expected: LogState): void {
  assert.ok(actual !== null);
  assert.equal(portraitOf(sorted(actual)), portraitOf(sorted(expected)));
}

function historyOf(states: readonly LogState[]): Entry[] {
  return states.map((state, index): Entry => {
    const before = states[index - 1];
    return before === undefined ? { kind: "snapshot", state } : { kind: "delta", delta: diff(before, state) ?? {} };
  });
}

function readAgain(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => decodeEntry(encodeEntry(entry)));
}
