import {
  AccessDeniedError,
  CheckpointerError,
  ConflictError,
  InvalidConfigError,
  NotFoundError,
  ValidationError,
} from "../../src/index.ts";
import type { OwnedThread } from "./owned-thread.ts";

const errors = {
  denied: AccessDeniedError,
  missing: NotFoundError,
  conflict: ConflictError,
  invalid: ValidationError,
  refused: InvalidConfigError,
} as const;

/** What must become of a call. */
export type Outcome =
  /** Something of the owner's is answered: it shows that the search for leaks would find it. */
  | "theirs"
  /** It is answered. */
  | "done"
  /** The answer is that there is nothing. */
  | "nothing"
  /** An error of this very class. */
  | keyof typeof errors;

/** Whoever calls. */
export type Caller = "owner" | "stranger" | "application";

/** For each caller: what must become of the call where the thread exists, and where it does not. */
export type Outcomes = Readonly<Record<Caller, readonly [exists: Outcome, absent: Outcome]>>;

/** The call's answer, or its error. */
export type Ending = { readonly answer: unknown } | { readonly error: unknown };

/** How a call ends. */
export async function endingOf(call: () => Promise<unknown>): Promise<Ending> {
  try {
    return { answer: await call() };
  } catch (error) {
    return { error };
  }
}

/** Why an ending is not what it must be; undefined: it is. */
export function wrongIn(ending: Ending, expected: Outcome, owned: OwnedThread): string | undefined {
  if ("error" in ending) {
    const errorClass = expected in errors ? errors[expected as keyof typeof errors] : undefined;
    const { error } = ending;
    const isExpected = error instanceof CheckpointerError && error.constructor === errorClass;
    return isExpected ? undefined : `expected "${expected}", got ${error instanceof Error ? error.name : "no error"}`;
  }
  const { answer } = ending;
  if (expected === "done") return undefined;
  if (expected === "nothing") return isNothing(answer) ? undefined : "expected nothing, got something";
  if (expected === "theirs") return owned.isSeenIn(answer) ? undefined : "expected something of the owner's";
  return `expected "${expected}", but the call succeeded`;
}

function isNothing(answer: unknown): boolean {
  if (answer === null || answer === undefined || answer === false || answer === 0) return true;
  if (typeof answer !== "object") return false;
  // An empty list; or counts, all of which are 0.
  return Object.values(answer).every((value) => value === 0);
}
