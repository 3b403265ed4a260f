import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { CheckpointerError } from "../index.ts";
import { portraitOf } from "./portrait.ts";

/** A class of errors. */
export type ErrorClass<E extends CheckpointerError> = new (...args: never[]) => E;

/** The values are the same to anybody who looks at them, the order of keys included. */
export function sameExactly(actual: unknown, expected: unknown): void {
  assert.equal(portraitOf(actual), portraitOf(expected));
}

/** As {@link sameExactly}, but for the order of keys. */
export function sameFields(actual: unknown, expected: unknown): void {
  assert.equal(portraitOf(actual, true), portraitOf(expected, true));
}

/** The promise is rejected with an error of this very class, whose code is stable; answers it. */
export async function rejection<E extends CheckpointerError>(
  promise: Promise<unknown>,
  errorClass: ErrorClass<E>,
): Promise<E> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) assert.fail(`expected ${errorClass.name}, but the call succeeded`);
  const { error } = outcome;
  assert.ok(error instanceof errorClass, `expected ${errorClass.name}, got ${inspect(error)}`);
  assert.ok(error instanceof CheckpointerError);
  assert.equal(error.name, errorClass.name);
  assert.match(error.code, /^AGENITY_[A-Z_]+$/);
  return error;
}

/** The value is frozen to the last leaf. */
export function deeplyFrozen(value: unknown, path = "value"): void {
  if (typeof value !== "object" || value === null) return;
  assert.ok(Object.isFrozen(value), `${path} is not frozen`);
  for (const [key, item] of Object.entries(value)) deeplyFrozen(item, `${path}.${key}`);
}

/** Of some calls, how many succeeded, and the errors of the others. */
export async function settled(calls: readonly Promise<unknown>[]): Promise<{ succeeded: number; errors: unknown[] }> {
  const outcomes = await Promise.allSettled(calls);
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  return { succeeded: outcomes.length - errors.length, errors };
}

/** How long something that happens by itself may take. */
const EVENTUALLY_MS = 20_000;

/** Waits for what happens by itself, sooner or later, and which nobody announces. */
export async function eventually(what: string, hasHappened: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + EVENTUALLY_MS;
  while (!(await hasHappened())) {
    if (performance.now() > deadline) assert.fail(`has not happened: ${what}`);
    await sleep(20);
  }
}
