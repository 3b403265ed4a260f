import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { onTestFinished, vi } from "vitest";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import { InMemoryCheckpointer, PgCheckpointer } from "../../../src/index.ts";
import type * as agenity from "../../../src/index.ts";
import type { Checkpointer, Ground, Owned } from "./ground.ts";
import { content, holding, saying, wrongly } from "./planted.ts";
import {
  address,
  foreignTags,
  unstorableWith,
  wrongConfigs,
  wrongMessages,
  wrongOptions,
  wrongStates,
} from "./wrong-input.ts";

type Exports = typeof agenity;

/** The error classes that the package exports, by name, but for their abstract parent. */
export type ErrorName = Exclude<
  {
    [Name in keyof Exports]: Exports[Name] extends abstract new (...given: never[]) => agenity.CheckpointerError
      ? Name
      : never;
  }[keyof Exports],
  "CheckpointerError"
>;

/** What must end in an error of a class, each by itself. */
type Attempts = readonly (() => unknown)[];

/** Makes attempts. What they need is made before. */
type Provocation = (ground: Ground) => Attempts | Promise<Attempts>;

type Provocations = Readonly<Record<string, Provocation>>;

const wrongConfiguration: Provocations = {
  "every option": (ground) =>
    Object.entries(wrongOptions(ground)).map(
      ([name, value]) =>
        () =>
          new PgCheckpointer(wrongly({ [name]: value })),
    ),

  "two sources": ({ postgresDsn, databasePassword, cachePassword }) => [
    () => new PgCheckpointer({ postgresDsn, dataDir: databasePassword }),
    () =>
      new PgCheckpointer({
        redisUrl: address("redis", cachePassword),
        redis: wrongly({ status: "", duplicate: cachePassword }),
      }),
  ],

  "the environment": ({ databasePassword, cachePassword }) => {
    const environments: Readonly<Record<string, string>>[] = [
      { DATABASE_URL: address("mysql", databasePassword) },
      { DATABASE_URL: address("postgresql", databasePassword), CACHE_URL: address("http", cachePassword) },
      { DATABASE_URL: address("postgresql", databasePassword), CACHE_TTL: cachePassword },
    ];
    return environments.map((environment) => () => {
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
      try {
        return PgCheckpointer.fromEnv();
      } finally {
        vi.unstubAllEnvs();
      }
    });
  },

  "a config": (ground) => {
    const checkpointer = ground.open();
    return wrongConfigs.map((config) => () => checkpointer.putState(wrongly(config), holding()));
  },

  "a password that is wrong": (ground) => {
    const postgresDsn = ground.database.dsn({ password: ground.databasePassword });
    return [() => ground.open({ postgresDsn }).putState(ground.newConfig(), holding())];
  },
};

const invalidValues: Provocations = {
  "a state": (ground) => {
    const checkpointer = ground.open();
    return wrongStates.map((state) => () => checkpointer.putState(ground.newConfig(), wrongly(state)));
  },

  "a state that a schema refuses": () => {
    const fields = { value: v.literal("another"), map: v.map(v.string(), v.number()) };
    return Object.entries(fields).map(([name, field]) => () => {
      const state = v.looseObject({ [name]: field }) as unknown as NonNullable<
        agenity.InMemoryCheckpointerOptions<AnyFields>["state"]
      >;
      return new InMemoryCheckpointer<AnyFields>({ state }).putState({ threadId: "t" }, holding());
    });
  },

  messages: (ground) => {
    const checkpointer = ground.open();
    return wrongMessages.map((messages) => () => checkpointer.putMessages(ground.newConfig(), wrongly(messages)));
  },

  "fields of a thread": (ground) => {
    const checkpointer = ground.open();
    const { name, metadata } = content;
    const wrong: unknown[] = [
      name,
      { threadName: { name } },
      { threadName: `${name}\0` },
      { metadata },
      { createdAt: name },
      { threadId: name },
      { userId: name },
      { runId: { name } },
    ];
    return wrong.map((fields) => () => checkpointer.putThread(ground.newConfig(), wrongly(fields)));
  },

  "options of calls": (ground) => {
    const checkpointer = ground.open();
    const config = ground.newConfig();
    const { value, metadata, lookedFor } = content;
    const lists: unknown[] = [
      lookedFor,
      { search: { lookedFor } },
      { order: lookedFor },
      { role: lookedFor },
      { role: [lookedFor] },
      { since: lookedFor },
      { limit: lookedFor },
      { before: { lookedFor } },
      { after: lookedFor.repeat(20) },
    ];
    return [
      ...lists.map((options) => () => checkpointer.listMessages(config, wrongly(options))),
      () => checkpointer.listThreads({}, wrongly({ metadata: lookedFor })),
      () => checkpointer.listStates(config, wrongly({ before: lookedFor })),
      () => checkpointer.putState(config, holding(), wrongly({ durability: value })),
      () => checkpointer.putState(config, holding(), wrongly({ metadata })),
      () => checkpointer.putState(config, holding(), wrongly({ ifVersion: value })),
      () => checkpointer.getState(config, wrongly({ version: value })),
      () => checkpointer.getStateCache(config, { atLeast: value }),
      () => checkpointer.updateState(config, wrongly(value)),
      () => checkpointer.updateState(config, () => wrongly({ value })),
      () => checkpointer.checkpoint(config, wrongly({ state: value })),
      () => checkpointer.getMessage(config, wrongly({ value })),
    ];
  },
};

const unstorableValues: Provocations = {
  everywhere: (ground) => {
    const checkpointer = ground.open();
    const { value, said, metadata } = content;
    return [
      ...unstorableWith(value).map((each) => () => checkpointer.putState(ground.newConfig(), holding({ each }))),
      ...unstorableWith(value).map(
        (each) => () => checkpointer.putStateCache(ground.newConfig(), holding({ list: [each] })),
      ),
      ...unstorableWith(said).map((raw) => () => checkpointer.putMessages(ground.newConfig(), [{ ...saying(), raw }])),
      ...unstorableWith(metadata).map(
        (note) => () => checkpointer.putThread(ground.newConfig(), { metadata: { note } }),
      ),
    ];
  },
};

/** A thread of which something else stands in the tables than was written. */
async function damaged(
  ground: Ground,
  writer: Checkpointer,
  table: "states" | "threads" | "messages",
  json: unknown,
): Promise<Owned> {
  const config = await ground.filled(writer);
  const column = { states: "entry", threads: "metadata", messages: "body" }[table];
  const text = `update {{${table}}} set ${column} = $1 where thread_id = $2`;
  await ground.database.rows(text, [JSON.stringify(json), config.threadId]);
  return config;
}

const unavailable: Provocations = {
  "a server that is away": (ground) => {
    const { database, databasePassword: password } = ground;
    const checkpointer = ground.open({ postgresDsn: database.dsn({ host: "127.0.0.1:1", password }) });
    return [
      () => checkpointer.putState(ground.newConfig(), holding()),
      () => checkpointer.checkpoint(ground.newConfig(), { messages: [saying()], thread: { threadName: content.name } }),
      () => checkpointer.listMessages(ground.newConfig(), { search: content.lookedFor }),
    ];
  },

  "stored entries, messages and metadata that are none of ours": async (ground) => {
    const reads = {
      states: (checkpointer: Checkpointer, config: Owned) => checkpointer.getState(config),
      threads: (checkpointer: Checkpointer, config: Owned) => checkpointer.getThread(config),
      messages: (checkpointer: Checkpointer, config: Owned) => checkpointer.listMessages(config),
    };
    const tags = foreignTags(content.value);
    const damages = {
      states: [content.value, ...tags, ...tags.map((value) => ({ context: [], value }))],
      threads: tags.map((note) => ({ note })),
      messages: [content.value, ...tags, ...tags.map((raw) => ({ ...saying(), raw }))],
    };
    const [writer, reader] = [ground.open(), ground.open()];
    const attempts: (() => unknown)[] = [];
    for (const table of ["states", "threads", "messages"] as const) {
      for (const json of damages[table]) {
        const config = await damaged(ground, writer, table, json);
        attempts.push(() => reads[table](reader, config));
      }
    }
    return attempts;
  },

  "a folder that is none": () => {
    const folder = mkdtempSync(join(tmpdir(), "agenity-secrets-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "file"), content.value);
    return [
      () => new PgCheckpointer<AnyFields>({ dataDir: join(folder, "file") }).putState({ threadId: "t" }, holding()),
    ];
  },
};

/** Ways into every error that the package has. The compiler misses a class that is new. */
export const provocations: Readonly<Record<ErrorName, Provocations>> = {
  InvalidConfigError: wrongConfiguration,
  ValidationError: invalidValues,
  SerializationError: unstorableValues,
  StorageUnavailableError: unavailable,

  ConflictError: {
    "somebody was faster": async (ground) => {
      const [one, other] = [ground.open(), ground.open()];
      const config = await ground.filled(one);
      const state = await other.getState(config);
      if (state === null) throw new Error("it was written");
      await one.putState(config, holding(), { onConflict: "overwrite" });
      return [
        () => other.putState(config, state),
        () => other.putState(config, holding(), { ifVersion: 1 }),
        () => other.putStateCache(config, state),
        () => other.forkThread(config, config),
      ];
    },
  },

  NotFoundError: {
    "whatever is not there": async (ground) => {
      const checkpointer = ground.open();
      const config = await ground.filled(checkpointer);
      return [
        () => checkpointer.getState(config, { version: 99 }),
        () => checkpointer.listMessages(config, { before: "none", search: content.lookedFor }),
        () => checkpointer.listThreads({}, { after: "none", metadata: { note: content.lookedFor } }),
        () => checkpointer.forkThread(ground.newConfig(), ground.newConfig()),
        () => checkpointer.requestStop(ground.newConfig()),
        () => checkpointer.repairState(ground.newConfig()),
      ];
    },
  },

  AccessDeniedError: {
    "a stranger": async (ground) => {
      const checkpointer = ground.open();
      const config = { ...(await ground.filled(checkpointer)), userId: "stranger" };
      return [
        () => checkpointer.putState(config, holding()),
        () => checkpointer.putMessages(config, [saying()]),
        () => checkpointer.putThread(config, { threadName: content.name }),
        () => checkpointer.clearState(config),
        () => checkpointer.deleteThread(config),
      ];
    },
  },

  RunHeldError: {
    "a second run": async (ground) => {
      const checkpointer = ground.open();
      const config = await ground.filled(checkpointer);
      const lease = await checkpointer.acquireRun(config);
      onTestFinished(() => lease.release());
      return [() => ground.open().acquireRun({ ...config, runId: "another" })];
    },
  },

  RunLostError: {
    "a run that was given back": async (ground) => {
      const checkpointer = ground.open();
      const config = await ground.filled(checkpointer);
      const lease = await checkpointer.acquireRun(config);
      await lease.release();
      return [() => checkpointer.putState(lease.config, holding()), () => lease.renew()];
    },
  },

  SchemaVersionError: {
    "no tables, and newer ones": async (ground) => {
      const newer = ground.open({ tablePrefix: "newer_" });
      await newer.setup();
      const ledger = ground.database.table("migrations").replace("agent_", "newer_");
      await ground.database.rows(`insert into ${ledger} (version, name) values (99, $1)`, [content.value]);
      const none = ground.open({ tablePrefix: "none_" });
      return [() => none.putState(ground.newConfig(), holding()), () => ground.open({ tablePrefix: "newer_" }).setup()];
    },
  },

  ReleasedError: {
    "a call after the end": async (ground) => {
      const checkpointer = ground.open();
      await checkpointer.release();
      return [
        () => checkpointer.putState(ground.newConfig(), holding()),
        () => checkpointer.putMessages(ground.newConfig(), [saying()]),
      ];
    },
  },
};
