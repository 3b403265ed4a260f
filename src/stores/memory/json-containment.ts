import { isTag } from "../../log/value-codec.ts";
import { isObject } from "../../model/value.ts";

/**
 * PostgreSQL's `jsonb @>` on parsed JSON: whether `right` is contained in `left`. Objects by their keys, recursively; arrays as sets,
 * whatever the order and repetitions; scalars by equality, numbers as numbers (`1.0` is `1`). Inside of them, what stands for a value that JSON does not
 * have is contained in its own kind alone: `{}` is not contained in a Date.
 *
 * @param left - what `JSON.parse` gave for the value that is searched
 * @param right - what `JSON.parse` gave for the pattern
 */
export function containsJson(left: unknown, right: unknown): boolean {
  // PostgreSQL's one exception to "structures must match", and only at the top: an array contains a bare scalar.
  if (Array.isArray(left) && !isObject(right)) return left.includes(right);
  return containsStructure(left, right);
}

function containsValue(left: unknown, right: unknown): boolean {
  if (isObject(left) && isObject(right) && isTag(left) !== isTag(right)) return false;
  return containsStructure(left, right);
}

function containsStructure(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return left === right;
  if (Array.isArray(left)) return Array.isArray(right) && containsItems(left, right);
  return !Array.isArray(right) && containsFields(left as JsonObject, right as JsonObject);
}

function containsItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return right.every((wanted) => left.some((item) => containsValue(item, wanted)));
}

function containsFields(left: JsonObject, right: JsonObject): boolean {
  // hasOwn: a pattern's key `constructor` must not find what every object inherits.
  return Object.keys(right).every((key) => Object.hasOwn(left, key) && containsValue(left[key], right[key]));
}

type JsonObject = Readonly<Record<string, unknown>>;
