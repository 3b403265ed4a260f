import assert from "node:assert/strict";
import { type AgentState, Message } from "../index.ts";
import { sameExactly, sameFields } from "./expectations.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Promises, Subject } from "./subject.ts";

/** A record with own keys of any name, `__proto__` included. */
function record(entries: readonly (readonly [string, unknown])[]): AnyFields {
  return Object.fromEntries(entries);
}

function nested(depth: number): unknown {
  let value: unknown = "the core";
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { down: value };
  return value;
}

const bare = Object.assign(Object.create(null) as AnyFields, { a: 1, inner: Object.create(null) as AnyFields });

/** Every kind of value that survives, by what it is called in the name of its test. */
const survivors: Readonly<Record<string, unknown>> = {
  "a Date": new Date("2024-02-29T23:59:59.999Z"),
  "a Date before 1970 and one at the end of time": [new Date(-62_198_755_200_000), new Date(8.64e15)],
  "an invalid Date": new Date(Number.NaN),
  "a Map, in order, with keys of any kind": new Map<unknown, unknown>([
    ["b", 1],
    ["a", new Map([[{ k: 1 }, [Number.NaN]]])],
    [new Date(1), undefined],
    [null, 0n],
  ]),
  "a Set, in order": new Set<unknown>([3, 1, "2", new Set(), { a: 1 }]),
  "an empty Map and an empty Set": [new Map(), new Set()],
  "a bigint": [0n, -1n, 2n ** 200n, -(2n ** 63n)],
  "a Uint8Array": [new Uint8Array([0, 1, 127, 128, 255]), new Uint8Array()],
  "a Buffer": [Buffer.from("\0\u00FF bytes"), Buffer.alloc(0)],
  "undefined, as a property and in an array": { here: undefined, list: [undefined, 1, undefined] },
  null: { here: null, list: [null] },
  "NaN and the infinities": [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  "negative zero": [-0, 0, { minus: -0 }],
  "numbers at their limits": [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 0.1 + 0.2, 1e21, 1e-7, -1.5],
  "NUL in strings": ["\0", "a\0b", "\\u0000", "\\0"],
  "lone surrogates": ["\uD83D", "\uDE00", "a\uD83Db", "\uDE00\uD83D", "\uD83D\\uDE00"],
  "text beyond the first plane, unnormalised text, separators": [
    "\u{1F600}",
    "e\u0301",
    "\u00E9",
    "\u2028\u2029\uFEFF",
    "\uFFFF",
  ],
  "quotes, backslashes and control characters": ['"', "\\", "\\\\", "\b\f\n\r\t\u001F\u007F", "'; --", "$1", "{{x}}"],
  "empty strings, arrays and objects": ["", [], {}, [[]], [{}]],
  booleans: [true, false],
  "a key named __proto__": record([["__proto__", { polluted: true }]]),
  "a key named __proto__ beside a value that JSON lacks": record([
    ["__proto__", new Date(1)],
    ["after", 1n],
  ]),
  "keys named as what objects inherit": record([
    ["constructor", 1],
    ["toString", null],
    ["hasOwnProperty", 0n],
    ["then", 1],
  ]),
  "a key named toJSON": { toJSON: "not a function", valueOf: 1 },
  "a key that is empty": { "": { "": new Date(2) } },
  "a key named $": [{ $: 1 }, { $: undefined }, { $: { $: { $: "date" } } }],
  "keys of odd text": record([
    ["\0", 1],
    ["\uD83D", 2],
    ["a.b[0]", 3],
    ['"', 4],
    ["\u{1F600}", 5],
    [" ", 6],
  ]),
  "objects that look like stored ones": [
    { $: "date", v: 0 },
    { $: "map", v: [[1, 2]] },
    { $: "undefined", v: 0 },
    { $: "object", v: [["$", 1]] },
    { $: "no such kind", v: new Date(3) },
    { v: 1, $: "bigint" },
    { $: "bigint", v: { $: "date", v: 5n } },
  ],
  "objects that look like those of other libraries": [
    { lc: 2, type: "constructor", id: ["Set"], kwargs: {} },
    { type: "Buffer", data: [1, 2] },
    { __class_path__: "os.system", __type__: "Date" },
  ],
  "objects without a prototype": [bare, Object.create(null)],
  "a URL": [new URL("https://user@example.com:8080/a%20b?x=\u00E9#h"), new URL("data:,x")],
  "a RegExp": [/a\/b[/]\d+/giu, /(?:)/, new RegExp("\n\\\\"), /\uD83D/, /./dsy],
  "the order of keys": [
    { b: 1, a: 2, c: 3 },
    { a: 1, B: 2, "10": 3, "2": 4 },
    { z: 0n, a: { d: 1, c: new Date(1) } },
  ],
  "a mixture of everything, nested": new Map([
    ["x", [{ when: new Date(1), who: new Set([1n, { $: -0 }]) }, undefined]],
  ]),
  "long text": "\u{1F600}x\0".repeat(40_000),
  "many items": Array.from({ length: 5_000 }, (_, index) => ({ index, odd: index % 2 === 1 ? 1n : undefined })),
  "400 levels of nesting": nested(400),
};

/** Values that a person would put in a state survive exactly, wherever they stand. */
export const values: Subject = {
  name: "values that survive",
  promises: {
    ...Object.fromEntries(
      Object.entries(survivors).map(([what, value]): [string, Promises[string]] => [
        `${what}: in a state`,
        ({ checkpointer, another }) => survivesInState(checkpointer, value, another),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(survivors).map(([what, value]): [string, Promises[string]] => [
        `${what}: in a draft`,
        ({ checkpointer, another }) => survivesInDraft(checkpointer, value, another),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(survivors).map(([what, value]): [string, Promises[string]] => [
        `${what}: in messages and metadata`,
        ({ checkpointer }) => survivesElsewhere(checkpointer, value),
      ]),
    ),

    async "a field of a state may have any name"({ checkpointer, another }) {
      const config = newConfig();
      const names = [
        "__proto__",
        "constructor",
        "",
        "$",
        "\0",
        "\uD83D",
        "then",
        "a.b",
        "version",
        "__class_path__",
        "lc",
      ];
      const state = Object.assign(stateWith(), {}) as AgentState<AnyFields>;
      for (const [index, name] of names.entries()) {
        Object.defineProperty(state, name, { value: { index }, enumerable: true, configurable: true, writable: true });
        await checkpointer.putState(config, state);
        sameExactly(await (await another()).getState(config), state);
      }
      const read = (await checkpointer.getState(config)) as AgentState<AnyFields>;
      assert.equal(Object.getPrototypeOf(read), Object.prototype);
    },

    async "nothing that is stored changes the prototype of anything"({ checkpointer, another }) {
      const config = newConfig();
      const poison = JSON.parse(
        '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
      ) as AnyFields;
      const message = Message.create({ role: "user", content: [], raw: poison, metadata: poison });
      await checkpointer.checkpoint(config, {
        state: stateWith(poison),
        messages: [message],
        thread: { metadata: poison },
      });
      const reader = await another();
      await reader.getState(config);
      await reader.listMessages(config);
      await reader.listThreads({ userId: config.userId });
      assert.equal(({} as AnyFields)["polluted"], undefined);
      assert.equal(([] as unknown as AnyFields)["polluted"], undefined);
    },
  },
};

/** As a whole, as a replacement, as an item of an array, and deep in execution meta. */
async function survivesInState(
  checkpointer: Checkpointer,
  value: unknown,
  another: () => Promise<Checkpointer>,
): Promise<void> {
  const config = newConfig();
  const reader = await another();
  const state = stateWith({ value, list: ["before"] });
  for (const step of stepsOf(state, value)) {
    step();
    await checkpointer.putState(config, state);
    for (const one of [checkpointer, reader]) {
      sameExactly(await one.getState(config), state);
      sameExactly(await one.getStateCache(config), state);
    }
  }
  sameExactly((await (await another()).getState(config, { version: 1 }))?.["value"], value);
}

/** The same, read while it is a draft, and when it is committed; in metadata too. */
async function survivesInDraft(
  checkpointer: Checkpointer,
  value: unknown,
  another: () => Promise<Checkpointer>,
): Promise<void> {
  const config = newConfig();
  const reader = await another();
  const state = await checkpointer.putState(config, stateWith({ list: ["before"] }));
  for (const step of stepsOf(state, value)) {
    step();
    await checkpointer.putStateCache(config, state, { metadata: { kept: value } });
    for (const one of [checkpointer, reader]) sameExactly(await one.getStateCache(config), state);
  }
  await checkpointer.release();
  sameExactly(await reader.getState(config), state);
  sameExactly((await (await another()).getState(config, { version: 3 }))?.["list"], ["before", value]);
  sameFields((await reader.listStates(config))[0]?.metadata, { kept: value });
}

function stepsOf(state: AgentState<AnyFields>, value: unknown): (() => void)[] {
  return [
    () => undefined,
    () => void (state["list"] as unknown[]).push(value),
    () => (state["value"] = "something else"),
    () => (state["value"] = { inner: value }),
    () => (state.executionMeta = { step: 1, status: "interrupted", interruptData: value, internalData: { value } }),
  ];
}

async function survivesElsewhere(checkpointer: Checkpointer, value: unknown): Promise<void> {
  const config = newConfig();
  const message: Message = {
    messageId: "m",
    role: "assistant",
    content: [{ type: "tool_result", callId: "1", output: value }],
    toolCalls: [{ id: "1", name: "f", args: value }],
    metadata: { value },
    raw: value,
    parsedContent: [value],
  };
  await checkpointer.checkpoint(
    config,
    { state: stateWith({ context: [message] }), messages: [message], thread: { metadata: { value } } },
    { metadata: { kept: value } },
  );
  sameExactly(await checkpointer.getMessage(config, "m"), message);
  sameExactly((await checkpointer.getState(config))?.context[0], message);
  sameFields((await checkpointer.getThread(config))?.metadata, { value });
  sameFields((await checkpointer.listStates(config))[0]?.metadata, { kept: value });
}
