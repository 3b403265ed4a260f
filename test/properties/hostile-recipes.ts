import fc from "fast-check";
import { arbitraryText, arbitraryValue } from "./arbitrary-values.ts";

// Values that cannot be told from a test's report by being printed, for printing them throws: so they are drawn as recipes.

/** How a value is made. */
export interface Recipe {
  /** What stands at its core: a name of {@link hostile}, or a value of its own. */
  readonly core: string | { readonly value: unknown };
  /** What it stands in, the innermost first. */
  readonly within: readonly Wrapper[];
}

type Wrapper =
  | "list"
  | "record"
  | "bare"
  | "map"
  | "mapKey"
  | "set"
  | "proxy"
  | "__proto__"
  | "constructor"
  | "toJSON"
  | "then"
  | "$";

const secret = "secret text";

function throwing(): never {
  throw new Error(secret);
}

/** Throws something that is no error, and throws when it is looked at. */
function throwingOddly(): never {
  // oxlint-disable-next-line typescript/only-throw-error, unicorn/throw-new-error -- whatever a caller's code throws
  throw new Proxy({}, { getPrototypeOf: throwing, get: throwing });
}

const traps = ["get", "ownKeys", "getPrototypeOf", "has", "getOwnPropertyDescriptor"] as const;
type Maker = () => unknown;

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetter(target: object, key: string | symbol, get: () => unknown = throwing): unknown {
  return Object.defineProperty(target, key, { get, enumerable: true, configurable: true });
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

function cycle(): unknown {
  const list: unknown[] = [];
  list.push(new Map([["again", { list }]]));
  return list;
}

/** Each made anew. */
export const hostile: Readonly<Record<string, Maker>> = {
  ...Object.fromEntries(
    traps.map((trap): [string, Maker] => [`record, trap ${trap}`, () => new Proxy({ a: 1 }, { [trap]: throwing })]),
  ),
  ...Object.fromEntries(
    traps.map((trap): [string, Maker] => [`list, trap ${trap}`, () => new Proxy([1], { [trap]: throwing })]),
  ),
  "odd throw": () => new Proxy({ a: 1 }, { ownKeys: throwingOddly }),
  "odd getter": () => withGetter({}, "a", throwingOddly),
  "revoked record": () => revoked({}),
  "revoked list": () => revoked([]),
  "revoked function": () => revoked(() => 1),
  "list with a length that lies": () =>
    new Proxy([1], { get: (list, key) => (key === "length" ? -1 : Reflect.get(list, key)) }),
  "proxy of a Map": () => new Proxy(new Map([[1, 2]]), {}),
  "proxy of a Set": () => new Proxy(new Set([1]), {}),
  "proxy of a Date": () => new Proxy(new Date(1), {}),
  "proxy of bytes": () => new Proxy(new Uint8Array(2), {}),
  "proxy of a record": () => new Proxy({ a: 1 }, {}),
  "proxy of a list": () => new Proxy([1], {}),
  "false Date": () => Object.create(Date.prototype) as unknown,
  "false Map": () => Object.create(Map.prototype) as unknown,
  "false Set": () => Object.create(Set.prototype) as unknown,
  "false URL": () => Object.create(URL.prototype) as unknown,
  "false RegExp": () => Object.create(RegExp.prototype) as unknown,
  "false bytes": () => Object.create(Uint8Array.prototype) as unknown,
  "false Buffer": () => Object.create(Buffer.prototype) as unknown,
  "false list": () => Object.create(Array.prototype) as unknown,
  "Map that iterates otherwise": () => Object.assign(new Map([[1, 2]]), { [Symbol.iterator]: throwing }),
  "Date with a time of its own": () => Object.assign(new Date(1), { getTime: throwing }),
  "class whose name throws": () =>
    Object.create(Object.defineProperty({}, "constructor", { get: throwing })) as unknown,
  "class whose name is a symbol": () =>
    Object.create({ constructor: Object.defineProperty(() => 1, "name", { value: Symbol(secret) }) }) as unknown,
  "getter of a record": () => withGetter({}, "a"),
  "getter of a list": () => withGetter([1, 2], "1"),
  "getter named __proto__": () => withGetter({}, "__proto__"),
  "hidden getter": () => Object.defineProperty({ a: 1 }, "b", { get: throwing, enumerable: false }),
  "symbol as a key": () => ({ [Symbol("key")]: 1 }),
  "sparse list": () => Object.assign([], { 5: 1 }),
  "endless list": () => Object.assign([], { length: 2 ** 32 - 1 }),
  cycle,
  "deep lists": () => nested(10_000, (inner) => [inner]),
  "deep records": () => nested(10_000, (inner) => ({ inner })),
  "Maps to the limit": () => nested(480, (inner) => new Map([["k", inner]])),
  "bare records to the limit": () => nested(480, (inner) => Object.assign(Object.create(null) as object, { $: inner })),
  "huge bigint": () => 2n ** 100_000n,
  "negative huge bigint": () => -(10n ** 5_000n),
  "invalid Date": () => new Date(Number.NaN),
  Int8Array: () => new Int8Array(2),
  BigUint64Array: () => new BigUint64Array(1),
  SharedArrayBuffer: () => new SharedArrayBuffer(1),
  "bytes over a SharedArrayBuffer": () => new Uint8Array(new SharedArrayBuffer(2)),
  DataView: () => new DataView(new ArrayBuffer(1)),
  "boxed text": () => Object("x") as unknown,
  "boxed number": () => Object(1) as unknown,
  arguments: (...given: unknown[]) => given,
  generator: () => (function* () {})(),
  "function with toJSON": () => Object.assign(() => 1, { toJSON: () => "x" }),
  "toJSON that throws": () => ({ toJSON: throwing }),
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is tried
  "then that throws": () => ({ then: throwing }),
  "frozen record": () => Object.freeze({ a: Object.freeze([1]) }),
  "record of a null prototype with __proto__": () =>
    Object.defineProperty(Object.create(null) as object, "__proto__", { value: { polluted: 1 }, enumerable: true }),
  globalThis: () => globalThis,
  "Object.prototype": () => Object.prototype,
  "process.env": () => process.env,
  "RegExp with a source of its own": () => Object.defineProperty(/a/, "source", { value: "(" }),
  "LangChain's constructor": () => ({ lc: 2, type: "constructor", id: ["os", "system"], kwargs: { command: "true" } }),
  "a tag of no kind": () => ({ $: "constructor", v: ["os", "system"] }),
  "a tag of a URL": () => ({ $: "url", v: "no url" }),
};

const wrap: Readonly<Record<Wrapper, (inner: unknown) => unknown>> = {
  list: (inner) => [1, inner],
  record: (inner) => ({ before: 1, inner }),
  bare: (inner) => Object.assign(Object.create(null) as object, { inner }),
  map: (inner) => new Map([["k", inner]]),
  mapKey: (inner) => new Map([[inner, 1]]),
  set: (inner) => new Set([inner]),
  proxy: (inner) => new Proxy({ inner }, {}),
  __proto__: (inner) => Object.fromEntries([["__proto__", inner]]),
  constructor: (inner) => ({ constructor: inner }),
  toJSON: (inner) => ({ toJSON: inner }),
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is tried
  then: (inner) => ({ then: inner }),
  $: (inner) => ({ $: inner, v: inner }),
};

/** Makes a value anew. */
export function cook({ core, within }: Recipe): unknown {
  const inner = typeof core === "string" ? hostile[core]?.() : core.value;
  return within.reduce<unknown>((value, wrapper) => wrap[wrapper](value), inner);
}

/** Any value that a program may hold, more often one that cannot be stored. */
export const arbitraryRecipe: fc.Arbitrary<Recipe> = fc.record({
  core: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(hostile)) },
    { weight: 2, arbitrary: arbitraryValue.map((value) => ({ value })) },
  ),
  within: fc.array(fc.constantFrom(...(Object.keys(wrap) as Wrapper[])), { maxLength: 3 }),
});

/** Texts that mean something to somebody on the way: to SQL, to a pattern, to Redis, to JavaScript. */
const loadedTexts: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\uD83D",
  "\uDE00",
  "\u{1F600}",
  "\uFEFF",
  "\u202E",
  "e\u0301",
  "'",
  `"`,
  "''",
  `"";--`,
  "'; drop table agent_threads; --",
  "' or '1'='1",
  "$1",
  "$$",
  "$json$",
  "\\",
  "\\'",
  "E'\\x00'",
  "%",
  "_",
  "%%",
  "a%",
  "\\%",
  "\\_",
  "*",
  "?",
  "[a-z]",
  ".*",
  "(",
  "{{threads}}",
  "{threads}",
  "${x}",
  "%s",
  "%00",
  "%u0000",
  ":",
  "{}",
  "{a}",
  "}{",
  "a:b",
  "a:b:log",
  "#1",
  "#1n",
  "#",
  "%3a",
  "\r\n",
  "*1\r\n$8\r\nFLUSHALL\r\n",
  "]]; redis.call('FLUSHALL') --",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "toJSON",
  "then",
  "hasOwnProperty",
  "undefined",
  "null",
  "NaN",
  "$",
  "0",
  "-1",
  "1e3",
  "x".repeat(255),
  "x".repeat(256),
  "x".repeat(512),
  "x".repeat(513),
  "ä".repeat(256),
  "\u{1F600}".repeat(128),
  "x".repeat(70_000),
];

/** A text that means something, alone or between others. */
export const arbitraryLoadedText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...loadedTexts) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...loadedTexts), arbitraryText).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: arbitraryText },
);
