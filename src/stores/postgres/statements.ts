import { createHash } from "node:crypto";
import { sql } from "../../generated/sql.ts";
import type { IdKind } from "../../model/config.ts";
import { toldCaller } from "./row-level-security.ts";
import type { Statement } from "./sql-driver.ts";

/** What the tables are called and how their ids are stored. */
export interface TableOptions {
  /** The PostgreSQL schema. */
  readonly schema: string;
  /** What every table's name begins with. */
  readonly tablePrefix: string;
  /** Of thread ids. */
  readonly idType: IdKind;
  /** Of user ids. */
  readonly userIdType: IdKind;
  /** Whether the server holds a second wall between users, by policies. */
  readonly rowLevelSecurity: boolean;
}

/** The files of `sql/`. `list-messages` is made twice, once a direction. */
type StatementName = Exclude<keyof typeof sql, "listMessages"> | "listMessagesAscending" | "listMessagesDescending";

/** Every statement, for one set of tables. */
export type Statements = Readonly<Record<StatementName, Statement>>;

/** Statements whose best plan depends on which filters are given. */
const REPLANNED: ReadonlySet<string> = new Set<StatementName>([
  "listMessagesAscending",
  "listMessagesDescending",
  "listThreads",
  "listVersions",
]);

const COLUMN_TYPES: Readonly<Record<IdKind, string>> = { string: "text", int: "integer", bigint: "bigint" };

/**
 * The statements with the names of the tables filled in.
 * @param now - as {@link SqlDriver.now}
 */
export function statementsFor(options: TableOptions, now: string): Statements {
  const { listMessages, ...others } = sql;
  const texts: Readonly<Record<string, string>> = {
    ...others,
    listMessagesAscending: listMessages.replace("{{direction}}", "asc"),
    listMessagesDescending: listMessages.replace("{{direction}}", "desc"),
  };
  const statements = Object.entries(texts).map(([name, text]) => [
    name,
    statement(
      name,
      fillNames(
        toldCaller(text, options.rowLevelSecurity).replaceAll("{{now}}", () => now),
        options,
      ),
    ),
  ]);
  return Object.fromEntries(statements) as Statements;
}

/** A text with the names of the tables and the types of ids filled in. */
export function fillNames(text: string, options: TableOptions): string {
  const names = placeholders(options);
  return text.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`no value for ${placeholder}`);
    return value;
  });
}

/** A statement, named by its text: two checkpointers on one connection never take each other's. */
export function statement(name: string, text: string): Statement {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { name: `agenity_${name}_${hash}`, text, replan: REPLANNED.has(name) };
}

function placeholders(options: TableOptions): Readonly<Record<string, string>> {
  const { schema, tablePrefix } = options;
  const table = (name: string): string => `${quoted(schema)}.${quoted(tablePrefix + name)}`;
  const threadId = COLUMN_TYPES[options.idType];
  const userId = COLUMN_TYPES[options.userIdType];
  return {
    schema: quoted(schema),
    threads: table("threads"),
    states: table("states"),
    messages: table("messages"),
    tombstones: table("tombstones"),
    migrations: table("migrations"),
    threads_user_idx: quoted(`${tablePrefix}threads_user_idx`),
    messages_order_idx: quoted(`${tablePrefix}messages_order_idx`),
    thread_id: threadId,
    user_id: userId,
    thread_id_column: column(threadId),
    user_id_column: column(userId),
  };
}

function column(type: string): string {
  return type === "text" ? `text collate "C"` : type;
}

/** An identifier, whatever it contains. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
