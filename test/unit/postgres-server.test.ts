import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type OwnPostgresServer, startPostgresServer } from "../servers/postgres.ts";

let server: OwnPostgresServer;

beforeAll(async () => {
  server = await startPostgresServer(["max_connections=20"]);
});

afterAll(() => server.stop());

/** The first field of a statement's first row, asked over a connection of its own. */
async function ask(statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: statement, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

test("a server of one's own is configured as wanted", async () => {
  expect(await ask("show max_connections")).toBe("20");
});

test.each(["kill", "quit"] as const)("%s ends it, and started again it has what was committed", async (how) => {
  await ask(`create table ${how} as select 42 as answer`);
  await server[how]();
  await expect(ask("select 1")).rejects.toThrow("ECONNREFUSED");
  await server.start();
  expect(await ask(`select answer from ${how}`)).toBe(42);
});

test("a frozen server keeps its connections and answers when it runs again", async () => {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  server.freeze();
  let answer: unknown;
  const asked = client.query("select 1 as one").then(({ rows }) => (answer = rows));
  expect(answer).toBeUndefined();
  server.thaw();
  await vi.waitUntil(() => answer !== undefined, 10_000);
  await asked;
  await client.end();
});
