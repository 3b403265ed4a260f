import { isObject } from "../model/value.ts";

/**
 * Whether two captured values are the same to anybody who could read them back: types, key order, -0, NaN and Map order included.
 * Immutable objects are compared by identity first, which makes comparing an unchanged conversation O(messages) pointers.
 */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  return isObject(left) && isObject(right) && sameObject(left, right);
}

function sameObject(left: object, right: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(left);
  if (prototype !== Object.getPrototypeOf(right)) return false;
  if (Array.isArray(left)) return sameList(left, right as readonly unknown[]);
  if (prototype === Object.prototype || prototype === null) return sameRecord(left, right);
  if (left instanceof Date) return Object.is(left.getTime(), (right as Date).getTime());
  if (left instanceof Map) return sameList(flatten(left), flatten(right as ReadonlyMap<unknown, unknown>));
  if (left instanceof Set) return sameList([...left], [...(right as ReadonlySet<unknown>)]);
  if (left instanceof Uint8Array) return sameList([...left], [...(right as Uint8Array)]);
  if (left instanceof URL) return left.href === (right as URL).href;
  return sameRegExp(left as RegExp, right as RegExp);
}

function sameRegExp(left: RegExp, right: RegExp): boolean {
  return left.source === right.source && left.flags === right.flags;
}

function sameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (!sameValue(left[index], right[index])) return false;
  }
  return true;
}

function sameRecord(left: object, right: object): boolean {
  const keys = Object.keys(left);
  const others = Object.keys(right);
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string; // index < length
    if (key !== others[index]) return false;
    if (!sameValue((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function flatten(map: ReadonlyMap<unknown, unknown>): unknown[] {
  return [...map].flat(1);
}
