import * as v from "valibot";
import { type CheckpointerError, ValidationError } from "./errors.ts";
import { readInput } from "./read-input.ts";
import { formatPath } from "./value.ts";

/** Makes the error that names a field and its problem. */
export type ShapeError = (field: string, problem: string) => CheckpointerError;

const validationError: ShapeError = (field, problem) => new ValidationError(field, problem);

/**
 * Checks a value's shape and answers it as it came, not as a copy.
 * The error says what was expected and of which type the value was, never the value itself.
 *
 * @throws what `error` makes; {@link ValidationError} unless told
 */
export function checkShape<T>(
  shape: v.GenericSchema<unknown, T>,
  value: unknown,
  field: string,
  error: ShapeError = validationError,
): T {
  // A shape that has words of its own for what is wrong keeps them: `message` speaks for the others.
  const result = readInput(
    () => v.safeParse(shape, value, { abortEarly: true, message: problemOf }),
    (problem) => error(field, problem),
  );
  if (result.success) return value as T;
  const [issue] = result.issues;
  throw error(fieldOf(issue, field), issue.message);
}

function fieldOf(issue: v.BaseIssue<unknown>, field: string): string {
  return formatPath(
    field,
    (issue.path ?? []).map((item) => (typeof item.key === "number" ? item.key : String(item.key))),
  );
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.kind !== "schema") return issue.message;
  if (issue.type === "strict_object" && issue.expected === "never") return "is not known here";
  if (issue.received !== "undefined") return `expected ${issue.expected}, got ${kindOf(issue.input)}`;
  // Of a key that is not there, valibot expects the key itself.
  const isKey = issue.type === "strict_object" || issue.type === "loose_object";
  return isKey ? "is missing" : `is missing; expected ${issue.expected}`;
}

/** What a value is, without telling the value. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
