import pg from "pg";
import { afterAll, describe, expect, inject, test } from "vitest";
import { createState, Message, PgCheckpointer } from "../../../src/index.ts";
import { dropSchema, schemaFor } from "../../servers/schema-per-file.ts";

const url = inject("databaseUrl");
const base = schemaFor(import.meta.url);
const pool = new pg.Pool({ connectionString: url, max: 2 });
const schemas = new Set<string>();

afterAll(async () => {
  await pool.end();
  for (const schema of schemas) await dropSchema(url, schema);
});

function open(schema: string, tablePrefix = "agent_"): PgCheckpointer<{ note?: unknown }> {
  const checkpointer = new PgCheckpointer<{ note?: unknown }>({ pgPool: pool, schema, tablePrefix });
  schemas.add(schema);
  return checkpointer;
}

async function tablesIn(schema: string): Promise<unknown[]> {
  const text = "select table_name as name from information_schema.tables where table_schema = $1 order by 1";
  return (await pool.query<{ name: string }>(text, [schema])).rows.map(({ name }) => name);
}

/** 63 bytes, the most that PostgreSQL keeps of a name. */
const longest = `${base} `.padEnd(59, "x") + "\u{1F600}";

const awkward: readonly (readonly [schema: string, prefix: string])[] = [
  [`${base} "quoted" ""twice""`, `"`],
  [`${base}'; drop schema x; --`, `'; drop table "x"; --`],
  [`${base} $1 {{threads}} %s :name ?`, "$1 {{schema}} ? "],
  [`${base}.with.dots`, "a.b."],
  [`${base} UPPER and lower`, "UPPER_"],
  [`${base}\n\t\\`, "\\\n"],
  [`${base};\nx`, ";\n;\n"],
  [`${base} ünïcödé 天気`, "Ä天"],
  [longest, "x".repeat(32)],
  [`${base} select`, ""],
];

describe("names that must be quoted", () => {
  test.each(awkward)("schema %j with prefix %j", async (schema, prefix) => {
    const before = await tablesIn("public");
    await using checkpointer = open(schema, prefix);
    await checkpointer.setup();
    await checkpointer.setup();
    const config = { threadId: `t'"\\;--`, userId: `u"'$1` };
    await checkpointer.checkpoint(config, {
      state: createState({ note: 1 }),
      messages: [Message.text("x", { messageId: `m"'` })],
      thread: { threadName: `n"'$$`, metadata: { [`k"'`]: `v"'` } },
    });
    expect((await checkpointer.getState(config))?.note).toBe(1);
    expect(await checkpointer.listMessages(config, { after: undefined, search: "x" })).toHaveLength(1);
    expect(await checkpointer.listThreads({ userId: config.userId }, { metadata: { [`k"'`]: `v"'` } })).toHaveLength(1);
    await checkpointer.forkThread(config, { threadId: "copy" });
    expect(await checkpointer.deleteMessage(config, `m"'`)).toBe(true);
    expect(await checkpointer.deleteThread(config)).toBe(true);
    const names = ["messages", "migrations", "states", "threads", "tombstones"];
    expect(await tablesIn(schema)).toEqual(names.map((name) => prefix + name));
    expect(await tablesIn("public")).toEqual(before);
  });

  test("names that PostgreSQL would cut, or cannot keep, are refused before anything is sent", () => {
    for (const schema of [`${longest}x`, "", "a\0b", "\uD83D"]) {
      expect(() => open(schema), JSON.stringify(schema)).toThrow("options.schema");
    }
    for (const tablePrefix of ["x".repeat(33), "\u{1F600}".repeat(9), "a\0b", "\uD83D"]) {
      expect(() => open(base, tablePrefix), JSON.stringify(tablePrefix)).toThrow("options.tablePrefix");
    }
  });

  test("two prefixes of one schema that differ in case alone are two sets of tables", async () => {
    await using lower = open(`${base} case`, "a_");
    await using upper = open(`${base} case`, "A_");
    await lower.setup();
    await upper.setup();
    await lower.putState({ threadId: "t" }, createState());
    expect(await upper.getState({ threadId: "t" })).toBeNull();
  });

  test("a search_path, a time zone and a date style of the application's change nothing", async () => {
    const schema = `${base} settings`;
    schemas.add(schema);
    const settings =
      "-c search_path=pg_catalog -c timezone=Asia/Kathmandu -c datestyle=SQL,DMY -c intervalstyle=sql_standard";
    const strange = new pg.Pool({ connectionString: url, max: 1, options: `${settings} -c bytea_output=escape` });
    const checkpointer = new PgCheckpointer({ pgPool: strange, schema });
    await checkpointer.setup();
    const createdAt = new Date("2024-02-29T23:59:59.999Z");
    await checkpointer.putThread({ threadId: "t" }, { createdAt, updatedAt: createdAt });
    await using plain = open(schema);
    for (const reader of [checkpointer, plain]) {
      expect(await reader.getThread({ threadId: "t" })).toMatchObject({ createdAt, updatedAt: createdAt });
    }
    await checkpointer.release();
    await strange.end();
  });
});
