import { InvalidConfigError } from "./model/errors.ts";

/** What the environment says. */
export interface Environment {
  /** `DATABASE_URL`. */
  readonly databaseUrl: string;
  /** `CACHE_URL`; undefined: no hot layer. */
  readonly cacheUrl: string | undefined;
  /** `CACHE_TTL`, in seconds; undefined: the default. */
  readonly cacheTtl: number | undefined;
}

/**
 * Reads and checks the variables that `fromEnv()` knows.
 * @throws InvalidConfigError naming the variable, never quoting its value
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const databaseUrl = variables["DATABASE_URL"];
  if (databaseUrl === undefined || databaseUrl === "") {
    throw new InvalidConfigError("DATABASE_URL", "is not set; expected postgresql://user:password@host:5432/database");
  }
  const cacheTtl = variables["CACHE_TTL"];
  if (cacheTtl !== undefined && cacheTtl !== "" && !/^[1-9]\d{0,8}$/.test(cacheTtl)) {
    throw new InvalidConfigError("CACHE_TTL", "expected a whole number of seconds, 1 or more");
  }
  return {
    databaseUrl,
    cacheUrl: variables["CACHE_URL"] === "" ? undefined : variables["CACHE_URL"],
    cacheTtl: cacheTtl === undefined || cacheTtl === "" ? undefined : Number(cacheTtl),
  };
}
