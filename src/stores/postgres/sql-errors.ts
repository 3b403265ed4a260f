import { migrations } from "../../generated/sql.ts";
import {
  CheckpointerError,
  InvalidConfigError,
  SchemaVersionError,
  StorageUnavailableError,
  ValidationError,
} from "../../model/errors.ts";

/** The newest schema that this library knows. */
export const SUPPORTED_SCHEMA: number = migrations.at(-1)?.version ?? 0;

/** A driver's error without what it may quote (rows, parameters, connection strings): only its code and the names of our own things. */
class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  /** The SQLSTATE, or the system's error code. */
  readonly code: string;
  /** The table, where PostgreSQL names one. */
  readonly table: string | undefined;
  /** The constraint, where PostgreSQL names one. */
  readonly constraint: string | undefined;

  constructor(error: DriverError) {
    super(`the database answered ${codeOf(error)}`);
    this.code = codeOf(error);
    this.table = error.table;
    this.constraint = error.constraint;
  }
}

interface DriverError {
  readonly code?: unknown;
  readonly message?: unknown;
  /** Of a system's error: what was tried. */
  readonly syscall?: unknown;
  readonly table?: string;
  readonly constraint?: string;
}

/** The SQLSTATE or system code of an error; `""`: it has none. */
export function codeOf(error: unknown): string {
  const code = (error as DriverError | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Somebody else was faster at a row, a lock, or the last free connection: nothing was written, and another try may find it free. */
function isRace(error: unknown): boolean {
  return ["23505", "40001", "40P01", "53300", "55P03"].includes(codeOf(error));
}

/** The connection broke, so that it is not known whether the statement was committed. */
export function isLostReply(error: unknown): boolean {
  if (error instanceof CheckpointerError) return error.retryable;
  const code = codeOf(error);
  if (/^(08|57P0)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN)/.test(code)) return true;
  // A server that is not running has no Unix socket.
  if (code === "ENOENT" && (error as DriverError).syscall === "connect") return true;
  const message = (error as DriverError | null)?.message;
  return code === "" && typeof message === "string" && /connection|timeout/i.test(message) && !isWithoutTls(error);
}

/** The driver asked for TLS and the server has none: trying again changes nothing. The driver gives this no code. */
function isWithoutTls(error: unknown): boolean {
  return (error as DriverError | null)?.message === "The server does not support SSL connections";
}

/** Whether another try may succeed: whoever repeats a write must know it again where its reply was lost. */
export function mayRepeat(error: unknown): boolean {
  return isRace(error) || isLostReply(error);
}

/** A driver's error as one of ours. */
export function checkpointerError(error: unknown): Error {
  if (error instanceof CheckpointerError) return error;
  const cause = new DatabaseError(error as DriverError);
  if (["EAI_AGAIN", "ENOTFOUND"].includes(cause.code)) {
    return new StorageUnavailableError("the database's host name cannot be found", { cause });
  }
  if (isLostReply(error)) return new StorageUnavailableError("the database cannot be reached; try again", { cause });
  if (isWithoutTls(error)) {
    const problem = "the database offers no TLS, which the connection asks for (sslmode)";
    return new StorageUnavailableError(problem, { cause, retryable: false });
  }
  return byCode(codeOf(error), cause) ?? byClass(cause.code.slice(0, 2), cause);
}

function byCode(code: string, cause: DatabaseError): CheckpointerError | undefined {
  switch (code) {
    case "42P01":
    case "3F000":
      return new SchemaVersionError(
        0,
        SUPPORTED_SCHEMA,
        "the tables do not exist; run `await checkpointer.setup()` once before anything else",
      );
    case "42501":
      return new InvalidConfigError("options.postgresDsn", "this database user lacks a right that the call needs", {
        cause,
      });
    case "28000":
    case "28P01":
      return new InvalidConfigError("options.postgresDsn", "the database refuses this user or password", { cause });
    case "3D000":
      return new InvalidConfigError("options.postgresDsn", "there is no such database on the server", { cause });
    case "25006":
      return new StorageUnavailableError("the database is read-only, as a standby is; try again when it takes writes", {
        cause,
      });
    case "57014":
      return new StorageUnavailableError(
        "the database cancelled the call (statement_timeout, or somebody); try again",
        {
          cause,
        },
      );
    case "ENOENT":
    case "EACCES":
      return new InvalidConfigError("options.postgresDsn", "a file that it names cannot be read", { cause });
    default:
      return undefined;
  }
}

function byClass(sqlClass: string, cause: DatabaseError): CheckpointerError {
  switch (sqlClass) {
    case "53": // too many connections, disk or memory full
    case "40": // a race that did not end
    case "55":
      return new StorageUnavailableError("the database cannot serve this call now; try again", { cause });
    case "22":
    case "23":
    case "54":
      return new ValidationError("turn", `PostgreSQL refuses a value of it (SQLSTATE ${cause.code})`, { cause });
    default:
      return new StorageUnavailableError(`the database failed (${cause.code === "" ? "no code" : cause.code})`, {
        cause,
        retryable: false,
      });
  }
}
