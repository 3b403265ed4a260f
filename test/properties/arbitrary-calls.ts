import fc from "fast-check";
import type {
  ListMessagesOptions,
  ListStatesOptions,
  ListThreadsOptions,
  Message,
  PutStateOptions,
  ThreadFields,
} from "../../src/index.ts";
import { arbitraryText, arbitraryValue } from "./arbitrary-values.ts";
import type { Call, Edit, GivenState, Method, Target } from "./call.ts";

/** Instants that threads are given. No clock shows them, so an answer that has one has it from a call. */
export const givenInstants: readonly Date[] = [
  "2001-01-01T00:00:00.000Z",
  "2001-01-01T00:00:00.001Z",
  "2100-02-03T04:05:06.789Z",
  "0001-01-01T00:00:00.001Z",
  "9999-12-30T23:59:59.123Z",
].map((text) => new Date(text));

/** One of a pool, so that calls meet; now and then anything. */
function mostly<T>(pool: readonly T[], anything: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pool) }, { weight: 1, arbitrary: anything });
}

// Ids are drawn from small pools, so that calls meet; threads in an order that only bytes of UTF-8 have.
const thread = fc.constantFrom("a", "a", "a", "a", "b", "Z", "\uFF5E", "😀");
const user = fc.constantFrom("alice", "alice", "alice", "alice", "alice", null, null, "bob", "mallory");
const messageId = fc.constantFrom("m1", "m2", "m3", "Ä", "😀");
const role = fc.constantFrom("user", "assistant", "system", "tool");
const versionNumber = mostly([1, 2, 3, 4, 5], fc.constantFrom(0, 9, 2 ** 31 - 2, 2 ** 31 - 1));
const count = mostly([0, 1, 2, 3], fc.constant(Number.MAX_SAFE_INTEGER));
const sentAt = fc.constantFrom(1_000, 1_000.25, 2_000, 0, -1.5, 253_402_214_399_123, Number.MAX_VALUE);

const target: fc.Arbitrary<Target> = fc.record({
  thread,
  user,
  namespace: fc.constantFrom(undefined, undefined, undefined, "", "planner"),
  runId: fc.constantFrom(undefined, undefined, undefined, "run-1", "run-2"),
});

/** Fields that may be left out, each as likely as not. */
function some<T extends object>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<Partial<T>> {
  return fc.record<T, never>(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>; // the same, said otherwise
}

/** Given once in three times. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  const left = { weight: 2, arbitrary: fc.constant(undefined) };
  return fc.oneof({ withCrossShrink: true }, left, { weight: 1, arbitrary });
}

/** Given three times in four. */
function often<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 4 });
}

const metadata = fc.dictionary(
  fc.constantFrom("kind", "tags", "deep", "constructor", "__proto__"),
  fc.oneof(
    mostly<unknown>(["chat", "Straße", "", null, true, undefined, new Date(9), 10n], arbitraryValue),
    fc.constantFrom<unknown>(0, -0, 1, 0.1, 1e-7, 1e21, 5e-324, Number.MAX_VALUE, Number.NaN),
    fc.constantFrom<unknown>([], ["x"], [1, "x"], [[1]], [{ k: 1 }, { l: 2 }], {}, { k: 1 }, { k: 1, l: [2] }),
  ),
  { maxKeys: 2 },
);

const text = mostly(
  "|hello|HELLO there|Straße|ΟΔΟΣ|οδος|İstanbul|ﬁne 100% _\\|\0 and \uD83D|café|cafe\u0301|👍🏽".split("|"),
  arbitraryText,
);
const search = mostly("|hello|STRASSE|ß|οδοσ|i|%|_|\\|\0|\uD83D|É|fine|👍|chat|x".split("|"), arbitraryText);

const content: fc.Arbitrary<Message["content"]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("text"), text }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("tool_result"), callId: fc.constant("call"), output: arbitraryValue }),
    },
  ),
  { maxLength: 2 },
) as fc.Arbitrary<Message["content"]>;

const message: fc.Arbitrary<Message> = fc
  .tuple(fc.record({ messageId, role, content }), some({ timestamp: sentAt, metadata }))
  .map(([fields, more]) => ({ ...fields, ...more }));

const messages = fc.array(message, { maxLength: 3, size: "max" });

const stateKey = fc.constantFrom("plan", "notes", "n", "contextSummary", "__proto__", "");
const items = fc.array(arbitraryValue, { maxLength: 3 });
const place = { at: fc.nat(4), remove: fc.nat(2) };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ edit: fc.constant("say" as const), ...place, messages }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant("splice" as const), key: stateKey, ...place, items }) },
  {
    weight: 2,
    arbitrary: fc.record({
      edit: fc.constant("set" as const),
      key: stateKey,
      value: fc.oneof(text, items, arbitraryValue),
    }),
  },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant("remove" as const), key: stateKey }) },
  {
    weight: 2,
    arbitrary: fc.record({
      edit: fc.constant("fill" as const),
      key: fc.constantFrom("plan", "notes"),
      letter: fc.constantFrom("x", "y", "ß"),
    }),
  },
);
const edits = fc.array(edit, { maxLength: 3, size: "max" });

const givenState: fc.Arbitrary<GivenState> = fc.record({
  held: mostly<number | null>([0, 1, 2], fc.constant(null)),
  isCopy: fc.boolean(),
  edits,
});

const putStateOptions: fc.Arbitrary<PutStateOptions> = some({
  // 0 most of all: it means two things, nothing there yet and a state that was cleared.
  ifVersion: seldom(fc.oneof(versionNumber, fc.constant(0), fc.nat(3))),
  onConflict: seldom(fc.constantFrom("overwrite" as const, "reject" as const)),
  metadata,
});

const givenInstant = fc.constantFrom(...givenInstants);
const threadFields: fc.Arbitrary<ThreadFields> = some({
  threadName: fc.option(
    text.map((name) => name.replaceAll(/[\0\p{Surrogate}]/gu, "")),
    { freq: 6 },
  ),
  metadata,
  runId: fc.constantFrom("run-3", null, undefined),
  createdAt: seldom(
    fc.oneof(
      givenInstant,
      givenInstant.map((instant) => instant.toISOString()),
    ),
  ),
  updatedAt: seldom(givenInstant),
});

const listMessagesOptions: fc.Arbitrary<ListMessagesOptions> = some({
  search: seldom(search),
  limit: count,
  offset: seldom(count),
  before: seldom(messageId),
  after: seldom(messageId),
  order: fc.constantFrom("asc" as const, "desc" as const, undefined),
  role: seldom(fc.oneof(role, fc.subarray(["user", "assistant", "system", "tool"]))) as fc.Arbitrary<undefined>,
  since: seldom(fc.oneof(sentAt, fc.constant(new Date(1_000)))),
  until: seldom(fc.oneof(sentAt, fc.constant(new Date(2_000)))),
});

const listThreadsOptions: fc.Arbitrary<ListThreadsOptions> = some({
  search: seldom(search),
  metadata: seldom(metadata),
  limit: count,
  offset: seldom(count),
  before: seldom(thread),
  after: seldom(thread),
});

const listStatesOptions: fc.Arbitrary<ListStatesOptions> = some({
  before: seldom(versionNumber),
  limit: seldom(count),
  metadata: seldom(metadata),
});

/** A call of one method; `more` is what it takes besides its config. */
function callOf(method: Method, more: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}): fc.Arbitrary<Call> {
  const call = fc.record({ call: fc.constant(method), through: fc.constantFrom(0, 1), on: target, ...more });
  return call as unknown as fc.Arbitrary<Call>; // the pools above are of the types that each method takes
}

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 8, arbitrary: callOf("putState", { state: givenState, options: seldom(putStateOptions) }) },
  {
    weight: 6,
    arbitrary: callOf("checkpoint", {
      state: often(givenState),
      messages: often(messages),
      thread: seldom(threadFields),
      options: seldom(putStateOptions),
    }),
  },
  {
    weight: 4,
    arbitrary: callOf("updateState", {
      edits: often(edits),
      isRaced: fc.boolean(),
      options: some({ maxAttempts: fc.constantFrom(1, 2), metadata }),
    }),
  },
  { weight: 6, arbitrary: callOf("getState", { version: seldom(versionNumber) }) },
  { weight: 3, arbitrary: callOf("listStates", { options: listStatesOptions }) },
  { weight: 2, arbitrary: callOf("clearState") },
  { weight: 5, arbitrary: callOf("putMessages", { messages, options: seldom(some({ metadata })) }) },
  { weight: 2, arbitrary: callOf("getMessage", { messageId }) },
  { weight: 5, arbitrary: callOf("listMessages", { options: listMessagesOptions }) },
  { weight: 3, arbitrary: callOf("deleteMessage", { messageId }) },
  { weight: 4, arbitrary: callOf("putThread", { fields: often(threadFields) }) },
  { weight: 2, arbitrary: callOf("getThread") },
  { weight: 5, arbitrary: callOf("listThreads", { options: listThreadsOptions }) },
  { weight: 2, arbitrary: callOf("deleteThread") },
  { weight: 4, arbitrary: callOf("forkThread", { to: target, version: seldom(versionNumber) }) },
  { weight: 2, arbitrary: callOf("repairState") },
  { weight: 2, arbitrary: callOf("stats", { isOfThread: fc.boolean() }) },
);

/** Calls that one application makes, one after the other. Shrinks to none. */
export const arbitraryCalls: fc.Arbitrary<Call[]> = fc.array(call, { maxLength: 30, size: "max" });
