import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import { createState, Message, PgCheckpointer, SchemaVersionError } from "../../../src/index.ts";
import { migrations } from "../../../src/generated/sql.ts";
import { rejected } from "../../rejected.ts";
import { Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

/** The newest schema version there is. */
const newest = migrations.at(-1)?.version ?? 0;
const database = new Database(import.meta.url);
const script = fileURLToPath(new URL("setup-process.ts", import.meta.url));

describe("before setup()", () => {
  test("every call names setup(), and writes nothing", async () => {
    const checkpointer = database.open();
    const calls = { ...everyRead(checkpointer, "t"), ...everyWrite(checkpointer, "t") };
    for (const [method, call] of Object.entries(calls)) {
      const error = await rejected(call(), SchemaVersionError);
      expect(error.message, method).toContain("setup()");
      expect([error.found, error.supported], method).toEqual([0, newest]);
    }
    expect(await database.value("select to_regnamespace($1)", [database.schema])).toBeNull();
  });

  test("a checkpointer that was refused works as soon as another one has set up", async () => {
    const refused = database.open({ tablePrefix: "later_" });
    await rejected(refused.getState({ threadId: "t" }), SchemaVersionError);
    await database.open({ tablePrefix: "later_" }).setup();
    await refused.putState({ threadId: "t" }, createState());
    expect(await refused.getState({ threadId: "t" })).toMatchObject(createState());
  });

  test("tables that vanish under a running checkpointer name setup() too", async () => {
    const checkpointer = database.open({ tablePrefix: "gone_" });
    await checkpointer.setup();
    await checkpointer.putState({ threadId: "t" }, createState());
    const { schema } = database;
    for (const name of ["threads", "states", "messages"]) await database.rows(`drop table ${schema}.gone_${name}`);
    const calls = { ...everyRead(checkpointer, "t"), ...everyWrite(checkpointer, "t") };
    for (const [method, call] of Object.entries(calls)) {
      expect((await rejected(call(), SchemaVersionError)).message, method).toContain("setup()");
    }
  });
});

describe("setup()", () => {
  test("by 20 processes at once succeeds in each, and is done once", { timeout: 300_000 }, async () => {
    const processes = Array.from({ length: 20 }, (_, index) => {
      const settings = [database.url, database.schema, `thread-${index}`];
      return spawn(process.execPath, ["--import", "tsx", script, ...settings], { stdio: "pipe" });
    });
    const ends = processes.map(async (child) => {
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const [status] = (await once(child, "close")) as [number | null];
      return { status, stderr };
    });
    // All are loaded and connected to nothing yet when the first of them begins.
    await Promise.all(processes.map((child, index) => Promise.race([once(child.stdout, "data"), ends[index]])));
    for (const child of processes) child.stdin.write("go\n");
    expect(await Promise.all(ends)).toEqual(processes.map(() => ({ status: 0, stderr: "" })));
    expect(await database.rows("select version, name from {{migrations}} order by version")).toEqual(
      migrations.map(({ version, name }) => ({ version, name })),
    );
    expect(await database.value("select count(*)::integer from {{states}}")).toBe(20);
  });

  test("again changes nothing, and keeps what is there", async () => {
    const checkpointer = database.open();
    await checkpointer.setup();
    const config = { threadId: "kept" };
    await checkpointer.checkpoint(config, { state: createState(), messages: [Message.text("said")] });
    const before = await catalog();
    await checkpointer.setup();
    await database.open().setup();
    expect(await catalog()).toEqual(before);
    expect(await checkpointer.getState(config)).toMatchObject(createState());
    expect(await checkpointer.listMessages(config)).toHaveLength(1);
  });

  test.each([false, true])("of tables that are there asks twice; with policies: %s", async (rowLevelSecurity) => {
    const tablePrefix = rowLevelSecurity ? "walled_" : "agent_";
    await database.open({ tablePrefix, rowLevelSecurity }).setup();
    const checkpointer = database.open({ tablePrefix, rowLevelSecurity });
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      await checkpointer.setup();
      expect(asked).toHaveBeenCalledTimes(2);
    } finally {
      asked.mockRestore();
    }
  });

  test("makes the schema where it is missing, and nothing outside of it", async () => {
    const types = "select count(*)::integer from pg_type where typnamespace = 'public'::regnamespace";
    const before = await database.value(types);
    const checkpointer = database.open();
    await checkpointer.setup();
    expect(await database.value("select to_regnamespace($1)::text", [database.schema])).toBe(database.schema);
    expect(await database.value(types)).toBe(before);
  });

  test("two sets of tables in one schema, and two schemas, know nothing of each other", async () => {
    const [one, other] = [database.open({ tablePrefix: "one_" }), database.open({ tablePrefix: "other_" })];
    await Promise.all([one.setup(), other.setup()]);
    await one.putState({ threadId: "t" }, createState());
    expect(await other.getState({ threadId: "t" })).toBeNull();
    await other.putMessages({ threadId: "t", userId: "somebody else" }, [Message.text("x")]);
    expect((await one.getThread({ threadId: "t" }))?.userId).toBeNull();
  });

  test("of another type of ids is refused, naming the option and both types", async () => {
    await database.open({ tablePrefix: "typed_" }).setup();
    const options = { postgresDsn: database.url, schema: database.schema, tablePrefix: "typed_" };
    await using threads = new PgCheckpointer({ ...options, idType: "bigint" });
    await using users = new PgCheckpointer({ ...options, userIdType: "int" });
    await expect(threads.setup()).rejects.toThrow(
      'options.idType: is "bigint", but the tables were made with "string"',
    );
    await expect(users.setup()).rejects.toThrow('options.userIdType: is "int", but the tables were made with "string"');
  });
});

describe("a schema that is newer than this library", () => {
  test("is refused before anything is written", async () => {
    const old = database.open({ tablePrefix: "newer_" });
    await old.setup();
    await old.checkpoint(
      { threadId: "t" },
      { state: createState(), messages: [Message.text("x", { messageId: "m" })] },
    );
    const { schema } = database;
    await database.rows(`insert into ${schema}.newer_migrations values ($1, 'from_the_future'), ($2, 'too')`, [
      newest + 1,
      newest + 7,
    ]);
    const before = await contents("newer_");
    const checkpointer = database.open({ tablePrefix: "newer_" });
    const calls = {
      setup: () => checkpointer.setup(),
      ...everyRead(checkpointer, "t"),
      ...everyWrite(checkpointer, "t"),
    };
    for (const [method, call] of Object.entries(calls)) {
      const error = await rejected(call(), SchemaVersionError);
      expect([error.found, error.supported], method).toEqual([newest + 7, newest]);
      expect(error.message, method).toContain("upgrade the package agenity");
    }
    expect(await contents("newer_")).toEqual(before);
  });
});

/** Everything that the catalog says of the schema, the tables' files included: a table that is made anew has another one. */
async function catalog(): Promise<unknown[]> {
  return await database.rows(
    `select class.relname, class.relkind, class.relfilenode, class.relacl::text, attribute.attname, attribute.atttypid,
       attribute.attnotnull, pg_get_expr(value.adbin, value.adrelid) as default
     from pg_class as class
     join pg_attribute as attribute on attribute.attrelid = class.oid
     left join pg_attrdef as value on value.adrelid = class.oid and value.adnum = attribute.attnum
     where class.relnamespace = to_regnamespace($1) order by class.relname, attribute.attnum`,
    [database.schema],
  );
}

async function contents(prefix: string): Promise<unknown> {
  const names = ["migrations", "threads", "states", "messages", "tombstones"];
  return await Promise.all(names.map((name) => database.rows(`select * from ${database.schema}.${prefix}${name}`)));
}
