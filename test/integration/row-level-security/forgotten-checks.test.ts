import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { sql } from "../../../src/generated/sql.ts";
import { PgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { PostgresColdStore } from "../../../src/stores/postgres/postgres-cold-store.ts";
import { makePlainUser } from "../../servers/plain-user.ts";
import { schemaFor } from "../../servers/schema-per-file.ts";
import { attempts, makeThread, OWNER, WITHOUT_THREAD } from "./attempts.ts";
import { WITHOUT_CHECK } from "./unchecked-sql.ts";

// Our own checks are taken out of every statement. What is left to keep users apart is the wall that PostgreSQL holds; without it, nothing does.
vi.mock("../../../src/generated/sql.ts", async (original) => {
  const module = await original<typeof import("../../../src/generated/sql.ts")>();
  const { unchecked } = await import("./unchecked-sql.ts");
  return { ...module, checked: module.sql, sql: unchecked(module.sql) };
});

const { checked } = (await import("../../../src/generated/sql.ts")) as unknown as { checked: typeof sql };
const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);
const user = await makePlainUser(databaseUrl, schema);
const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 });

function openStore(rowLevelSecurity: boolean): PostgresColdStore {
  const driver = new PgDriver({ source: { kind: "dsn", dsn: user.url }, close: true, preparedStatements: true });
  const tablePrefix = `${rowLevelSecurity}_`;
  return new PostgresColdStore(driver, {
    schema,
    tablePrefix,
    idType: "string",
    userIdType: "string",
    rowLevelSecurity,
  });
}

const stores = { walled: openStore(true), open: openStore(false) };

/** Everything that is the owner's, as a superuser sees it. */
async function belongings(): Promise<unknown> {
  const tables = ["threads", "states", "messages"].map((table) => `${schema}.true_${table}`);
  const rows = tables.map((table) =>
    admin.query(`select * from ${table} where user_id = $1 order by 1, 2, 3`, [OWNER]),
  );
  return (await Promise.all(rows)).map((result) => result.rows);
}

beforeAll(async () => {
  for (const store of Object.values(stores)) await store.setup();
});

afterAll(async () => {
  for (const store of Object.values(stores)) await store.release();
  await admin.end();
  await user.drop();
});

test("no statement has a check left, and each had one but those that need none", () => {
  const names = Object.keys(checked) as (keyof typeof checked)[];
  expect(names.filter((name) => sql[name] === checked[name])).toEqual(WITHOUT_CHECK);
  for (const name of names) expect(sql[name], name).not.toMatch(/user_id = (\$\d|turn\.|request\.)/);
});

test("every member of the port is tried", () => {
  const members = Object.getOwnPropertyNames(PostgresColdStore.prototype).filter((name) => name !== "constructor");
  const tried = Object.keys(attempts).map((name) => name.replace(/\W.*/, ""));
  expect(new Set([...tried, ...WITHOUT_THREAD])).toEqual(new Set(members));
});

describe.each(Object.entries(attempts))("%s by a stranger, unchecked,", (name, attempt) => {
  test("gets at another user's thread where there is no wall", async () => {
    await makeThread(stores.open, name);
    expect(await attempt(stores.open, name)).toBe(true);
  });

  test("gets at nothing behind the wall", async () => {
    await makeThread(stores.walled, name);
    const before = await belongings();
    expect(await attempt(stores.walled, name)).toBe(false);
    const after = await belongings();
    // What the attempt itself lets the owner do first: he stops his run, takes a lease, or makes a second thread.
    if (!/^(isStopRequested|holdsLease|renewLease|commit of versions)$/.test(name)) expect(after).toEqual(before);
  });
});
