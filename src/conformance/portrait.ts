/**
 * A value as text that shows everything that tells it from another: types, prototypes, the order of keys, -0, lone surrogates, what
 * stands under symbols. One item a line, so that runners show where two of them differ.
 *
 * @param sortKeys - shows keys in order of the alphabet instead, for what is stored as `jsonb`, which orders them itself
 */
export function portraitOf(value: unknown, sortKeys = false, indent = "\n"): string {
  const inner = `${indent}  `;
  const show = (item: unknown): string => portraitOf(item, sortKeys, inner);
  const list = (open: string, items: readonly string[], close: string): string =>
    items.length === 0 ? open + close : `${open}${inner}${items.join(`,${inner}`)}${indent}${close}`;

  if (typeof value !== "object" || value === null) return portraitOfPrimitive(value);
  if (Array.isArray(value)) return list("[", Array.from(value, show), "]");
  if (value instanceof Map)
    return list(
      "Map(",
      Array.from(value, ([key, item]) => `${show(key)} => ${show(item)}`),
      ")",
    );
  if (value instanceof Set) return list("Set(", Array.from(value, show), ")");
  const rich = portraitOfRich(value);
  if (rich !== undefined) return rich;
  const names = Object.keys(value);
  if (sortKeys) names.sort();
  const keys = [...names, ...Object.getOwnPropertySymbols(value)];
  const fields = keys.map((key) => `${nameOf(key)}: ${show((value as Record<string | symbol, unknown>)[key])}`);
  return list(`${prototypeName(value)}{`, fields, "}");
}

function portraitOfPrimitive(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}

function portraitOfRich(value: object): string | undefined {
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof URL) return `URL(${value.href})`;
  if (value instanceof RegExp) return `RegExp(${JSON.stringify(value.source)}, ${value.flags})`;
  if (value instanceof Uint8Array) return `${prototypeName(value)}(${Buffer.from(value).toString("hex")})`;
  return undefined;
}

function nameOf(key: string | symbol): string {
  return typeof key === "symbol" ? `[${String(key)}]` : JSON.stringify(key);
}

/** Nothing for plain objects; `null` for those without a prototype. */
function prototypeName(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name: string } } | null;
  if (prototype === null) return "null";
  return prototype === Object.prototype ? "" : (prototype.constructor?.name ?? "a class");
}
