import { StorageUnavailableError } from "../model/errors.ts";

/**
 * Decodes what a store kept. What cannot be decoded was written by a newer version of the library, or by somebody else; an error about it
 * may quote it, so only its class is told.
 *
 * @param what - what it is, with its article
 * @throws StorageUnavailableError, not retryable
 */
export function readStored<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const name = error instanceof Error ? error.name : "an unknown error";
    throw new StorageUnavailableError(
      `${what} in the store cannot be read (${name}): it was written by a newer version of agenity, or changed by somebody else`,
      { retryable: false },
    );
  }
}
