import type { StandardSchemaV1 } from "@standard-schema/spec";
import { encodeValue } from "../log/value-codec.ts";
import type { LogState } from "../log/entry.ts";
import { kindOf } from "../model/check-shape.ts";
import { ValidationError } from "../model/errors.ts";
import { formatPath, isObject, isRecord } from "../model/value.ts";

/** What is left to say without the schema's words: they may quote what was given, as valibot's do. */
const ADVICE = `what it says of it may quote values and is not repeated here; ask it yourself: schema["~standard"].validate(fields)`;

/**
 * The error for what a schema refuses. It names the field by its place in the state, and of which type the value there is; the schema's own
 * words are left out.
 *
 * @param custom - the fields as the schema was given them
 */
export function schemaRefusal(issue: StandardSchemaV1.Issue | undefined, custom: LogState): ValidationError {
  const { keys, found } = placeOf(issue?.path ?? [], custom);
  const problem = found === undefined ? "is missing, or not what" : `is ${kindOf(found.value)} that is not what`;
  return new ValidationError(formatPath("state", keys), `${problem} the state's schema accepts; ${ADVICE}`);
}

/** The error for a schema that does not answer: it is the caller's code, and what it throws may quote values as well. */
export function schemaFailure(className: string): ValidationError {
  return new ValidationError("state", `its schema threw ${className} instead of answering issues; ${ADVICE}`);
}

/** A place in a state. */
interface Place {
  /** Where it is, as far as that can be told without telling a value. */
  readonly keys: readonly (string | number)[];
  /** What stands there; undefined: nothing. */
  readonly found: { readonly value: unknown } | undefined;
}

/** Follows a path as far as it leads. Entries of a Map are counted, because its keys are values of the user's. */
function placeOf(path: readonly unknown[], custom: LogState): Place {
  const keys: (string | number)[] = [];
  let value: unknown = custom;
  for (const segment of path) {
    const key: unknown = isObject(segment) && "key" in segment ? segment.key : segment;
    const step = stepInto(value, key);
    if (step === undefined) {
      const isMissing = isRecord(value) && typeof key === "string" && !holdsText(custom, key);
      return isMissing ? { keys: [...keys, key], found: undefined } : { keys, found: { value } };
    }
    keys.push(step.key);
    value = step.value;
  }
  return { keys, found: { value } };
}

/** What a key leads to, and what it is called; undefined: nowhere. */
function stepInto(
  value: unknown,
  key: unknown,
): { readonly key: string | number; readonly value: unknown } | undefined {
  if (value instanceof Map) {
    const index = [...(value as ReadonlyMap<unknown, unknown>).keys()].indexOf(key);
    return index < 0 ? undefined : { key: index, value: value.get(key) };
  }
  const name = typeof key === "number" ? String(key) : key;
  if (typeof name !== "string") return undefined;
  if (Array.isArray(value))
    return /^\d+$/.test(name) && name in value ? { key: Number(name), value: value[Number(name)] } : undefined;
  return isRecord(value) && Object.hasOwn(value, name) ? { key: name, value: value[name] } : undefined;
}

/** Whether a text stands anywhere in the fields, but as the name of a property: then a schema may have made its path of a value. */
function holdsText(custom: LogState, text: string): boolean {
  const pieces = encodeValue(custom).split(JSON.stringify(text));
  return pieces.slice(1).some((rest) => !rest.startsWith(":"));
}
