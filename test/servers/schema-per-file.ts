import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { basename } from "node:path";
import pg from "pg";

/** A schema of a test file's own: files run side by side on one server. */
export function schemaFor(moduleUrl: string): string {
  const path = fileURLToPath(moduleUrl);
  const hash = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return `test_${basename(path).replaceAll(/\W/g, "_").toLowerCase().slice(0, 30)}_${hash}`;
}

/** Drops a schema with all that is in it. */
export async function dropSchema(databaseUrl: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`drop schema if exists ${client.escapeIdentifier(schema)} cascade`);
  } finally {
    await client.end();
  }
}
