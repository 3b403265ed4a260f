import pg from "pg";
import { describe, test } from "vitest";
import { z } from "zod";
import { createState, InMemoryCheckpointer, MemoryColdStore, Message, PgCheckpointer } from "../../src/index.ts";

interface SupportState {
  ticketId: string;
}

const checkpointer = new InMemoryCheckpointer<SupportState>();
const config = { threadId: "t" };
const state = createState<SupportState>({ ticketId: "42" });

describe("wrong configs are errors", () => {
  test("no thread", async () => {
    // @ts-expect-error -- threadId is missing
    await checkpointer.getState({});
    // @ts-expect-error -- threadId is missing
    await checkpointer.putState({ userId: "u" }, state);
    // @ts-expect-error -- the config is missing
    await checkpointer.getThread();
    // @ts-expect-error -- a config is an object
    await checkpointer.getThread("t");
    // @ts-expect-error -- a thread has an id
    await checkpointer.getState({ threadId: undefined });
  });

  test("unknown keys", async () => {
    // @ts-expect-error -- misspelt: it is userId
    await checkpointer.getState({ threadId: "t", userID: "u" });
    // @ts-expect-error -- misspelt: it is threadId
    await checkpointer.getState({ threadId: "t", thread_id: "t" });
    // @ts-expect-error -- listThreads means no single thread
    await checkpointer.listThreads({ threadId: "t" });
    // @ts-expect-error -- null is not left out
    await checkpointer.getState({ threadId: "t", userId: null });
  });
});

describe("wrong options are errors", () => {
  test("of methods", async () => {
    // @ts-expect-error -- misspelt: it is limit
    await checkpointer.listMessages(config, { limits: 10 });
    // @ts-expect-error -- a count
    await checkpointer.listMessages(config, { limit: "10" });
    // @ts-expect-error -- asc or desc
    await checkpointer.listMessages(config, { order: "ASC" });
    // @ts-expect-error -- a cursor is the id of a message
    await checkpointer.listMessages(config, { after: Message.text("x") });
    // @ts-expect-error -- no such role
    await checkpointer.listMessages(config, { role: ["user", "robot"] });
    // @ts-expect-error -- a version is a number
    await checkpointer.getState(config, { version: "1" });
    // @ts-expect-error -- reject or overwrite
    await checkpointer.putState(config, state, { onConflict: "merge" });
    // @ts-expect-error -- misspelt: it is threadName
    await checkpointer.putThread(config, { name: "x" });
    // @ts-expect-error -- misspelt: it is messages
    await checkpointer.checkpoint(config, { message: [] });
    // @ts-expect-error -- putMessages has no limit
    await checkpointer.putMessages(config, [], { limit: 1 });
  });

  test("of constructors", () => {
    const pool = new pg.Pool();
    void new PgCheckpointer({ pgPool: pool, schema: "agents", tablePrefix: "a_", preparedStatements: false });
    // @ts-expect-error -- misspelt: it is schema
    void new PgCheckpointer({ shema: "agents" });
    // @ts-expect-error -- the seed's spelling
    void new PgCheckpointer({ postgres_dsn: "postgresql://localhost" });
    // @ts-expect-error -- a pool, not what it is made of
    void new PgCheckpointer({ pgPool: { connectionString: "postgresql://localhost" } });
    // @ts-expect-error -- a connection string, not a URL
    void new PgCheckpointer({ postgresDsn: new URL("postgresql://localhost") });
    // @ts-expect-error -- a Standard Schema, not a type's name
    void new PgCheckpointer({ state: "SupportState" });
    // @ts-expect-error -- the environment says which server
    PgCheckpointer.fromEnv({ postgresDsn: "postgresql://localhost" });
    void new InMemoryCheckpointer({ store: new MemoryColdStore() });
    // @ts-expect-error -- memory has no server
    void new InMemoryCheckpointer({ postgresDsn: "postgresql://localhost" });
  });
});

describe("wrong states are errors", () => {
  test("custom fields that are missing, wrong or unknown", async () => {
    // @ts-expect-error -- ticketId is missing
    createState<SupportState>();
    // @ts-expect-error -- ticketId is missing
    createState<SupportState>({ contextSummary: "x" });
    // @ts-expect-error -- ticketId is a string
    createState<SupportState>({ ticketId: 42 });
    // @ts-expect-error -- no such field
    createState<SupportState>({ ticketId: "42", tiketId: "42" });
    // @ts-expect-error -- a state without the custom fields
    await checkpointer.putState(config, createState());
    // @ts-expect-error -- a state without the base fields
    await checkpointer.putState(config, { ticketId: "42" });
    // @ts-expect-error -- the change answers a state without the custom fields
    await checkpointer.updateState(config, () => createState());
    // @ts-expect-error -- a part without the custom fields
    await checkpointer.checkpoint(config, { state: createState() });
    const read = await checkpointer.getState(config);
    // @ts-expect-error -- there may be none
    read.ticketId.trim();
    // @ts-expect-error -- no such field
    void read?.tiketId;
  });

  test("fields that a schema does not have", async () => {
    const typed = new InMemoryCheckpointer({ state: z.object({ count: z.number() }) });
    // @ts-expect-error -- count is a number
    await typed.putState(config, createState({ count: "1" }));
    // @ts-expect-error -- count is missing
    await typed.putState(config, createState({}));
  });

  test("base fields that are wrong", () => {
    // @ts-expect-error -- context is a list of messages
    createState({ context: ["hello"] });
    // @ts-expect-error -- no such status
    createState({ executionMeta: { step: 1, status: "done" } });
    // @ts-expect-error -- a summary is a text, or null
    createState({ contextSummary: 1 });
  });
});
