import fc from "fast-check";
import type { LogState } from "../../src/log/entry.ts";

/** Any sequence of UTF-16 units: NUL, lone surrogates, quotes; most often short and plain. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6, unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(0, 0xd83d, 0xde00, 0x22, 0x5c, 0x24), fc.nat(0xffff)), { maxLength: 4 })
      .map((units) => String.fromCharCode(...units)),
  },
);

const arbitraryKey = fc.oneof(
  arbitraryText,
  fc.constantFrom("__proto__", "constructor", "toString", "$", "v", "", "0", "10", "then", "toJSON"),
);

/** What any text may follow. Whole URLs, as fast-check draws them, take more time than all else together. */
const urlBeginnings = ["https://example.org/", "http://us%40er:pass@[::1]:81/?q=", "file:///", "data:,", "mailto:#"];

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  arbitraryText,
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, undefined, true, false, -0, Number.NaN, Infinity, -Infinity),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => new Uint8Array(bytes)),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.constantFrom(...urlBeginnings), arbitraryText).map(([beginning, text]) => new URL(beginning + text)),
  fc.constantFrom(/a\/b/giu, /(?:)/, /\uD83D/),
  fc.constantFrom({ $: "date", v: 0 }, { $: "map", v: [[1, 2]] }, { $: "object", v: [["a", 1]] }, { $: "nothing" }),
);

function recordOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

function bareOf(entries: readonly (readonly [string, unknown])[]): object {
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) record[key] = value;
  return record;
}

/** Any value that can be stored. */
export const arbitraryValue: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const value = tie("value");
  const entries = fc.array(fc.tuple(arbitraryKey, value), { maxLength: 4 });
  return {
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      { weight: 2, arbitrary: fc.array(value, { maxLength: 5 }) },
      { weight: 2, arbitrary: entries.map(recordOf) },
      { weight: 1, arbitrary: entries.map(bareOf) },
      { weight: 1, arbitrary: fc.array(fc.tuple(value, value), { maxLength: 3 }).map((pairs) => new Map(pairs)) },
      { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }).map((items) => new Set(items)) },
    ),
  };
}).value;

/** A state as the log sees it. */
export const arbitraryState: fc.Arbitrary<LogState> = fc
  .array(fc.tuple(arbitraryKey, arbitraryValue), { maxLength: 6 })
  .map((entries) => recordOf(entries) as LogState);

/** A state, and one that was made of it by the edits that agents make, or that has nothing to do with it. */
export const arbitraryStatePair: fc.Arbitrary<readonly [LogState, LogState]> = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(arbitraryState, arbitraryState) },
  {
    weight: 4,
    arbitrary: arbitraryState.chain((state) => fc.tuple(fc.constant(state), editsOf(state))),
  },
);

function editsOf(state: LogState): fc.Arbitrary<LogState> {
  const entries = Object.keys(state).map((key) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([[key, state[key]] as const]) },
      { weight: 3, arbitrary: editOf(state[key]).map((value) => [[key, value] as const]) },
      { weight: 1, arbitrary: fc.constant([] as (readonly [string, unknown])[]) },
    ),
  );
  const added = fc.array(fc.tuple(arbitraryKey, arbitraryValue), { maxLength: 2 });
  return fc.tuple(fc.tuple(...entries), added).map(([kept, more]) => recordOf([...kept.flat(), ...more]) as LogState);
}

/** Arrays are spliced, everything else is replaced. */
function editOf(value: unknown): fc.Arbitrary<unknown> {
  if (!Array.isArray(value)) return arbitraryValue;
  const splice = fc.tuple(fc.nat(value.length), fc.nat(value.length), fc.array(arbitraryValue, { maxLength: 3 }));
  return fc.oneof(
    splice.map(([at, remove, items]) => (value as unknown[]).toSpliced(at, remove, ...items)),
    fc.constant(value.toReversed()),
    fc.constant([...(value as unknown[]), ...(value as unknown[])]),
    arbitraryValue,
  );
}
