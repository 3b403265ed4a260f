import { existsSync } from "node:fs";
import type { BaseCheckpointer } from "../index.ts";
import { PgCheckpointer } from "../index.ts";
import { CliError, exitStatus } from "./cli-error.ts";

/** Which store is meant, and whose threads: the options that every command has. */
export interface StoreOptions {
  /** A PostgreSQL server. */
  readonly database?: string;
  /** A folder with an embedded PostgreSQL. */
  readonly dataDir?: string;
  /** The schema that the tables are in. */
  readonly schema?: string;
  /** Whether the tables have policies. */
  readonly rowLevelSecurity?: boolean;
  /** Only this user's threads. */
  readonly user?: string;
  /** Whether other programs read the output. */
  readonly json?: boolean;
}

/** Where sessions are kept unless the user says so. */
export const DEFAULT_DATA_DIR = "./.agenity";

/**
 * Opens the store, lets `work` use it, and closes it.
 *
 * @param mayCreate - whether an embedded store is made where there is none: a reader's mistyped folder should not become a database
 * @throws CliError if there is nothing to open
 */
export async function withStore<T>(
  options: StoreOptions,
  mayCreate: boolean,
  work: (checkpointer: BaseCheckpointer) => Promise<T>,
): Promise<T> {
  const { database, dataDir = DEFAULT_DATA_DIR, schema, rowLevelSecurity } = options;
  if (database !== undefined && options.dataDir !== undefined) {
    throw new CliError("--database and --data-dir name two different stores; give one of them", exitStatus.usage);
  }
  if (database === undefined && !mayCreate && !existsSync(dataDir)) {
    throw new CliError(
      `there is no store in ${dataDir}; "agenity import" makes one, --data-dir or --database name another one`,
    );
  }
  const checkpointer = new PgCheckpointer({
    ...(database === undefined ? { dataDir } : { postgresDsn: database }),
    schema,
    rowLevelSecurity,
  });
  try {
    await checkpointer.setup();
    return await work(checkpointer);
  } finally {
    await checkpointer.release();
  }
}
