/** Options that every error of Agenity takes. */
export interface CheckpointerErrorOptions {
  /** What led to it. Never a driver's raw error: those quote rows and passwords. */
  readonly cause?: unknown;
}

/**
 * The parent of every error that a checkpointer throws on purpose.
 * No message, field or cause of one ever holds a DSN, a message's text or a state's value.
 */
export abstract class CheckpointerError extends Error {
  /** Stable, machine-readable name: `AGENITY_<WHAT>`. */
  abstract readonly code: `AGENITY_${string}`;
  /** Whether the same call, unchanged, may succeed later. */
  readonly retryable: boolean = false;

  constructor(message: string, options: CheckpointerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
  }
}

/** A constructor option, an environment variable or a call's `config` is wrong: `field` says which. Nothing was written. */
export class InvalidConfigError extends CheckpointerError {
  override readonly code = "AGENITY_INVALID_CONFIG";
  /** The offending field, as a path: `config.threadId`, `options.schema`, `CACHE_TTL`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: CheckpointerErrorOptions) {
    super(`${field}: ${problem}`, options);
    this.field = field;
  }
}

/** A state, message, thread or call option does not have the shape it must have: `field` says where. Nothing was written. */
export class ValidationError extends CheckpointerError {
  override readonly code = "AGENITY_VALIDATION";
  /** The offending field, as a path: `messages[2].role`, `state.plan`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: CheckpointerErrorOptions) {
    super(`${field}: ${problem}`, options);
    this.field = field;
  }
}

/** A value cannot be stored exactly (a function, a symbol, a cycle, a class instance). Nothing was written. */
export class SerializationError extends CheckpointerError {
  override readonly code = "AGENITY_SERIALIZATION";
  /** Where the value stands: `state.tools[0].run`. */
  readonly path: string;

  constructor(path: string, problem: string, options?: CheckpointerErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

/** Somebody else was faster: the thread's state is no longer the one that this write was based on. Nothing of the turn was written. */
export class ConflictError extends CheckpointerError {
  override readonly code = "AGENITY_CONFLICT";
  /** The version that the write was based on; 0: it expected that there is none. */
  readonly expected: number;
  /** The version that stands now; 0: there is none. */
  readonly actual: number;

  constructor(expected: number, actual: number, message: string = staleMessage(expected, actual)) {
    super(message);
    this.expected = expected;
    this.actual = actual;
  }
}

function staleMessage(expected: number, actual: number): string {
  return (
    `the thread's state is at version ${actual}, the write was based on version ${expected}. ` +
    `Read it again with getState() and repeat the change, or use updateState(), which does both; ` +
    `{ onConflict: "overwrite" } lets the last writer win.`
  );
}

/** Something that the call named (a version, a message, a source thread) does not exist, or is not visible to this user. */
export class NotFoundError extends CheckpointerError {
  override readonly code = "AGENITY_NOT_FOUND";
  /** The parameter that named it. */
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}

/** A write to a thread that belongs to another user. Nothing was written. (Reads of such a thread find nothing.) */
export class AccessDeniedError extends CheckpointerError {
  override readonly code = "AGENITY_ACCESS_DENIED";

  constructor(problem = "the thread belongs to another user; pass the config of its owner") {
    super(`config.userId: ${problem}`);
  }
}

/** Somebody else holds the thread's run lease: `acquireRun` again later, or with `waitMs`. Nothing was written. */
export class RunHeldError extends CheckpointerError {
  override readonly code = "AGENITY_RUN_HELD";
  override readonly retryable = true;
  /** In how many milliseconds the lease ends, if its holder does not prolong it. */
  readonly restMs: number;

  constructor(restMs: number) {
    super(
      `another run holds this thread for ${Math.ceil(restMs)} ms more, unless it prolongs that; ` +
        "try again later, or give acquireRun() a waitMs",
    );
    this.restMs = restMs;
  }
}

/** The run lease under which the call was made is not held any more: it passed, was given back, or the thread is gone. Nothing was written. */
export class RunLostError extends CheckpointerError {
  override readonly code = "AGENITY_RUN_LOST";

  constructor() {
    super(
      "config.lease: the run's lease is not held any more, so another run may have begun; stop this one, or acquireRun() again and read the state anew",
    );
  }
}

/** The database cannot be reached or cannot serve now (the seed's `ConnectionError`). `retryable` says whether waiting can help. */
export class StorageUnavailableError extends CheckpointerError {
  override readonly code = "AGENITY_STORAGE_UNAVAILABLE";
  override readonly retryable: boolean;

  constructor(message: string, options: CheckpointerErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options);
    this.retryable = options.retryable ?? true;
  }
}

/** The tables are missing, or newer than this library understands: run `setup()`, or upgrade the library. */
export class SchemaVersionError extends CheckpointerError {
  override readonly code = "AGENITY_SCHEMA_VERSION";
  /** The schema version that the database has; 0: none. */
  readonly found: number;
  /** The newest schema version that this library knows. */
  readonly supported: number;

  constructor(found: number, supported: number, problem: string) {
    super(problem);
    this.found = found;
    this.supported = supported;
  }
}

/** The checkpointer was released; make a new one. */
export class ReleasedError extends CheckpointerError {
  override readonly code = "AGENITY_RELEASED";

  constructor() {
    super("this checkpointer was released; construct a new one to go on");
  }
}
