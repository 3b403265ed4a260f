import assert from "node:assert/strict";
import { type AgentState, type Message, ValidationError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith } from "./sample.ts";
import type { AnyFields, Checkpointer, Promises, Subject } from "./subject.ts";

const meta = { step: 0, status: "running" };

/** Wrong states, by what is wrong, with the field that the error names. */
const wrongStates: Readonly<Record<string, readonly [field: string, state: unknown]>> = {
  "no state": ["state", undefined],
  "null for a state": ["state", null],
  "an array for a state": ["state", []],
  "a text for a state": ["state", "state"],
  "a state without context": ["state.context", { contextSummary: null, executionMeta: meta }],
  "a context that is no array": ["state.context", { ...stateWith(), context: {} }],
  "a context with a text in it": ["state.context[1]", { ...stateWith(), context: [...numberedMessages(1), "hello"] }],
  "a context with a message without role": [
    "state.context[1].role",
    { ...stateWith(), context: [...numberedMessages(1), { messageId: "m", content: [] }] },
  ],
  "a number for contextSummary": ["state.contextSummary", { ...stateWith(), contextSummary: 1 }],
  "a state without contextSummary": ["state.contextSummary", { context: [], executionMeta: meta }],
  "a state without executionMeta": ["state.executionMeta", { context: [], contextSummary: null }],
  "a step that is no number": ["state.executionMeta.step", { ...stateWith(), executionMeta: { ...meta, step: "1" } }],
  "a status that does not exist": [
    "state.executionMeta.status",
    { ...stateWith(), executionMeta: { ...meta, status: "interrupted_before" } },
  ],
};

const base = { messageId: "m", role: "user", content: [] };

function content(...blocks: readonly unknown[]): unknown {
  return { ...base, content: blocks };
}

/** Wrong messages, by what is wrong, with the field of the second message that the error names. */
const wrongMessages: Readonly<Record<string, readonly [field: string, message: unknown]>> = {
  "null for a message": ["", null],
  "a text for a message": ["", "hello"],
  "a message without role": [".role", { messageId: "m", content: [] }],
  "a role that does not exist": [".role", { ...base, role: "robot" }],
  "a message without id": [".messageId", { role: "user", content: [] }],
  "a number for a message's id": [".messageId", { ...base, messageId: 1 }],
  "an empty message id": [".messageId", { ...base, messageId: "" }],
  "NUL in a message id": [".messageId", { ...base, messageId: "\0" }],
  "a message id of more than 512 bytes": [".messageId", { ...base, messageId: "x".repeat(513) }],
  "a message without content": [".content", { messageId: "m", role: "user" }],
  "a text for content": [".content", { ...base, content: "hello" }],
  "a block that does not say its type": [".content[0].type", content({ text: "x" })],
  "a block of an unknown type": [".content[1].type", content({ type: "text", text: "x" }, { type: "txt", text: "x" })],
  "a text block without text": [".content[0].text", content({ type: "text" })],
  "an image without media": [".content[0].media", content({ type: "image" })],
  "a call without a name": [".content[0].name", content({ type: "tool_call", id: "1", args: {} })],
  "a result without the call's id": [".content[0].callId", content({ type: "tool_result", output: 1 })],
  "an error block without a message": [".content[0].message", content({ type: "error" })],
  "toolCalls without a name": [".toolCalls[0].name", { ...base, toolCalls: [{ id: "1", args: {} }] }],
  "a number for reasoning": [".reasoning", { ...base, reasoning: 1 }],
  "usage without a total": [".usage.totalTokens", { ...base, usage: { promptTokens: 1, completionTokens: 1 } }],
  "an array for metadata": [".metadata", { ...base, metadata: [] }],
  "a text for timestamp": [".timestamp", { ...base, timestamp: "2024-01-01" }],
  "NaN for timestamp": [".timestamp", { ...base, timestamp: Number.NaN }],
  "a number for delta": [".delta", { ...base, delta: 1 }],
};

/** Wrong thread fields, by what is wrong, with the field that the error names. */
const wrongThreads: Readonly<Record<string, readonly [field: string, fields: unknown]>> = {
  "null for a thread's fields": ["", null],
  "a number for threadName": [".threadName", { threadName: 1 }],
  "NUL in threadName": [".threadName", { threadName: "\0" }],
  "a lone surrogate in threadName": [".threadName", { threadName: "\uD83D" }],
  "an array for a thread's metadata": [".metadata", { metadata: [] }],
  "a text for a thread's metadata": [".metadata", { metadata: "tags" }],
  "NUL in a key of a thread's metadata": ['.metadata["a\\u0000"]', { metadata: { "a\0": 1 } }],
  "a number for a thread's runId": [".runId", { runId: 1 }],
  "a text that is no time": [".updatedAt", { updatedAt: "yesterday" }],
  "an invalid Date": [".createdAt", { createdAt: new Date(Number.NaN) }],
  "a number for a time": [".updatedAt", { updatedAt: 0 }],
  "a misspelt field": [".thread_name", { thread_name: "x" }],
};

/** States, messages and thread fields that are wrong. */
export const badInput: Subject = {
  name: "wrong input",
  promises: {
    ...each(wrongStates, (state, config) => [
      ["", (checkpointer) => checkpointer.putState(config, state as AgentState<AnyFields>)],
      ["", (checkpointer) => checkpointer.updateState(config, () => (state ?? "no state") as AgentState<AnyFields>)],
    ]),
    ...each(wrongMessages, (message, config) => {
      const messages = [...numberedMessages(1), message as Message];
      return [
        ["messages[1]", (checkpointer) => checkpointer.putMessages(config, messages)],
        ["messages[1]", (checkpointer) => checkpointer.checkpoint(config, { messages, state: stateWith() })],
        ["state.context[1]", (checkpointer) => checkpointer.putState(config, stateWith({ context: messages }))],
      ];
    }),
    ...each(wrongThreads, (fields, config) => [
      ["fields", (checkpointer) => checkpointer.putThread(config, fields as object)],
      [
        "thread",
        (checkpointer) => checkpointer.checkpoint(config, { thread: fields as object, messages: numberedMessages(1) }),
      ],
    ]),

    async "messages that are no array are a ValidationError"({ checkpointer }) {
      const config = newConfig();
      for (const messages of [undefined, null, {}, "hello", numberedMessages(1)[0]]) {
        const error = await rejection(checkpointer.putMessages(config, messages as Message[]), ValidationError);
        assert.equal(error.field, "messages");
      }
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "an error of input does not quote what it was given"({ checkpointer }) {
      const secret = "secret text";
      const bad = { messageId: "m", role: secret, content: [{ type: "text", text: secret }] } as unknown as Message;
      const error = await rejection(checkpointer.putMessages(newConfig(), [bad]), ValidationError);
      assert.doesNotMatch(`${error.message}${String(error.cause)}`, /secret/);
    },

    async "errors are rejections, never thrown at the call"({ checkpointer }) {
      const calls = [
        () => checkpointer.getState(undefined as never),
        () => checkpointer.putState(newConfig(), null as never),
        () => checkpointer.putMessages(newConfig(), 1 as never),
        () => checkpointer.listThreads(undefined, { limit: -1 }),
        () => checkpointer.forkThread(null as never, null as never),
        () => checkpointer.stats(1 as never),
      ];
      for (const call of calls) await assert.rejects(call());
    },
  },
};

type Call = (checkpointer: Checkpointer) => Promise<unknown>;

/** A promise for each wrong thing: every call that takes it names the field, and makes no thread. */
function each(
  wrong: Readonly<Record<string, readonly [field: string, value: unknown]>>,
  callsWith: (value: unknown, config: ReturnType<typeof newConfig>) => (readonly [root: string, call: Call])[],
): Promises {
  return Object.fromEntries(
    Object.entries(wrong).map(([what, [field, value]]): [string, Promises[string]] => [
      `${what} is a ValidationError that names where, and nothing is written`,
      async ({ checkpointer }) => {
        const config = newConfig();
        for (const [root, call] of callsWith(value, config)) {
          const error = await rejection(call(checkpointer), ValidationError);
          if (value !== undefined) assert.equal(error.field, root + field);
        }
        assert.equal(await checkpointer.getThread(config), null);
      },
    ]),
  );
}
