import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type CheckpointerError,
  createState,
  InvalidConfigError,
  Message,
  PgCheckpointer,
  ReleasedError,
  StorageUnavailableError,
} from "../../../src/index.ts";
import { rejected, thrown } from "../../rejected.ts";
import { Database } from "../postgres/database.ts";
import { plant } from "./planted.ts";
import { expectNoSecret } from "./shown.ts";
import { everyRead, everyWrite } from "../postgres/every-call.ts";

const database = new Database(import.meta.url);
// With what a URL must escape: neither form of it may show.
const secret = plant("password");
const serverPassword = decodeURIComponent(new URL(database.url).password);
const warnings: string[] = [];
const keepWarning = (warning: Error): void => void warnings.push(inspect(warning));

beforeAll(async () => {
  process.on("warning", keepWarning);
  await database.open().setup();
});

afterAll(() => process.off("warning", keepWarning));

type Cases = Readonly<Record<string, readonly [dsn: string, new (...given: never[]) => CheckpointerError, string]>>;

const cases: Cases = {
  "a wrong password": [database.dsn({ password: secret }), InvalidConfigError, "refuses this user or password"],
  "a user that does not exist": [
    database.dsn({ user: "nobody_of_this_name", password: secret }),
    InvalidConfigError,
    "refuses this user or password",
  ],
  "a database that does not exist": [database.dsn({ database: "none" }), InvalidConfigError, "no such database"],
  "a host that does not exist": [
    database.dsn({ host: "host.invalid", password: secret }),
    StorageUnavailableError,
    "host name cannot be found",
  ],
  "a password that was not escaped, so that a piece of it is taken for the host": [
    `postgresql://user:${secret}@127.0.0.1/postgres`,
    StorageUnavailableError,
    "host name cannot be found",
  ],
  "a port that nobody listens on": [
    database.dsn({ host: "127.0.0.1:1", password: secret }),
    StorageUnavailableError,
    "cannot be reached",
  ],
  "a certificate that is not there": [
    database.dsn({ password: secret, parameters: { sslmode: "verify-full", sslrootcert: "/no/such/file" } }),
    InvalidConfigError,
    "cannot be read",
  ],
  "a setting that does not exist": [
    database.dsn({ settings: { no_such_setting: "1" } }),
    StorageUnavailableError,
    "42704",
  ],
};

describe("a connection string's password is in no error, no cause, no stack and no warning", () => {
  test.each(Object.entries(cases))("%s", async (_, [postgresDsn, errorClass, text]) => {
    const checkpointer = database.open({ postgresDsn });
    const calls = [
      checkpointer.setup(),
      checkpointer.getState({ threadId: "t" }),
      checkpointer.putMessages({ threadId: "t" }, [Message.text("x")]),
      checkpointer.deleteThread({ threadId: "t" }),
    ];
    const errors = await Promise.all(calls.map((call) => rejected(call, errorClass)));
    for (const error of errors) {
      expect(error.message).toContain(text);
      expectNoSecret(error, secret, serverPassword);
    }
    expectNoSecret(checkpointer, secret, serverPassword);
    await checkpointer.release();
    expectNoSecret(await rejected(checkpointer.getState({ threadId: "t" }), ReleasedError), secret, serverPassword);
    expect(warnings.join("\n")).not.toContain(secret.slice(5));
  });

  test("connection strings that are none", () => {
    const password = encodeURIComponent(secret);
    const wrong = [
      `mysql://user:${password}@host/database`,
      `user:${password}@host/database`,
      `postgresql://user:${password}@host:no-port/database`,
      `host=localhost password=${secret}`,
    ];
    for (const postgresDsn of wrong) {
      const error = thrown(() => new PgCheckpointer({ postgresDsn }), InvalidConfigError);
      expect(error.field).toBe("options.postgresDsn");
      expectNoSecret(error, secret);
    }
  });
});

test("a refusal of PostgreSQL never quotes what was said, whatever PostgreSQL refuses about it", async () => {
  const said = `said-${randomUUID()}`;
  const checkpointer = database.open();
  const tables = { messages: "search_text", states: "entry::text" };
  for (const [table, column] of Object.entries(tables)) {
    const text = `alter table {{${table}}} add constraint short check (length(${column}) < 30) not valid`;
    await database.rows(text);
  }
  const state = createState({ contextSummary: said });
  const errors = [
    await checkpointer.putMessages({ threadId: "quoted" }, [Message.text(said)]).catch((error: unknown) => error),
    await checkpointer.putState({ threadId: "quoted" }, state).catch((error: unknown) => error),
  ];
  for (const error of errors) {
    expect(error).toMatchObject({ code: "AGENITY_VALIDATION", cause: { code: "23514", constraint: "short" } });
    expectNoSecret(error, said, serverPassword);
  }
  for (const table of Object.keys(tables)) await database.rows(`alter table {{${table}}} drop constraint short`);
});

test("TLS that the connection string asks for reaches the driver, and is never given up in silence", async () => {
  const tls = await database.value("show ssl");
  const role = await database.role(["select", "insert", "update", "delete"]);
  const postgresDsn = database.dsn({ ...role, parameters: { sslmode: "require" } });
  const checkpointer = database.open({ postgresDsn });
  const calls = { ...everyRead(checkpointer, "t"), ...everyWrite(checkpointer, "t") };
  const outcomes = await Promise.allSettled(Object.values(calls).map((call) => call()));
  const text =
    "select count(*)::integer from pg_stat_ssl join pg_stat_activity using (pid) where usename = $1 and not ssl";
  expect(await database.value(text, [role.user])).toBe(0);
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  for (const error of errors) expectNoSecret(error, role.password);
  const refused = errors.filter((error) => error instanceof StorageUnavailableError && /no TLS/.test(error.message));
  expect(refused).toHaveLength(tls === "on" ? 0 : Object.keys(calls).length);
  expect(refused.filter((error) => (error as StorageUnavailableError).retryable)).toEqual([]);
});
