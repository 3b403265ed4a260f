import { createState, type Message } from "../../src/index.ts";
import type { AnyFields, Checkpointer } from "../../src/conformance/subject.ts";

/** A thread of one example, and its owner. */
interface Owned {
  /** The thread. */
  readonly threadId: string;
  /** The owner. */
  readonly userId: string;
}

/** A place in which a caller may put a value: how it gets there, and how it is found there again. */
export interface Place {
  /** Puts it. */
  readonly put: (checkpointer: Checkpointer, config: Owned, value: unknown) => Promise<unknown>;
  /** What stands there; undefined: the place takes values, and keeps none. */
  readonly get?: (checkpointer: Checkpointer, config: Owned) => Promise<unknown>;
  /** Whether keys are kept in no order. */
  readonly isSorted?: boolean;
}

function message(fields: AnyFields): Message {
  return { messageId: "m", role: "user", content: [], ...fields };
}

/** Whatever may be given as options or config is given as it is. */
type Given = Parameters<Checkpointer["listMessages"]>[1] & Parameters<Checkpointer["listThreads"]>[1];

const state = (fields: AnyFields): ReturnType<typeof createState<AnyFields>> => createState<AnyFields>(fields);

/** All places for values, by name. */
export const valuePlaces: Readonly<Record<string, Place>> = {
  "a field of a state": {
    put: (to, config, value) => to.putState(config, state({ value })),
    get: async (from, config) => (await from.getState(config))?.["value"],
  },
  "a field of a state, read through the cache": {
    put: (to, config, value) => to.putState(config, state({ value })),
    get: async (from, config) => (await from.getStateCache(config))?.["value"],
  },
  "a draft": {
    put: (to, config, value) => to.putStateCache(config, state({ value })),
    get: async (from, config) => (await from.getStateCache(config))?.["value"],
  },
  "what an update answers": {
    put: (to, config, value) => to.updateState(config, () => state({ list: [value] })),
    get: async (from, config) => ((await from.getState(config))?.["list"] as unknown[] | undefined)?.[0],
  },
  "data of an interruption": {
    put: (to, config, interruptData) =>
      to.putState(config, state({ executionMeta: { step: 1, status: "interrupted", interruptData } })),
    get: async (from, config) => (await from.getState(config))?.executionMeta.interruptData,
  },
  "a message of a state": {
    put: (to, config, raw) => to.putState(config, state({ context: [message({ raw })] })),
    get: async (from, config) => (await from.getState(config))?.context[0]?.raw,
  },
  "an answer of a provider": {
    put: (to, config, raw) => to.putMessages(config, [message({ raw })]),
    get: async (from, config) => (await from.getMessage(config, "m"))?.raw,
  },
  "an output of a tool": {
    put: (to, config, output) =>
      to.putMessages(config, [message({ content: [{ type: "tool_result", callId: "c", output }] })]),
    get: async (from, config) =>
      ((await from.listMessages(config))[0]?.content[0] as { output?: unknown } | undefined)?.output,
  },
  "metadata of a message": {
    put: (to, config, value) => to.putMessages(config, [message({})], { metadata: { value } }),
    get: async (from, config) => (await from.getMessage(config, "m"))?.metadata?.["value"],
  },
  "metadata of a version": {
    put: (to, config, value) => to.putState(config, state({}), { metadata: { value } }),
    get: async (from, config) => (await from.listStates(config))[0]?.metadata["value"],
    isSorted: true,
  },
  "metadata of a thread": {
    put: (to, config, value) => to.checkpoint(config, { thread: { metadata: { value, other: 1 } } }),
    get: async (from, config) => (await from.getThread(config))?.metadata["value"],
    isSorted: true,
  },
  // What is looked for, and what stands where something else belongs.
  "a filter of threads": {
    put: (to, config, value) => to.listThreads({ userId: config.userId }, { metadata: { value } }),
  },
  "a filter of versions": { put: (to, config, value) => to.listStates(config, { metadata: { value } }) },
  "a config": { put: (to, _config, value) => to.putState(value as Owned, state({})) },
  "a thread's id": { put: (to, config, value) => to.putState({ ...config, threadId: value as string }, state({})) },
  "a user's id": { put: (to, config, value) => to.putThread({ ...config, userId: value as string }) },
  "a namespace": { put: (to, config, value) => to.putState({ ...config, namespace: value as string }, state({})) },
  "a state": { put: (to, config, value) => to.putState(config, value as ReturnType<typeof state>) },
  "a context": { put: (to, config, value) => to.putState(config, state({ context: value })) },
  "execution meta": { put: (to, config, value) => to.putState(config, state({ executionMeta: value })) },
  messages: { put: (to, config, value) => to.putMessages(config, value as Message[]) },
  "a message": { put: (to, config, value) => to.putMessages(config, [value as Message]) },
  "a message's id": { put: (to, config, messageId) => to.putMessages(config, [message({ messageId })]) },
  content: { put: (to, config, content) => to.putMessages(config, [message({ content })]) },
  "a block": { put: (to, config, block) => to.putMessages(config, [message({ content: [block] })]) },
  "a timestamp": { put: (to, config, timestamp) => to.putMessages(config, [message({ timestamp })]) },
  "fields of a thread": { put: (to, config, value) => to.putThread(config, value as object) },
  "a thread's metadata": { put: (to, config, value) => to.putThread(config, { metadata: value as AnyFields }) },
  "a thread's time": { put: (to, config, value) => to.putThread(config, { createdAt: value as Date }) },
  "parts of a turn": { put: (to, config, value) => to.checkpoint(config, value as object) },
  "options of a write": { put: (to, config, value) => to.putState(config, state({}), value as object) },
  "options of a list of messages": { put: (to, config, value) => to.listMessages(config, value as Given) },
  "options of a list of threads": {
    put: (to, config, value) => to.listThreads({ userId: config.userId }, value as Given),
  },
  "a time to look from": { put: (to, config, value) => to.listMessages(config, { since: value as Date }) },
  "roles to look for": { put: (to, config, value) => to.listMessages(config, { role: value as "user" }) },
  "an order": { put: (to, config, value) => to.listMessages(config, { order: value as "asc" }) },
  "a search": { put: (to, config, value) => to.listMessages(config, { search: value as string }) },
  "a limit": { put: (to, config, value) => to.listThreads({ userId: config.userId }, { limit: value as number }) },
  "a version": { put: (to, config, value) => to.getState(config, { version: value as number }) },
  "a version token": { put: (to, config, value) => to.getStateCache(config, { atLeast: value as string }) },
};

const said = (text: string): Message => message({ content: [{ type: "text", text }] });

/** Places that take texts and nothing else. */
export const textPlaces: Readonly<Record<string, Place>> = {
  "what is said": {
    put: (to, config, value) => to.putMessages(config, [said(value as string)]),
    get: async (from, config) =>
      ((await from.listMessages(config))[0]?.content[0] as { text?: unknown } | undefined)?.text,
  },
  "what is said, looked for": {
    put: (to, config, value) => to.putMessages(config, [said(value as string)]),
    get: async (from, config) => {
      const all = await from.listMessages(config);
      const [text] = all.map(({ content }) => (content[0] as { text: string }).text);
      const search = text?.slice(-1_000) ?? "";
      const found = await from.listMessages(config, { search, role: "user" });
      return (found[0]?.content[0] as { text?: unknown } | undefined)?.text;
    },
  },
  "what is said in a turn": {
    put: (to, config, value) =>
      to.checkpoint(config, { state: state({ context: [said(value as string)] }), messages: [said(value as string)] }),
    get: async (from, config) =>
      ((await from.getState(config))?.context[0]?.content[0] as { text?: unknown } | undefined)?.text,
  },
  "a summary": {
    put: (to, config, value) => to.putState(config, state({ contextSummary: value })),
    get: async (from, config) => (await from.getState(config))?.contextSummary,
  },
  "a key of a state": {
    put: (to, config, value) => to.putState(config, state({ [value as string]: 1 })),
    get: async (from, config) =>
      Object.keys((await from.getState(config)) ?? {}).find(
        (key) => !["context", "contextSummary", "executionMeta"].includes(key),
      ),
  },
  "a key of a thread's metadata": {
    put: (to, config, value) => to.putThread(config, { metadata: { [value as string]: 1 } }),
    get: async (from, config) => Object.keys((await from.getThread(config))?.metadata ?? {})[0],
  },
  "a thread's name": {
    put: (to, config, value) => to.putThread(config, { threadName: value as string }),
    get: async (from, config) => (await from.getThread(config))?.threadName,
  },
  "a thread's name, looked for": {
    put: (to, config, value) => to.putThread(config, { threadName: value as string }),
    get: async (from, config) => {
      const name = (await from.getThread(config))?.threadName ?? "";
      const found = await from.listThreads({ userId: config.userId }, { search: name.slice(-1_000) });
      return found[0]?.threadName;
    },
  },
  "a run": {
    put: (to, config, value) => to.putThread({ ...config, runId: value as string }),
    get: async (from, config) => (await from.getThread(config))?.runId,
  },
  "a lease": { put: (to, config, value) => to.putThread({ ...config, lease: value as string }) },
  "a durability": { put: (to, config, value) => to.putState(config, state({}), { durability: value as "sync" }) },
  "a thread to list from": {
    put: (to, config, value) => to.listThreads({ userId: config.userId }, { before: value as string }),
  },
  "a search of threads": {
    put: (to, config, value) => to.listThreads({ userId: config.userId }, { search: value as string }),
  },
};
