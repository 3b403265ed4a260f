import { migrations } from "../../generated/sql.ts";
import { lockName, migrationSql, splitStatements } from "./migrate.ts";
import { policyCommands } from "./row-level-security.ts";
import { fillNames, quoted, type TableOptions } from "./statements.ts";

/**
 * What `migrate` does, as text for a database administrator: one transaction, which changes nothing if anything in it fails.
 *
 * @param role - is granted what running needs; null: nothing is granted
 * @param fromVersion - the schema version that the tables have; 0: there are none
 */
export function setupSql(options: TableOptions, role: string | null, fromVersion: number): string {
  const fill = (text: string): string => fillNames(text, options);
  const commands = [
    "begin",
    migrationSql.lock.replace("$1::text", () => literal(lockName(options))),
    ...(fromVersion === 0 ? ["create schema if not exists {{schema}}", migrationSql.createLedger].map(fill) : []),
  ];
  for (const { version, name, text } of migrations.filter((migration) => migration.version > fromVersion)) {
    // Before the names are filled in, which may hold anything.
    const record = migrationSql.record.replace("$1", String(version)).replace("$2", literal(name));
    commands.push(...[...splitStatements(text), record].map(fill));
  }
  if (options.rowLevelSecurity) commands.push(...policyCommands.map(fill));
  if (role !== null) commands.push(...grants.map((grant) => `${fill(grant)} to ${quoted(role)}`));
  return [...commands, "commit"].map((command) => `${command};\n`).join("");
}

/** What running needs. */
const grants: readonly string[] = [
  "grant usage on schema {{schema}}",
  "grant select, insert, update, delete on {{threads}}, {{states}}, {{messages}}, {{tombstones}}",
  "grant select on {{migrations}}",
];

/** A text, whatever it contains; backslashes mean themselves (`standard_conforming_strings`, on since PostgreSQL 9.1). */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
