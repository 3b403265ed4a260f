import { migrations } from "../../generated/sql.ts";
import { InvalidConfigError, SchemaVersionError } from "../../model/errors.ts";
import { policyCommands } from "./row-level-security.ts";
import { numberIn, textIn } from "./row-values.ts";
import { checkpointerError, codeOf, SUPPORTED_SCHEMA } from "./sql-errors.ts";
import type { Row, SqlDriver, SqlSession } from "./sql-driver.ts";
import { fillNames, statement, type TableOptions } from "./statements.ts";

// Everything here runs at most once a process, so these statements are kept beside their only caller.
/** The statements around the migrations. */
export const migrationSql = {
  /** One migrator at a time, per set of tables, in any process; freed by the end of the transaction, so that any pooler serves. */
  lock: "select pg_advisory_xact_lock(hashtextextended($1::text, 0))",
  schemaExists: "select 1 as found from pg_catalog.pg_namespace where nspname = $1::text",
  createSchema: "create schema {{schema}}",
  ledgerExists: "select 1 as found where to_regclass($1::text) is not null",
  createLedger:
    "create table {{migrations}} (version integer primary key, name text not null, applied_at timestamptz not null default now())",
  newest: "select coalesce(max(version), 0) as version from {{migrations}}",
  record: "insert into {{migrations}} (version, name) values ($1::integer, $2::text)",
  idColumns: `select column_name, data_type,
      case when row_security_active($3::text) then 1 else 0 end as walled,
      (select count(*)::integer from pg_catalog.pg_policy where polname = 'agenity_owner' and polrelid = to_regclass($4::text)) as policies
    from information_schema.columns
    where table_schema = $1::text and table_name = $2::text and column_name in ('thread_id', 'user_id')`,
} as const;

/** Makes the tables, or brings them up to date. All or nothing, and one process at a time. */
export async function migrate(driver: SqlDriver, options: TableOptions): Promise<void> {
  // Every process calls this when it starts, and nearly always there is nothing to do: then without a transaction, and without waiting for anybody.
  if (await isUpToDate(driver, options)) return;
  const run = (session: SqlSession, name: keyof typeof migrationSql, values: readonly unknown[] = []) =>
    session.query(statement(name, fillNames(migrationSql[name], options)), values);
  await driver.transaction(async (session) => {
    await run(session, "lock", [lockName(options)]);
    // Asked first, because `create … if not exists` needs the right to create even where there is nothing to do.
    if ((await run(session, "schemaExists", [options.schema])).length === 0) await run(session, "createSchema");
    const ledger = fillNames("{{migrations}}", options);
    if ((await run(session, "ledgerExists", [ledger])).length === 0) await run(session, "createLedger");
    const [newest] = await run(session, "newest");
    const found = newest === undefined ? 0 : numberIn(newest, "version");
    refuseNewer(found);
    for (const migration of migrations.filter(({ version }) => version > found)) {
      for (const text of splitStatements(migration.text)) {
        await session.query(statement(migration.name, fillNames(text, options)), []);
      }
      await run(session, "record", [migration.version, migration.name]);
    }
    const columns = await run(session, "idColumns", idTableOf(options));
    if (stands(columns, options)) return;
    for (const text of policyCommands) await session.query(statement("policy", fillNames(text, options)), []);
  });
}

/** Whether the tables are there, as this library needs them. */
async function isUpToDate(driver: SqlDriver, options: TableOptions): Promise<boolean> {
  const found = await newestVersion(driver, options);
  refuseNewer(found);
  if (found < SUPPORTED_SCHEMA) return false;
  const columns = await driver.query(statement("idColumns", migrationSql.idColumns), idTableOf(options));
  return stands(columns, options);
}

/**
 * Whether tables of the newest version also have the policies that are asked for.
 *
 * @throws {@link InvalidConfigError} where no `setup()` makes them right
 */
function stands(columns: readonly Row[], options: TableOptions): boolean {
  checkIdTypes(columns, options);
  if (options.rowLevelSecurity) return columns.some((column) => numberIn(column, "policies") > 0);
  // Whoever makes the tables may be free of the policies; whoever uses them may not, and is checked at his first call.
  checkWall(columns, options);
  return true;
}

/** What a migrator of these tables locks. */
export function lockName({ schema, tablePrefix }: TableOptions): string {
  return `agenity:${schema}.${tablePrefix}`;
}

/** Checks, without changing anything, that the tables are those of this library. */
export async function checkSchema(driver: SqlDriver, options: TableOptions): Promise<void> {
  const found = await newestVersion(driver, options);
  refuseNewer(found);
  if (found < SUPPORTED_SCHEMA) {
    throw new SchemaVersionError(
      found,
      SUPPORTED_SCHEMA,
      `the tables are at schema version ${found}, this library needs ${SUPPORTED_SCHEMA}; run \`await checkpointer.setup()\``,
    );
  }
  const columns = await driver.query(statement("idColumns", migrationSql.idColumns), idTableOf(options));
  checkIdTypes(columns, options);
  checkWall(columns, options);
}

/** Whose columns tell which types of ids the tables were made with, and whose rows have policies. */
function idTableOf(options: TableOptions): readonly string[] {
  return [
    options.schema,
    `${options.tablePrefix}threads`,
    ...["{{threads}}", "{{messages}}"].map((name) => fillNames(name, options)),
  ];
}

async function newestVersion(driver: SqlDriver, options: TableOptions): Promise<number> {
  try {
    const [row] = await driver.query(statement("newest", fillNames(migrationSql.newest, options)), []);
    return row === undefined ? 0 : numberIn(row, "version");
  } catch (error) {
    if (codeOf(error) === "42P01" || codeOf(error) === "3F000") return 0;
    throw checkpointerError(error);
  }
}

function refuseNewer(found: number): void {
  if (found <= SUPPORTED_SCHEMA) return;
  throw new SchemaVersionError(
    found,
    SUPPORTED_SCHEMA,
    `the tables are at schema version ${found}, this library knows up to ${SUPPORTED_SCHEMA}; upgrade the package agenity`,
  );
}

/** Tables made with other id types would refuse ids one by one, or order them differently: better told at once. */
function checkIdTypes(columns: readonly Row[], options: TableOptions): void {
  const kinds = { text: "string", integer: "int", bigint: "bigint" } as Readonly<Record<string, string>>;
  const wanted = {
    thread_id: ["options.idType", options.idType],
    user_id: ["options.userIdType", options.userIdType],
  } as const;
  for (const column of columns) {
    const [field, kind] = wanted[textIn(column, "column_name") as keyof typeof wanted];
    const actual = kinds[textIn(column, "data_type")];
    if (actual !== kind) throw new InvalidConfigError(field, `is "${kind}", but the tables were made with "${actual}"`);
  }
}

/** A wall that does not stand would be believed in; one that is not known of would hide every row. */
function checkWall([column]: readonly Row[], { rowLevelSecurity }: TableOptions): void {
  if (column === undefined || (numberIn(column, "walled") === 1) === rowLevelSecurity) return;
  const problem = rowLevelSecurity
    ? "no policy holds for this database user: run setup() with this option, and connect as a user that is neither a superuser nor has BYPASSRLS"
    : "is not set, but the tables have policies that hide every row from a program that does not set it";
  throw new InvalidConfigError("options.rowLevelSecurity", problem);
}

/**
 * Migrations contain no functions and no quoted semicolons; a prepared statement holds one command. Split before the names are filled in,
 * which may hold anything.
 */
export function splitStatements(text: string): string[] {
  return text.split(/;\s*(?:\n|$)/).filter((part) => part.trim() !== "");
}
