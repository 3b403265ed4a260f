import assert from "node:assert/strict";
import { portraitOf } from "../../src/conformance/portrait.ts";
import { CheckpointerError, StorageUnavailableError, versionOf } from "../../src/index.ts";
import { tokenOf } from "../../src/model/stamp.ts";
import { givenInstants } from "./arbitrary-calls.ts";

/** What came of a call, so that it can be held against what came of it elsewhere. */
export interface Answer {
  /** All that the documentation promises, so that the model answers it too. */
  readonly portrait: string;
  /** What is left to the implementation, and yet the same in every store: an error's words, the order of a state's fields, sizes. */
  readonly particulars: string;
  /** The error's code; undefined: the call succeeded. */
  readonly errorCode: string | undefined;
  /** Instants that the store took from its clock, in the order in which they stand in the answer, in milliseconds since 1970. */
  readonly instants: readonly number[];
}

/** What comes of a call. @throws what no store may throw: an error that is not ours, or one that blames the storage */
export async function answerTo(call: Promise<unknown>): Promise<Answer> {
  try {
    return showing(await call);
  } catch (error) {
    if (!(error instanceof CheckpointerError) || error instanceof StorageUnavailableError) throw error;
    const { name, message, code, retryable, ...more } = error;
    const portrait = portraitOf({ name, code, retryable, ...more }, true);
    return { portrait, particulars: message, errorCode: code, instants: [] };
  }
}

interface Seen {
  readonly instants: number[];
  readonly particulars: string[];
}

function showing(value: unknown): Answer {
  const seen: Seen = { instants: [], particulars: [] };
  const portrait = portraitOf(comparable(value, seen));
  return { portrait, particulars: seen.particulars.join("\n"), errorCode: undefined, instants: seen.instants };
}

/** Only what is the same in every store: neither a state's write id, nor what a clock showed, nor the order in which `jsonb` keeps keys. */
function comparable(value: unknown, seen: Seen): unknown {
  if (Array.isArray(value)) return value.map((item) => comparable(item, seen));
  if (typeof value !== "object" || value === null) return value;
  if ("createdAt" in value) return timed(value, seen);
  if ("context" in value) return versioned(value, seen);
  if ("stateBytes" in value) return counted(value, seen);
  if (!("state" in value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, comparable(part, seen)]));
}

function versioned(state: object, { particulars }: Seen): unknown {
  const token = tokenOf(state);
  const keys = Object.keys(state);
  particulars.push(JSON.stringify(keys));
  return {
    version: versionOf(state),
    threadId: token?.threadId,
    namespace: token?.namespace,
    fields: keys.toSorted().map((key) => [key, (state as Record<string, unknown>)[key]]),
  };
}

/** Statistics: how many bytes they are is no promise. */
function counted(stats: object, { particulars }: Seen): unknown {
  const { stateBytes, messageBytes, ...counts } = stats as Record<string, unknown>;
  particulars.push(`${String(stateBytes)} ${String(messageBytes)}`);
  return counts;
}

/** A thread or a version of a list. */
function timed(info: object, { instants }: Seen): unknown {
  const fields = Object.entries(info).map(([key, field]: [string, unknown]) => {
    if (key === "metadata") return [key, portraitOf(field, true)];
    return [key, field instanceof Date ? fromClock(field, instants) : field];
  });
  return Object.fromEntries(fields) as unknown;
}

const givenMs: ReadonlySet<number> = new Set(givenInstants.map((given) => given.getTime()));

function fromClock(instant: Date, instants: number[]): unknown {
  if (givenMs.has(instant.getTime())) return instant;
  assert.ok(!Number.isNaN(instant.getTime()), "an instant is not valid");
  instants.push(instant.getTime());
  return "from the clock";
}

/**
 * Whether two stores' instants stand in one order: where one of them tells which of two is earlier, the other does not tell the opposite.
 * Clocks count in steps, so what happened one after the other may have happened at once.
 */
export function agreeInOrder(left: readonly number[], right: readonly number[]): boolean {
  const pairs = left.map((instant, index) => ({ left: instant, right: right[index] ?? Number.NaN }));
  pairs.sort((one, other) => one.left - other.left || one.right - other.right);
  // Sorted by the left one, and by the right one where the left ones are equal: the right ones must not go down either.
  return (
    left.length === right.length &&
    pairs.every(({ right: instant }, index) => index === 0 || instant >= (pairs[index - 1]?.right ?? Number.NaN))
  );
}
