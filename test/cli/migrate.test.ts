import pg from "pg";
import { afterAll, describe, expect, inject, test } from "vitest";
import { makePlainUser } from "../servers/plain-user.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { agenity } from "./run-cli.ts";

const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);

afterAll(() => dropSchema(databaseUrl, schema));

describe("agenity migrate", { timeout: 120_000 }, () => {
  test("prints what makes the tables, and finds nothing to do where that was run", async () => {
    const options = ["--schema", schema, "--table-prefix", "cli_", "--id-type", "bigint"];
    const printed = await agenity(["migrate", "--print", ...options]);
    expect([printed.status, printed.stderr]).toEqual([0, ""]);
    expect(printed.stdout).not.toContain("grant");
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(printed.stdout);
    const files = `select relname, relfilenode from pg_class where relnamespace = '${schema}'::regnamespace order by 1`;
    const before = await client.query(files);
    const done = await agenity(["migrate", "--database", databaseUrl, ...options]);
    expect([done.status, done.stdout, done.stderr]).toEqual([0, "the tables are up to date\n", ""]);
    expect((await client.query(files)).rows).toEqual(before.rows);
    await client.end();
  });

  test("makes the tables where there are none", async () => {
    const options = ["--database", databaseUrl, "--schema", schema];
    expect((await agenity(["migrate", ...options, "--json"])).stdout).toBe('{\n  "upToDate": true\n}\n');
    expect((await agenity(["threads", ...options])).stdout).toBe("no threads\n");
  });

  test("grants to a role, whatever it is called", async () => {
    const { stdout } = await agenity(["migrate", "--print", "--role", 'an "app"']);
    expect(stdout).toContain('grant usage on schema "public" to "an ""app""";');
  });

  test("prints and makes the policies, which the other commands must be told of", async () => {
    const walled = `${schema}_walled`;
    const user = await makePlainUser(databaseUrl, walled);
    const options = ["--database", user.url, "--schema", walled];
    expect((await agenity(["migrate", "--print", "--row-level-security"])).stdout).toContain("create policy");
    expect((await agenity(["migrate", ...options, "--row-level-security"])).status).toBe(0);
    expect((await agenity(["threads", ...options, "--row-level-security"])).stdout).toBe("no threads\n");
    const untold = await agenity(["threads", ...options]);
    expect([untold.status, untold.stderr]).toEqual([2, expect.stringContaining("options.rowLevelSecurity")]);
    await user.drop();
  });

  const wrong: readonly (readonly [what: string, args: string[], stderr: RegExp])[] = [
    ["a database, where none is asked", ["--print", "--database", databaseUrl], /--print asks no database/],
    ["a role, where nothing is printed", ["--role", "app", "--database", databaseUrl], /belong to --print/],
    ["two stores", ["--database", databaseUrl, "--data-dir", "x"], /give one of them/],
    ["a type of ids that there is not", ["--print", "--id-type", "uuid"], /Allowed choices are string, int, bigint/],
    ["a name that cannot be", ["--print", "--schema", "x".repeat(64)], /options\.schema: /],
  ];
  test.each(wrong)("is told of %s", async (_, args, message) => {
    const { status, stdout, stderr } = await agenity(["migrate", ...args]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});
