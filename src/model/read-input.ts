import { CheckpointerError } from "./errors.ts";

/**
 * Runs what looks at a caller's value. Getters, proxies and methods in it are the caller's code, and may throw anything: that becomes an error
 * of ours, without its message, which may quote data.
 *
 * @param refuse - makes the error from what is wrong
 */
export function readInput<T>(read: () => T, refuse: (problem: string) => CheckpointerError): T {
  try {
    return read();
  } catch (thrown) {
    throw isOurs(thrown) ? thrown : refuse(`reading it threw ${nameOfThrown(thrown)}`);
  }
}

/** The class of what a caller's code threw. Looking at it may throw as well. */
export function nameOfThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error && /^\w{1,60}$/.test(thrown.name)) return thrown.name;
  } catch {
    // it was made to throw
  }
  return "a value that is no error";
}

function isOurs(thrown: unknown): boolean {
  try {
    return thrown instanceof CheckpointerError;
  } catch {
    return false;
  }
}
