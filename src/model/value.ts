import { SerializationError } from "./errors.ts";
import { nameOfThrown, readInput } from "./read-input.ts";

/**
 * How deep a value may nest. PostgreSQL's JSON parser and our own recursion both end on a full stack somewhere above
 * it; a state that deep is a mistake, and a clear error beats a crash.
 */
const MAX_DEPTH = 500;

/** Objects that were frozen to the last leaf by {@link captureImmutable}: their identity proves that they did not change. */
const immutable = new WeakSet<object>();

/** Whether an object is known to be frozen to the last leaf, so that it may be shared and compared by identity. */
export function isImmutable(value: object): boolean {
  return immutable.has(value);
}

interface Capture {
  /** Keys that lead to the value at hand; only `path[0 … depth - 1]` is meaningful. */
  readonly path: (string | number)[];
  /** The objects along that path, kept to tell a cycle from mere depth. */
  readonly ancestors: object[];
  readonly root: string;
  readonly freeze: boolean;
  /** Set when something was met that cannot be frozen (a Date, a Map, bytes). */
  foundUnfreezable: boolean;
}

/**
 * A private deep copy of a value that can be stored exactly: plain objects (with or without a prototype), arrays, Date,
 * Map, Set, URL, RegExp, Uint8Array and Buffer, and every primitive but symbols. Immutable parts are shared, not copied.
 *
 * @param root - what the value is called in errors, such as `state.plan`
 * @throws {@link SerializationError} naming the path of a function, symbol, cycle, hole, class instance or throwing getter; whatever else throws is
 * told with the path of the whole
 */
export function captureValue<T>(value: T, root: string): T {
  return captureInput(value, startCapture(root, false));
}

/** As {@link captureValue}, deeply frozen. If nothing in it is mutable by nature, it counts as immutable from now on. */
export function captureImmutable<T extends object>(value: T, root: string): T {
  if (immutable.has(value)) return value;
  const state = startCapture(root, true);
  const copy = captureInput(value, state);
  if (!state.foundUnfreezable) immutable.add(copy);
  return copy;
}

/**
 * Parsed JSON that is nobody else's, frozen to the last leaf where it stands: unlike {@link captureImmutable}, it copies and checks nothing,
 * because JSON has nothing that would have to be refused.
 */
export function freezeJson<T extends object>(json: T): T {
  freezeAll(json);
  immutable.add(json);
  return json;
}

function freezeAll(value: object): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) if (isObject(item)) freezeAll(item);
  } else {
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (isObject(item)) freezeAll(item);
    }
  }
  Object.freeze(value);
}

/** A copy of a captured value for somebody who may change it. Immutable parts are shared. */
export function cloneValue<T>(value: T): T {
  return isObject(value) ? captureValue(value, "value") : value;
}

function captureInput<T>(value: T, state: Capture): T {
  return readInput(
    () => capture(value, 0, state) as T,
    (reason) => new SerializationError(state.root, reason),
  );
}

function startCapture(root: string, freeze: boolean): Capture {
  return { path: [], ancestors: [], root, freeze, foundUnfreezable: false };
}

/** Whether a value is an object or an array (and not null). */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Whether a value is a plain object, with a prototype or without. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function capture(value: unknown, depth: number, state: Capture): unknown {
  if (typeof value === "function") throw problem(state, depth, "a function cannot be stored");
  if (typeof value === "symbol") throw problem(state, depth, "a symbol cannot be stored");
  if (!isObject(value)) return value;
  if (immutable.has(value)) return value;
  if (depth >= MAX_DEPTH) throw tooDeep(value, depth, state);
  state.ancestors[depth] = value;
  if (Array.isArray(value)) return captureArray(value, depth, state);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return captureRecord(value, prototype, depth, state);
  state.foundUnfreezable = true;
  return captureRich(value, prototype, depth, state);
}

function captureArray(value: readonly unknown[], depth: number, state: Capture): unknown[] {
  if (Object.getPrototypeOf(value) !== Array.prototype) throw classProblem(value, depth, state);
  // oxlint-disable-next-line unicorn/no-new-array -- made to measure, it takes half the time of pushing, and states are mostly arrays
  const copy = new Array<unknown>(value.length);
  for (let index = 0; index < value.length; index++) {
    state.path[depth] = index;
    if (!(index in value)) throw problem(state, depth + 1, "an array with holes cannot be stored; fill it first");
    copy[index] = capture(value[index], depth + 1, state);
  }
  if (Object.keys(value).length !== value.length) {
    throw problem(state, depth, "an array with extra properties cannot be stored");
  }
  return state.freeze ? (Object.freeze(copy) as unknown[]) : copy;
}

function captureRecord(value: object, prototype: object | null, depth: number, state: Capture): object {
  const copy: Record<string, unknown> = prototype === null ? (Object.create(null) as Record<string, unknown>) : {};
  for (const key of Object.keys(value)) {
    state.path[depth] = key;
    setOwn(copy, key, capture(readProperty(value, key, depth, state), depth + 1, state));
  }
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (!Object.prototype.propertyIsEnumerable.call(value, symbol)) continue;
    state.path[depth] = symbol.toString();
    throw problem(state, depth + 1, "a property named by a symbol cannot be stored");
  }
  return state.freeze ? Object.freeze(copy) : copy;
}

/** Sets an own property whatever its name: assigning to `__proto__` would change the prototype instead. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

function readProperty(value: object, key: string, depth: number, state: Capture): unknown {
  return readField(value, key, () => pathOf(state, depth + 1));
}

/** A property's value. @throws {@link SerializationError} at `path()` where its getter throws */
export function readField(value: object, key: string, path: () => string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch (cause) {
    // The getter's own message may quote data, so only its class is told.
    throw new SerializationError(path(), `its getter threw ${nameOfThrown(cause)}`);
  }
}

function captureRich(value: object, prototype: unknown, depth: number, state: Capture): object {
  if (value instanceof Map && prototype === Map.prototype) return captureMap(value, depth, state);
  if (value instanceof Set && prototype === Set.prototype) return captureSet(value, depth, state);
  const copy = value instanceof Uint8Array ? copyOfBytes(value, prototype) : copyOfLeaf(value, prototype);
  if (copy === undefined) throw classProblem(value, depth, state);
  return copy;
}

/** A copy of bytes; undefined: they are of a class that cannot be stored. */
function copyOfBytes(value: Uint8Array, prototype: unknown): Uint8Array | undefined {
  if (prototype === Uint8Array.prototype) return new Uint8Array(value);
  return typeof Buffer !== "undefined" && prototype === Buffer.prototype ? Buffer.from(value) : undefined;
}

/** A copy of an object that holds no other values; undefined: it is of a class that cannot be stored. */
function copyOfLeaf(value: object, prototype: unknown): object | undefined {
  if (value instanceof Date && prototype === Date.prototype) return new Date(value.getTime());
  if (value instanceof URL && prototype === URL.prototype) return new URL(value.href);
  if (value instanceof RegExp && prototype === RegExp.prototype && value.lastIndex === 0) {
    return new RegExp(value.source, value.flags);
  }
  return undefined;
}

function classProblem(value: object, depth: number, state: Capture): SerializationError {
  const text = `an instance of ${className(value)} cannot be stored; store its plain data and rebuild it after reading`;
  return problem(state, depth, text);
}

function captureMap(value: ReadonlyMap<unknown, unknown>, depth: number, state: Capture): Map<unknown, unknown> {
  const copy = new Map<unknown, unknown>();
  let index = 0;
  for (const [key, item] of value) {
    state.path[depth] = index++;
    copy.set(capture(key, depth + 1, state), capture(item, depth + 1, state));
  }
  return copy;
}

function captureSet(value: ReadonlySet<unknown>, depth: number, state: Capture): Set<unknown> {
  const copy = new Set<unknown>();
  let index = 0;
  for (const item of value) {
    state.path[depth] = index++;
    copy.add(capture(item, depth + 1, state));
  }
  return copy;
}

function className(value: object): string {
  const constructor: unknown = (value as { constructor?: unknown }).constructor;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function tooDeep(value: object, depth: number, state: Capture): SerializationError {
  // A cycle is only looked for where the depth limit was met: cheaper than remembering every object of every value.
  const ancestors = [...state.ancestors.slice(0, depth), value];
  const repeated = ancestors.findIndex((ancestor, index) => ancestors.indexOf(ancestor) < index);
  if (repeated >= 0) return problem(state, repeated, "a cycle cannot be stored; break it or store ids instead");
  return problem(state, Math.min(depth, 8), `values deeper than ${MAX_DEPTH} levels cannot be stored`);
}

function problem(state: Capture, depth: number, text: string): SerializationError {
  return new SerializationError(pathOf(state, depth), text);
}

function pathOf(state: Capture, depth: number): string {
  return formatPath(state.root, state.path.slice(0, depth));
}

/** A path as people write it: `state.tools[0].run`, `state["odd key"]`. */
export function formatPath(root: string, keys: readonly (string | number)[]): string {
  let text = root;
  for (const key of keys) {
    if (typeof key === "number") text += `[${key}]`;
    else text += /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 80))}]`;
  }
  return text;
}
