import assert from "node:assert/strict";
import { type AgentState, CheckpointerError, type Message, SerializationError } from "../index.ts";
import { rejection, sameExactly, settled } from "./expectations.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Promises, Subject } from "./subject.ts";

class Plan {
  readonly steps: readonly string[] = [];
}

class SpecialMap extends Map<string, number> {}

class SpecialList extends Array<number> {}

interface Unstorable {
  /** Made anew for each use. */
  readonly make: () => unknown;
  /** Where in it the error points; empty: at the value itself. */
  readonly at: string;
}

function cyclic(): AnyFields {
  const value: AnyFields = { list: [] };
  (value["list"] as unknown[]).push({ back: value });
  return value;
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function withHole(): unknown[] {
  const list: unknown[] = [];
  list[0] = 1;
  list[2] = 3;
  return list;
}

/** What cannot be stored exactly, by what it is called in the name of its test. */
const unstorable: Readonly<Record<string, Unstorable>> = {
  "a function": { make: () => ({ tools: [{ run: () => 1 }] }), at: ".tools[0].run" },
  "a method": { make: () => ({ toJSON: () => "x" }), at: ".toJSON" },
  "a symbol": { make: () => [Symbol("x")], at: "[0]" },
  "a property named by a symbol": { make: () => ({ a: { [Symbol("x")]: 1 } }), at: '.a["Symbol(x)"]' },
  "a class instance": { make: () => ({ plan: new Plan() }), at: ".plan" },
  "an instance of a class that extends Map": { make: () => [new SpecialMap()], at: "[0]" },
  "an instance of a class that extends Array": { make: () => [new SpecialList()], at: "[0]" },
  "an Error": { make: () => ({ why: new Error("secret text") }), at: ".why" },
  "a Promise": { make: () => ({ later: Promise.resolve(1) }), at: ".later" },
  "a WeakMap": { make: () => ({ weak: new WeakMap() }), at: ".weak" },
  "a typed array other than Uint8Array": { make: () => new Float64Array(2), at: "" },
  "an ArrayBuffer": { make: () => ({ bytes: new ArrayBuffer(2) }), at: ".bytes" },
  "a RegExp in the middle of a search": {
    make: () => Object.assign(/a/g, { lastIndex: 1 }),
    at: "",
  },
  "an array with a hole": { make: () => ({ list: withHole() }), at: ".list[1]" },
  "an array with a property of its own": { make: () => ({ list: Object.assign([1], { extra: 2 }) }), at: ".list" },
  "a getter that throws": {
    make: () => ({
      get broken(): never {
        throw new Error("secret text");
      },
    }),
    at: ".broken",
  },
  "something inside a Map": { make: () => ({ map: new Map([["key", () => 1]]) }), at: ".map[0]" },
  "something inside a Set": { make: () => ({ set: new Set([1, Symbol("x")]) }), at: ".set[1]" },
  "something under an odd key": { make: () => ({ "odd key": () => 1 }), at: '["odd key"]' },
};

function fail(): never {
  throw new Error("secret text");
}

/** Throws whatever is done with it. */
function trapped(target: object): unknown {
  return new Proxy(target, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
}

/** Objects whose reading runs code that throws, by what they are called in the name of their test. */
const throwing: Readonly<Record<string, () => unknown>> = {
  "a proxy that throws": () => trapped({ a: 1 }),
  "a proxy of an array that throws": () => trapped([1]),
  "an item of an array with a getter that throws": () => Object.defineProperty([1], "0", { get: fail }),
  "what only looks like a Date": () => Object.create(Date.prototype) as unknown,
  "a proxy of a Map": () => new Proxy(new Map(), {}),
};

/** What cannot be stored is refused before anything is written. */
export const unstorableValues: Subject = {
  name: "values that cannot be stored",
  promises: {
    ...Object.fromEntries(
      Object.entries(unstorable).map(([what, value]): [string, Promises[string]] => [
        `${what} is a SerializationError that names its path, and nothing is written`,
        ({ checkpointer }) => isRefused(checkpointer, value),
      ]),
    ),

    ...Object.fromEntries(
      Object.entries(throwing).map(([what, make]): [string, Promises[string]] => [
        `${what} is a SerializationError that names its field, and nothing is written`,
        ({ checkpointer }) => isRefusedQuietly(checkpointer, make),
      ]),
    ),

    async "a proxy that throws in the place of anything else is an error of ours"({ checkpointer }) {
      const config = newConfig();
      const given = [trapped({}), trapped([])] as never[];
      const calls = given.flatMap((proxy) => [
        checkpointer.getState(proxy),
        checkpointer.putState(config, proxy),
        checkpointer.putState(config, stateWith(), proxy),
        checkpointer.putState(config, stateWith({ context: proxy })),
        checkpointer.putMessages(config, proxy),
        checkpointer.putMessages(config, [proxy]),
        checkpointer.putMessages(config, [], { metadata: proxy }),
        checkpointer.putThread(config, proxy),
        checkpointer.putThread(config, { metadata: proxy }),
        checkpointer.checkpoint(config, proxy),
        checkpointer.listThreads({}, proxy),
      ]);
      const { succeeded, errors } = await settled(calls);
      assert.equal(succeeded, 0);
      for (const error of errors) {
        assert.ok(error instanceof CheckpointerError, String(error));
        assert.doesNotMatch(error.message, /secret text/);
      }
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a context of a class that extends Array is refused"({ checkpointer }) {
      const config = newConfig();
      const context = new SpecialList() as unknown as Message[];
      const error = await rejection(checkpointer.putState(config, stateWith({ context })), SerializationError);
      assert.equal(error.path, "state.context");
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a cycle is a SerializationError that says so"({ checkpointer }) {
      const config = newConfig();
      const error = await rejection(checkpointer.putState(config, stateWith({ plan: cyclic() })), SerializationError);
      assert.match(error.path, /^state\.plan/);
      assert.match(error.message, /cycle/);
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "nesting without end is a SerializationError, not a crash"({ checkpointer }) {
      const config = newConfig();
      for (const depth of [501, 5_000, 200_000]) {
        const call = checkpointer.putState(config, stateWith({ deep: nested(depth) }));
        assert.match((await rejection(call, SerializationError)).path, /^state\.deep/);
      }
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a symbol of another library on a state is refused"({ checkpointer }) {
      const config = newConfig();
      const state = { ...stateWith(), [Symbol("foreign")]: 1 } as AgentState<AnyFields>;
      await rejection(checkpointer.putState(config, state), SerializationError);
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a getter of the state itself that throws is a SerializationError"({ checkpointer }) {
      const config = newConfig();
      const state = Object.defineProperty(stateWith(), "broken", {
        enumerable: true,
        get: () => {
          throw new Error("secret text");
        },
      });
      const error = await rejection(checkpointer.putState(config, state), SerializationError);
      assert.equal(error.path, "state.broken");
      assert.doesNotMatch(error.message, /secret text/);
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "an object that stands in two places is no cycle"({ checkpointer }) {
      const config = newConfig();
      const shared = { n: [1] };
      await checkpointer.putState(config, stateWith({ one: shared, two: [shared, shared] }));
      const read = await checkpointer.getState(config);
      assert.deepEqual([read?.["one"], read?.["two"]], [shared, [shared, shared]]);
    },

    async "an error about a value does not tell the value"({ checkpointer }) {
      const secret = "correct horse battery staple";
      const guarded = { password: secret, run: () => secret };
      const error = await rejection(checkpointer.putState(newConfig(), stateWith({ guarded })), SerializationError);
      assert.doesNotMatch(`${error.message}${String(error.stack)}${String(error.cause)}`, /staple/);
    },
  },
};

/** Whatever a caller's code throws when his value is looked at, comes out as an error of ours. */
async function isRefusedQuietly(checkpointer: Checkpointer, make: () => unknown): Promise<void> {
  const config = newConfig();
  const message = { messageId: "m", role: "user", content: [] } as const;
  const values: [path: string, call: () => Promise<unknown>][] = [
    ["state.value", () => checkpointer.putState(config, stateWith({ value: make() }))],
    ["state.context[0]", () => checkpointer.putState(config, stateWith({ context: [{ ...message, raw: make() }] }))],
    ["messages[0]", () => checkpointer.putMessages(config, [{ ...message, raw: make() }])],
    ["fields.metadata.value", () => checkpointer.putThread(config, { metadata: { value: make() } })],
    ["options.metadata", () => checkpointer.listThreads({}, { metadata: { value: make() } })],
  ];
  for (const [path, call] of values) {
    const error = await rejection(call(), SerializationError);
    assert.equal(error.path, path);
    assert.doesNotMatch(error.message, /secret text/);
  }
  assert.equal(await checkpointer.getThread(config), null);
}

/** In every place where a value can stand. */
async function isRefused(checkpointer: Checkpointer, { make, at }: Unstorable): Promise<void> {
  const config = newConfig();
  const standing = await checkpointer.putState(config, stateWith({ n: 1 }));
  const message = (fields: Partial<Message>): Message => ({ messageId: "m", role: "user", content: [], ...fields });
  const good = message({ messageId: "good" });
  const meta = { step: 1, status: "running", interruptData: make() } as const;
  const output = { type: "tool_result", callId: "1", output: make() } as const;
  const calls: [path: string, call: () => Promise<unknown>][] = [
    [`state.value${at}`, () => checkpointer.putState(config, { ...standing, value: make() })],
    [
      `state.executionMeta.interruptData${at}`,
      () => checkpointer.putState(config, { ...standing, executionMeta: meta }),
    ],
    [
      `state.context[1].raw${at}`,
      () => checkpointer.putState(config, { ...standing, context: [good, message({ raw: make() })] }),
    ],
    [`state.value${at}`, () => checkpointer.putStateCache(config, { ...standing, value: make() })],
    [
      `options.metadata.value${at}`,
      () => checkpointer.putStateCache(config, standing, { metadata: { value: make() } }),
    ],
    [
      `state.value${at}`,
      () => checkpointer.updateState(config, (state) => ({ ...(state ?? standing), value: make() })),
    ],
    [`messages[1].raw${at}`, () => checkpointer.putMessages(config, [good, message({ raw: make() })])],
    [`messages[0].content[0].output${at}`, () => checkpointer.putMessages(config, [message({ content: [output] })])],
    [
      `messages[0].metadata.value${at}`,
      () => checkpointer.putMessages(config, [message({ metadata: { value: make() } })]),
    ],
    [`options.metadata.value${at}`, () => checkpointer.putMessages(config, [good], { metadata: { value: make() } })],
    [`options.metadata.value${at}`, () => checkpointer.putState(config, standing, { metadata: { value: make() } })],
    [`fields.metadata.value${at}`, () => checkpointer.putThread(config, { metadata: { value: make() } })],
    [
      `thread.metadata.value${at}`,
      () => checkpointer.checkpoint(config, { thread: { metadata: { value: make() } }, messages: [good] }),
    ],
  ];
  const before = [await checkpointer.getThread(config), await checkpointer.getState(config)];
  for (const [path, call] of calls) {
    const error = await rejection(call(), SerializationError);
    assert.equal(error.path, path);
    assert.doesNotMatch(error.message, /secret text/);
  }
  sameExactly([await checkpointer.getThread(config), await checkpointer.getState(config)], before);
  assert.deepEqual(await checkpointer.listMessages(config), []);
}
