import { randomUUID } from "node:crypto";
import pg from "pg";

/** A database user who is nothing special: he owns a schema, and row level security binds him. */
export interface PlainUser {
  /** The connection string with which he logs in. */
  readonly url: string;
  /** Drops his schema and him. */
  drop(): Promise<void>;
}

/** Makes a user, and the schema that he owns, by the name of the schema. */
export async function makePlainUser(databaseUrl: string, schema: string): Promise<PlainUser> {
  const user = pg.escapeIdentifier(schema);
  const url = new URL(databaseUrl);
  [url.username, url.password] = [encodeURIComponent(schema), randomUUID()];
  await run(
    databaseUrl,
    `create role ${user} login password '${url.password}'`,
    `create schema ${user} authorization ${user}`,
  );
  return {
    url: url.href,
    drop: () => run(databaseUrl, `drop schema ${user} cascade`, `drop role ${user}`),
  };
}

async function run(databaseUrl: string, ...commands: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const command of commands) await client.query(command);
  } finally {
    await client.end();
  }
}
