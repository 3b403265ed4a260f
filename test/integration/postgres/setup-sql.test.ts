import pg from "pg";
import { describe, expect, test } from "vitest";
import { createState, InvalidConfigError, Message, PgCheckpointer, type SetupSqlOptions } from "../../../src/index.ts";
import { thrown } from "../../rejected.ts";
import { Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);

/** As a client that knows nothing of us runs it: one text of many commands. */
async function run(sql: string): Promise<void> {
  const client = await database.connect();
  try {
    await client.query(sql);
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

/** What tables, columns, indexes and rights there are, under any schema's name. */
async function catalog(schema: string): Promise<unknown[]> {
  return await database.rows(
    `select class.relname, class.relkind, class.reloptions, attribute.attname, attribute.atttypid, attribute.attnotnull,
       attribute.attoptions, attribute.attcollation, attribute.attidentity, pg_get_expr(value.adbin, value.adrelid) as default,
       replace(pg_get_indexdef(class.oid), $1, '') as index
     from pg_class as class
     join pg_attribute as attribute on attribute.attrelid = class.oid
     left join pg_attrdef as value on value.adrelid = class.oid and value.adnum = attribute.attnum
     where class.relnamespace = to_regnamespace(quote_ident($1)) order by class.relname, attribute.attnum`,
    [schema],
  );
}

const { schema } = database;
const variants: readonly (readonly [what: string, options: SetupSqlOptions])[] = [
  ["plain names", { schema }],
  ["awkward names", { schema: `${schema} "q" $1 '; {{threads}} \\`, tablePrefix: `'"$2;\n{{x}}:y ` }],
  ["ids that are numbers", { schema, tablePrefix: "numbers_", idType: "bigint", userIdType: "int" }],
];

describe("the SQL of setup()", () => {
  test.each(variants)("with %s makes what setup() makes, and leaves it nothing to do", async (_, options) => {
    const here = options.schema ?? "public";
    const role = await database.role([]);
    try {
      await run(PgCheckpointer.setupSql({ ...options, role: role.user }));
      const made = await catalog(here);
      const byRole = new PgCheckpointer({ ...options, postgresDsn: database.dsn(role) });
      await byRole.setup();
      await byRole.release();
      expect(await catalog(here)).toEqual(made);
      await run(`drop schema ${pg.escapeIdentifier(here)} cascade`);
      await using checkpointer = new PgCheckpointer({ ...options, postgresDsn: database.url });
      await checkpointer.setup();
      expect(await catalog(here)).toEqual(made);
      expect(made.length).toBeGreaterThan(30);
    } finally {
      await run(`drop schema if exists ${pg.escapeIdentifier(here)} cascade`);
    }
  });

  test("grants the role what every method needs, and nothing more", async () => {
    const role = await database.role([]);
    await run(PgCheckpointer.setupSql({ schema, role: role.user }));
    const checkpointer = database.open({ postgresDsn: database.dsn(role) });
    await checkpointer.setup();
    const message = Message.text("x", { messageId: "m" });
    await checkpointer.checkpoint({ threadId: "t" }, { state: createState(), messages: [message] });
    for (const [method, call] of Object.entries(everyRead(checkpointer, "t"))) {
      expect(await call(), method).not.toBeNull();
    }
    for (const call of Object.values(everyWrite(checkpointer, "t"))) await call();
    const rights = await database.rows(
      "select table_name, string_agg(privilege_type, ' ' order by privilege_type) as rights from information_schema.role_table_grants where grantee = $1 group by 1 order by 1",
      [role.user],
    );
    const all = "DELETE INSERT SELECT UPDATE";
    expect(rights).toEqual([
      { table_name: "agent_messages", rights: all },
      { table_name: "agent_migrations", rights: "SELECT" },
      { table_name: "agent_states", rights: all },
      { table_name: "agent_threads", rights: all },
      { table_name: "agent_tombstones", rights: all },
    ]);
  });

  test("changes nothing where a part of it fails", async () => {
    const options = { schema: `${schema}_half` };
    await expect(run(PgCheckpointer.setupSql({ ...options, role: "nobody of this name" }))).rejects.toThrow(/role/);
    expect(await database.value("select to_regnamespace($1)", [options.schema])).toBeNull();
  });

  test("for tables that are up to date only grants", async () => {
    const options = { schema: `${schema}_dated` };
    await run(PgCheckpointer.setupSql(options));
    const made = await catalog(options.schema);
    const fromVersion = Number(await database.value(`select max(version) from ${options.schema}.agent_migrations`));
    await run(PgCheckpointer.setupSql({ ...options, fromVersion }));
    expect(await catalog(options.schema)).toEqual(made);
    await database.rows(`drop schema ${options.schema} cascade`);
  });

  test("is not written for names that cannot be, nor for options that there are not", () => {
    const wrong: Record<string, unknown> = {
      schema: "",
      tablePrefix: "x".repeat(33),
      role: "a\0b",
      fromVersion: -1,
      idType: "uuid",
      user: "x",
    };
    for (const [option, value] of Object.entries(wrong)) {
      expect(thrown(() => PgCheckpointer.setupSql({ [option]: value }), InvalidConfigError).field).toBe(
        `options.${option}`,
      );
    }
  });
});
