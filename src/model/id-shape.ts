import * as v from "valibot";

/** Longest id in bytes of UTF-8: three of them and a version still fit into one index row of PostgreSQL (2,704 bytes). */
const MAX_ID_BYTES = 512;

/** Longest namespace in bytes of UTF-8. */
const MAX_NAMESPACE_BYTES = 255;

type Optional<T extends v.GenericSchema> = v.OptionalSchema<T, undefined>;

/** A field that may be left out or undefined. */
export function optional<T extends v.GenericSchema>(schema: T): Optional<T> {
  return v.optional(schema);
}

/**
 * A string that PostgreSQL's `text` can hold as a key: it has no NUL, and lone surrogates have no UTF-8. Nor does it begin with U+FEFF: there it is
 * a byte order mark, which some readers of the answer (PGlite's among them) drop, so that two ids would be one.
 */
function keyText(what: string, maxBytes: number): v.GenericSchema<string> {
  return v.pipe(
    v.string(),
    v.check((text) => !/[\0\p{Surrogate}]/u.test(text), `${what} must not contain NUL or lone surrogates`),
    v.check((text) => !text.startsWith("\uFEFF"), `${what} must not begin with U+FEFF, a byte order mark`),
    v.check(
      (text) => Buffer.byteLength(text) <= maxBytes,
      `${what} must not be longer than ${maxBytes} bytes of UTF-8`,
    ),
  );
}

/** A string id. */
export function idText(what: string): v.GenericSchema<string> {
  return v.pipe(keyText(what, MAX_ID_BYTES), v.minLength(1, `${what} must not be empty`));
}

/** A namespace: as an id, but may be empty. */
export const namespaceText: v.GenericSchema<string> = keyText("namespace", MAX_NAMESPACE_BYTES);

const INT_MAX = 2 ** 31 - 1;
const BIGINT_MAX = 2n ** 63n - 1n;

/** The shape of an id of each kind. 0 and negative numbers are ids like any other. */
export const idShapes: Readonly<Record<"string" | "int" | "bigint", (what: string) => v.GenericSchema>> = {
  string: idText,
  int: (what) =>
    v.pipe(
      v.number(),
      v.check(
        (id) => Number.isInteger(id) && Math.abs(id) <= INT_MAX,
        `${what} must be an integer of 32 bits, because its type is "int"`,
      ),
    ),
  bigint: (what) =>
    v.pipe(
      v.bigint(),
      v.check(
        (id) => id <= BIGINT_MAX && id >= -BIGINT_MAX,
        `${what} must fit into 64 bits, because its type is "bigint"`,
      ),
    ),
};
