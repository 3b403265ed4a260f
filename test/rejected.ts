import { expect } from "vitest";
import type { CheckpointerError } from "../src/index.ts";

type ErrorClass<E extends CheckpointerError> = new (...given: never[]) => E;

/** The error of this very class with which a call is rejected. */
export async function rejected<E extends CheckpointerError>(
  call: Promise<unknown>,
  errorClass: ErrorClass<E>,
): Promise<E> {
  return await call.then(
    () => expect.fail(`expected ${errorClass.name}, but the call succeeded`),
    (error: unknown) => ofClass(error, errorClass),
  );
}

/** The error of this very class that a function throws. */
export function thrown<E extends CheckpointerError>(run: () => unknown, errorClass: ErrorClass<E>): E {
  let error: unknown;
  try {
    run();
  } catch (caught) {
    error = caught;
  }
  return ofClass(error, errorClass);
}

function ofClass<E extends CheckpointerError>(error: unknown, errorClass: ErrorClass<E>): E {
  if (error instanceof errorClass) return error;
  throw new Error(`expected ${errorClass.name}`, { cause: error });
}
