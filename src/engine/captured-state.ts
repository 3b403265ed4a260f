import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as v from "valibot";
import type { LogState } from "../log/entry.ts";
import { checkShape, kindOf } from "../model/check-shape.ts";
import { SerializationError, ValidationError } from "../model/errors.ts";
import { checkedMessage, type Message } from "../model/message.ts";
import { nameOfThrown, readInput } from "../model/read-input.ts";
import { type VersionToken, tokenOf, withToken } from "../model/stamp.ts";
import { type AgentState, baseStateKeys } from "../model/state.ts";
import {
  captureImmutable,
  captureValue,
  cloneValue,
  formatPath,
  isImmutable,
  isObject,
  readField,
  setOwn,
} from "../model/value.ts";
import { schemaFailure, schemaRefusal } from "./schema-error.ts";

const summaryShape = v.nullable(v.string());

const executionMetaShape = v.looseObject({
  step: v.pipe(v.number(), v.finite("expected a finite number of steps")),
  status: v.picklist(["running", "interrupted", "completed", "error"]),
});

/**
 * A private copy of a state, made before the caller can change it again. Messages that stand where the near copy has them are taken as they
 * are: they are frozen, so identity is proof, and a long conversation costs a pointer a message.
 *
 * @param near - the state that the copy will probably be compared with
 * @throws ValidationError, SerializationError
 */
export function captureState(input: unknown, near: LogState | null): LogState {
  return readInput(
    () => captureFields(input, near),
    (problem) => new SerializationError("state", problem),
  );
}

function captureFields(input: unknown, near: LogState | null): LogState {
  if (!isObject(input) || Array.isArray(input)) {
    throw new ValidationError("state", `expected an agent's state, got ${kindOf(input)}; createState() makes one`);
  }
  refuseSymbols(input);
  const captured: LogState = {};
  for (const key of Object.keys(input)) {
    const path = formatPath("state", [key]);
    const value = readField(input, key, () => path);
    setOwn(captured, key, key === "context" ? captureContext(value, near) : captureValue(value, path));
  }
  checkShape(summaryShape, captured["contextSummary"], "state.contextSummary");
  checkShape(executionMetaShape, captured["executionMeta"], "state.executionMeta");
  if (!Object.hasOwn(captured, "context")) throw new ValidationError("state.context", "is missing; expected an array");
  return captured;
}

function captureContext(value: unknown, near: LogState | null): Message[] {
  if (!Array.isArray(value)) throw new ValidationError("state.context", `expected an array, got ${kindOf(value)}`);
  // A class's own way to copy itself would get into the near copy.
  if (Object.getPrototypeOf(value) !== Array.prototype) {
    throw new SerializationError("state.context", "an instance of a class that extends Array cannot be stored");
  }
  const list = value as readonly Message[];
  const known = (near?.["context"] ?? []) as readonly Message[];
  let same = 0;
  while (same < list.length && same < known.length && list[same] === known[same]) same++;
  const context = list.slice(0, same);
  for (let index = same; index < list.length; index++) {
    const message = list[index] as Message; // index < length
    context.push(message === known[index] ? message : checkedMessage(message, `state.context[${index}]`));
  }
  return context;
}

/** The one symbol that a state may carry is its version. */
function refuseSymbols(input: object): void {
  const symbols = Object.getOwnPropertySymbols(input).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(input, key),
  );
  const [stranger] = symbols.filter((symbol) => symbol !== Symbol.for("agenity.version"));
  if (stranger === undefined) return;
  throw new SerializationError(`state[${stranger.toString()}]`, "a property named by a symbol cannot be stored");
}

/**
 * Lets the user's schema check the custom fields and takes what it answers (defaults, transformations).
 *
 * @throws ValidationError naming the place of the first issue
 */
export async function checkCustomFields(schema: StandardSchemaV1, state: LogState): Promise<LogState> {
  const custom = Object.fromEntries(Object.entries(state).filter(([key]) => !baseStateKeys.has(key)));
  const output = await answerOf(schema, custom);
  if (!isObject(output))
    throw new ValidationError("state", `its schema answered ${kindOf(output)} instead of an object`);
  const lost = Object.keys(custom).find((key) => !Object.hasOwn(output, key));
  if (lost !== undefined) {
    throw new ValidationError(
      formatPath("state", [lost]),
      "is not a field of the state's schema; add it there, or leave it out",
    );
  }
  const base = Object.fromEntries(Object.entries(state).filter(([key]) => baseStateKeys.has(key)));
  return { ...base, ...captureValue(output as LogState, "state") };
}

/** What a schema makes of fields. It gets a copy, and may be anybody's code. */
async function answerOf(schema: StandardSchemaV1, custom: LogState): Promise<unknown> {
  let refusal: ValidationError;
  try {
    const result = await schema["~standard"].validate(cloneValue(custom));
    if (result.issues === undefined) return result.value;
    refusal = schemaRefusal(result.issues[0], custom);
  } catch (thrown) {
    throw schemaFailure(nameOfThrown(thrown));
  }
  throw refusal;
}

/** The copy of a state that a caller gets: containers are his, messages are shared because nobody can change them. */
export function releaseState<Custom extends object>(state: LogState, token: VersionToken): AgentState<Custom> {
  const copy: LogState = {};
  for (const key of Object.keys(state)) {
    const value = state[key];
    if (key === "context") releaseContext(copy, value as readonly Message[]);
    else setOwn(copy, key, cloneValue(value));
  }
  return withToken(copy, token) as unknown as AgentState<Custom>;
}

/** Contexts of near copies, all of whose messages may be shared: finding out costs a look at each, copying the list hardly anything. */
const shareable = new WeakSet<readonly Message[]>();

/** From so many messages on, a list is copied when somebody looks at it: who reads a state need not be interested in its messages. */
const MANY_MESSAGES = 256;

/** Gives a copy of a state a list of messages of its own. */
function releaseContext(copy: LogState, context: readonly Message[]): void {
  if (context.length < MANY_MESSAGES) {
    copy["context"] = copyOf(context);
    return;
  }
  let list: Message[] | undefined;
  const become = (value: unknown): boolean =>
    Reflect.defineProperty(copy, "context", { value, enumerable: true, configurable: true, writable: true });
  Object.defineProperty(copy, "context", {
    enumerable: true,
    configurable: true,
    get() {
      list ??= copyOf(context);
      become(list); // false: the state was frozen, and answers this list from now on
      return list;
    },
    set(value: unknown) {
      if (!become(value)) throw new TypeError("the state is frozen: its context cannot be replaced");
    },
  });
}

function copyOf(context: readonly Message[]): Message[] {
  if (shareable.has(context)) return context.slice();
  const copy = context.map(shared);
  if (copy.every((message, index) => message === context[index])) shareable.add(context);
  return copy;
}

/** The message itself, or a copy where something in it (a Date, a Map, bytes) cannot be frozen. */
function shared(message: Message): Message {
  return isImmutable(message) ? message : captureImmutable(message, "message");
}

/** The version that a state was read at, if it was read from this thread and namespace. */
export function tokenFor(state: object, scope: Pick<VersionToken, "threadId" | "namespace">): VersionToken | undefined {
  const token = tokenOf(state);
  return token?.threadId === scope.threadId && token.namespace === scope.namespace ? token : undefined;
}
