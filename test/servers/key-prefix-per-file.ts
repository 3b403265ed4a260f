import { Redis } from "ioredis";
import { schemaFor } from "./schema-per-file.ts";

/** A prefix of a test file's own: files run side by side on one server. */
export function keyPrefixFor(moduleUrl: string): string {
  return `${schemaFor(moduleUrl)}:`;
}

/** Deletes all keys that begin so; a prefix of {@link keyPrefixFor} holds nothing that a pattern would take for more than itself. */
export async function deleteKeys(cacheUrl: string, keyPrefix: string): Promise<void> {
  const client = new Redis(cacheUrl);
  try {
    for await (const keys of client.scanStream({ match: `${keyPrefix}*`, count: 1_000 })) {
      if ((keys as string[]).length > 0) await client.del(keys as string[]);
    }
  } finally {
    client.disconnect();
  }
}
