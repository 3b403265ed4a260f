import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, describe, expect, inject, test, vi } from "vitest";
import { portraitOf } from "../../src/conformance/portrait.ts";
import { CheckpointerError, createState, type Message, ValidationError } from "../../src/index.ts";
import type { AnyFields } from "../../src/conformance/subject.ts";
import { openHostileStages } from "../properties/hostile-stages.ts";
import { rejected } from "../rejected.ts";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { schemaFor } from "../servers/schema-per-file.ts";

// What was published about other libraries that keep agents' sessions, tried on ours.

const [databaseUrl, cacheUrl] = [inject("databaseUrl"), inject("cacheUrl")];
const schema = schemaFor(import.meta.url);
const keyPrefix = keyPrefixFor(import.meta.url);
const { stages, close } = await openHostileStages({ databaseUrl, cacheUrl, schema, keyPrefix });
const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
const redis = new Redis(cacheUrl);

afterAll(async () => {
  redis.disconnect();
  await pool.end();
  await close();
});

const injections: readonly string[] = [
  `x' or '1'='1`,
  `x'; drop table agent_threads; --`,
  `') or true --`,
  `a"}'::jsonb or true --`,
  `$.a' || (select 'x') || '`,
  `source') = 'x' or 1=1 --`,
  `1) union select thread_id, user_id from agent_threads --`,
  "asc; delete from agent_states",
];

/** Objects that some serializer would take for a class to import, a function to call, or a value of its own. */
const lookAlikes: Readonly<Record<string, unknown>> = {
  "a constructor": { lc: 2, type: "constructor", id: ["os", "system"], kwargs: { command: "touch /tmp/x" } },
  "a constructor with a method": {
    lc: 2,
    type: "constructor",
    id: ["builtins", "eval"],
    method: [null, "x"],
    args: ["1+1"],
  },
  "a constructor of version 1": {
    lc: 1,
    type: "constructor",
    id: ["langchain_core", "load"],
    kwargs: { a: { lc: 1 } },
  },
  "a secret": { lc: 1, type: "secret", id: ["OPENAI_API_KEY"] },
  "something that is not implemented": { lc: 1, type: "not_implemented", id: ["x"], repr: "x" },
  "an escaped look-alike": { __lc_escaped__: { lc: 1, type: "secret", id: ["HOME"] } },
  "a key lc of a user's": { lc: "Lieutenant Commander", nested: [{ lc: 1 }, { lc: null }] },
  "a module": { __type__: "module", __module__: "child_process", __class__: "exec", py: "os.system" },
  "a function of jsonpickle and others": { "py/object": "os.system", "py/reduce": [], _$$ND_FUNC$$_: "function(){}()" },
  "a buffer": { type: "Buffer", data: [1, 2, 3] },
  "our own tags": [
    { $: "date", v: 0 },
    { $: "object", v: [["$", "object"]] },
    { $: "url", v: "https://example.com" },
    { $: "regexp", v: ["(a+)+$", ""] },
    { $: "no kind of ours", v: ["os", "system"] },
    { $: { $: { $: "bigint", v: "1" } } },
    { v: "1", $: "bigint", lc: 1 },
  ],
  "own keys that would be a prototype's": JSON.parse(
    '{"__proto__":{"lc":1,"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ),
};

describe.each(stages)("$name", (stage) => {
  test.each(injections)("CVE-2025-8709, CVE-2025-67644: a key or a value of a filter is no SQL: %s", async (text) => {
    await using checkpointer = stage.open();
    const [owned, other] = [
      { threadId: `of ${text}`, userId: "ada" },
      { threadId: `not ${text}`, userId: "eve" },
    ];
    for (const config of [owned, other]) {
      await checkpointer.putState(config, createState<AnyFields>({}), {
        onConflict: "overwrite",
        metadata: { source: "loop" },
      });
    }
    const before = await stage.dump();
    for (const metadata of [
      { [text]: "loop" },
      { source: text },
      { source: { [text]: 1 } },
      { [text]: { [text]: text } },
    ]) {
      expect(await checkpointer.listThreads({ userId: "eve" }, { metadata })).toEqual([]);
      expect(await checkpointer.listStates(other, { metadata })).toEqual([]);
    }
    expect(await checkpointer.listThreads({ userId: "eve" }, { search: text })).toEqual([]);
    expect(await checkpointer.listMessages(other, { search: text })).toEqual([]);
    for (const [option, value] of Object.entries({ order: text, limit: text, offset: text, role: text, since: text })) {
      const error = await rejected(checkpointer.listMessages(other, { [option]: value }), ValidationError);
      expect(error.field).toMatch(new RegExp(`^options.${option}`));
      expect(error.message).not.toContain(text);
    }
    for (const option of ["sort", "orderBy", "order_by", text]) {
      await rejected(checkpointer.listThreads({ userId: "eve" }, { [option]: text }), ValidationError);
    }
    // And it is found where it is.
    await checkpointer.putThread(other, { metadata: { [text]: text } });
    const found = await checkpointer.listThreads({ userId: "eve" }, { metadata: { [text]: text } });
    expect(found.map(({ threadId }) => threadId)).toEqual([other.threadId]);
    await checkpointer.deleteThread(other);
    await checkpointer.deleteThread(owned);
    expect(before).not.toBe(await stage.dump());
  });

  test.each(Object.entries(lookAlikes))(
    "CVE-2025-64439, CVE-2025-68664, CVE-2026-28277: %s comes back as the data that it is",
    async (what, value) => {
      await using writer = stage.open();
      await using reader = stage.open();
      const config = { threadId: what, userId: "ada" };
      const message: Message = {
        messageId: "m",
        role: "tool",
        content: [{ type: "tool_result", callId: "c", output: value }],
        raw: value,
      };
      await writer.checkpoint(config, {
        state: createState<AnyFields>({ value, context: [message] }),
        messages: [message],
        thread: { metadata: { value } },
      });
      const shown = portraitOf(value);
      for (const read of [
        reader.getState(config),
        reader.getStateCache(config),
        writer.getState(config, { version: 1 }),
      ]) {
        const state = await read;
        expect(portraitOf(state?.["value"])).toBe(shown);
        expect(portraitOf(state?.context)).toBe(portraitOf([message]));
      }
      expect(portraitOf(await reader.listMessages(config))).toBe(portraitOf([message]));
      expect(portraitOf((await reader.getThread(config))?.metadata["value"], true)).toBe(portraitOf(value, true));
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
});

describe("whoever can write into a row", () => {
  const rows: Readonly<Record<string, string>> = {
    "a tag of no kind": `{"$":"constructor","v":["os","system"]}`,
    "a tag named as a property of objects": `{"$":"__proto__","v":[["polluted",true]]}`,
    "a tag that is an object": `{"$":{"$":"map","v":[]},"v":0}`,
    "a URL that is none": `{"$":"url","v":"secret text"}`,
    "a bigint that is none": `{"$":"bigint","v":"secret text"}`,
    "a RegExp that is none": `{"$":"regexp","v":["(secret text",""]}`,
    "bytes that are a number": `{"$":"bytes","v":1000000}`,
    "a map that is a number": `{"$":"map","v":7}`,
    "entries that are a text": `{"$":"object","v":"secret text"}`,
  };

  test.each(Object.entries(rows))(
    "CVE-2025-64439, CVE-2026-28277: of the database, %s runs nothing",
    async (what, json) => {
      await using writer = stageNamed("PostgreSQL").open();
      await using reader = stageNamed("PostgreSQL").open();
      const config = { threadId: `row ${what}` };
      const message: Message = { messageId: "m", role: "user", content: [] };
      await writer.checkpoint(config, {
        state: createState<AnyFields>({ value: 1 }),
        messages: [message],
        thread: { metadata: { value: 1 } },
      });
      const set = async (table: string, column: string, text: string): Promise<unknown> =>
        await pool.query(`update ${schema}.plain_${table} set ${column} = $1 where thread_id = $2`, [
          text,
          config.threadId,
        ]);
      await set(
        "states",
        "entry",
        `{"context":[],"contextSummary":null,"executionMeta":{"step":0,"status":"running"},"value":${json}}`,
      );
      await set("messages", "body", `{"messageId":"m","role":"user","content":[],"raw":${json}}`);
      await set("threads", "metadata", `{"value":${json}}`);
      for (const call of [
        reader.getState(config),
        reader.listMessages(config),
        reader.getThread(config),
        reader.listThreads(),
      ]) {
        const error = await call.then(
          () => null,
          (thrown: unknown) => thrown,
        );
        expect(error, "what is no value of ours was answered").toBeInstanceOf(CheckpointerError);
        expect(String(error)).not.toContain("secret text");
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      await writer.deleteThread(config);
    },
  );

  test.each(Object.entries(rows))(
    "CVE-2025-64439, CVE-2026-28277: of Redis, %s runs nothing, and the database answers",
    async (what, json) => {
      const stage = stageNamed("PostgreSQL with Redis");
      await using writer = stage.open();
      await using reader = stage.open();
      const threadId = what.replaceAll(/\W/g, "-");
      await writer.putState({ threadId }, createState<AnyFields>({ value: 1 }));
      // The first cached read brings the log to its place, behind its answer.
      await writer.getStateCache({ threadId });
      const isLog = (key: string): boolean => key.includes(`:${threadId}:`) && key.endsWith(":log");
      const find = async (): Promise<string | undefined> => (await redis.keys(`${keyPrefix}*`)).find(isLog);
      const log = (await vi.waitUntil(find, { timeout: 30_000 })) ?? "";
      const [[id, fields] = ["", []]] = await redis.xrange(log, "-", "+");
      await redis.del(log);
      const forged = fields.map((field) => field.replace(/"value":1/, `"value":${json}`));
      expect(forged).not.toEqual(fields);
      await redis.xadd(log, id, ...forged);
      expect((await reader.getStateCache({ threadId }))?.["value"]).toBe(1);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
});

function stageNamed(name: string): (typeof stages)[number] {
  const found = stages.find((stage) => stage.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
}
