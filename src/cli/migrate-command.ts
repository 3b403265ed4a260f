import { type IdKind, PgCheckpointer } from "../index.ts";
import { CliError, exitStatus } from "./cli-error.ts";
import { DEFAULT_DATA_DIR, type StoreOptions } from "./open-store.ts";

/** Which tables are made, and how. */
export interface MigrateOptions extends StoreOptions {
  /** Print the SQL instead. */
  readonly print?: boolean;
  /** What the tables' names begin with. */
  readonly tablePrefix?: string;
  /** Of thread ids. */
  readonly idType?: IdKind;
  /** Of user ids. */
  readonly userIdType?: IdKind;
  /** The role that is granted what running needs. */
  readonly role?: string;
  /** The schema version that the tables have already. */
  readonly fromVersion?: number;
}

/** The kinds of ids, for the command line. */
export const idKinds: readonly IdKind[] = ["string", "int", "bigint"];

/** The SQL that makes the tables. */
export function migrationSql(options: MigrateOptions): string {
  if (options.database !== undefined || options.dataDir !== undefined) {
    throw new CliError("--print asks no database; leave --database and --data-dir out", exitStatus.usage);
  }
  const { schema, tablePrefix, idType, userIdType, rowLevelSecurity, role, fromVersion } = options;
  return PgCheckpointer.setupSql({ schema, tablePrefix, idType, userIdType, rowLevelSecurity, role, fromVersion });
}

/** Makes the tables, or brings them up to date. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { database, dataDir, schema, tablePrefix, idType, userIdType, rowLevelSecurity } = options;
  if (database !== undefined && dataDir !== undefined) {
    throw new CliError("--database and --data-dir name two different stores; give one of them", exitStatus.usage);
  }
  if (options.role !== undefined || options.fromVersion !== undefined) {
    throw new CliError("--role and --from-version belong to --print", exitStatus.usage);
  }
  await using checkpointer = new PgCheckpointer({
    ...(database === undefined ? { dataDir: dataDir ?? DEFAULT_DATA_DIR } : { postgresDsn: database }),
    schema,
    tablePrefix,
    idType,
    userIdType,
    rowLevelSecurity,
  });
  await checkpointer.setup();
}
