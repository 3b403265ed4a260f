/** What a rich value is compared by: its kind, and parts that are values themselves. */
interface Rich {
  readonly kind: string;
  readonly parts: unknown;
}

/**
 * Whether metadata contains what a filter names, as PostgreSQL's `@>`: objects by the fields named, lists as sets, all else by being the same.
 * Of values that JSON does not have, each kind contains only its own, by its parts.
 */
export function plainlyContains(whole: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(whole) && wanted.every((item) => whole.some((found) => plainlyContains(found, item)));
  }
  const [one, other] = [richOf(whole), richOf(wanted)];
  if (one === null || other === null) return one === other && containsAsJson(whole, wanted);
  return one.kind === other.kind && plainlyContains(one.parts, other.parts);
}

function containsAsJson(whole: unknown, wanted: unknown): boolean {
  if (!isObject(wanted)) return whole === wanted;
  if (!isObject(whole)) return false;
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(whole, key) && plainlyContains(whole[key], value),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null: JSON has such values. */
function richOf(value: unknown): Rich | null {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { kind: "number", parts: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (typeof value === "bigint") return { kind: "bigint", parts: value.toString() };
  if (value === undefined) return { kind: "undefined", parts: 0 };
  return isObject(value) ? richObject(value) : null;
}

function richObject(value: object): Rich | null {
  if (value instanceof Date) return { kind: "date", parts: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof Map) return { kind: "map", parts: [...value.entries()] };
  if (value instanceof Set) return { kind: "set", parts: [...value.values()] };
  if (value instanceof URL) return { kind: "url", parts: value.href };
  if (value instanceof RegExp) return { kind: "regexp", parts: [value.source, value.flags] };
  if (Buffer.isBuffer(value)) return { kind: "buffer", parts: value.toString("hex") };
  if (value instanceof Uint8Array) return { kind: "bytes", parts: Buffer.from(value).toString("hex") };
  if (Object.getPrototypeOf(value) === null) return { kind: "bare", parts: Object.entries(value) };
  // What jsonb cannot name as a key, and what could be taken for a tag, is kept as a list of pairs.
  const isNamed = Object.keys(value).every((key) => key !== "$" && !/\0|\p{Surrogate}/u.test(key));
  return isNamed ? null : { kind: "object", parts: Object.entries(value) };
}
