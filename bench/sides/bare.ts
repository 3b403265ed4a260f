import type { Message } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";
import { payloadOf } from "../turns.ts";
import { dropSchema, makeSchema, schemaSize, type Side } from "./side.ts";

/**
 * The limit: the driver by itself, doing the least that keeps a conversation. A turn is one prepared insert of its bytes; a conversation is read
 * by its primary key and parsed.
 */
export async function openBare(servers: BenchServers): Promise<Side> {
  const schema = await makeSchema(servers, "bare");
  const { pool } = servers.database;
  await pool.query(
    `create table ${schema}.turns (thread_id text, turn integer, body json not null, primary key (thread_id, turn))`,
  );
  const insert = `insert into ${schema}.turns (thread_id, turn, body) values ($1, $2, $3)`;
  const select = `select body from ${schema}.turns where thread_id = $1 order by turn`;
  return {
    name: "bare driver",
    async begin(threadId, turns) {
      let count = 0;
      await pool.query({ name: "bare-insert", text: insert, values: [threadId, count, JSON.stringify(turns.flat())] });
      return (turn) =>
        pool.query({ name: "bare-insert", text: insert, values: [threadId, ++count, payloadOf(count, turn)] });
    },
    async reopen() {
      return async (threadId) => {
        const { rows } = await pool.query<{ body: unknown[] }>({
          name: "bare-select",
          text: select,
          values: [threadId],
        });
        return rows.reduce((sum, { body }) => sum + (Array.isArray(body) ? body.length : 2), 0);
      };
    },
    size: () => schemaSize(servers, schema),
    [Symbol.asyncDispose]: () => dropSchema(servers, schema),
  };
}

/**
 * The limit of a store that does many things at once: a turn is one prepared upsert of its bytes, so that a conversation is one row, and read by
 * one prepared select. It keeps the last turn alone.
 */
export async function openBareUpsert(servers: BenchServers): Promise<Side> {
  const schema = await makeSchema(servers, "bare_upsert");
  const { pool } = servers.database;
  await pool.query(
    `create table ${schema}.states (thread_id text primary key, state json not null, updated_at timestamptz not null)`,
  );
  const upsert = {
    name: "bare-upsert",
    text: `insert into ${schema}.states (thread_id, state, updated_at) values ($1, $2, now())
      on conflict (thread_id) do update set state = excluded.state, updated_at = excluded.updated_at`,
  };
  const select = { name: "bare-select-state", text: `select state from ${schema}.states where thread_id = $1` };
  return {
    name: "bare upsert",
    async begin(threadId, turns) {
      let count = turns.length;
      await pool.query({ ...upsert, values: [threadId, JSON.stringify(turns.at(-1))] });
      return (turn) => pool.query({ ...upsert, values: [threadId, payloadOf(++count, turn)] });
    },
    async reopen() {
      return async (threadId) => (await pool.query({ ...select, values: [threadId] })).rows.length * 2;
    },
    size: () => schemaSize(servers, schema),
    [Symbol.asyncDispose]: () => dropSchema(servers, schema),
  };
}

/** The limit of a hot read: the whole conversation in one key of Redis, `GET` and `JSON.parse`. */
export async function openBareRedis({ cache }: BenchServers): Promise<Side> {
  const { client, keyPrefix } = cache;
  const keyOf = (threadId: string): string => `${keyPrefix}bare:${threadId}`;
  return {
    name: "bare GET",
    async begin(threadId, turns) {
      const said: Message[] = turns.flat();
      await client.set(keyOf(threadId), JSON.stringify(said));
      return async (turn) => {
        said.push(...turn);
        await client.set(keyOf(threadId), JSON.stringify(said));
      };
    },
    async reopen() {
      return async (threadId) => (JSON.parse((await client.get(keyOf(threadId))) ?? "[]") as unknown[]).length;
    },
    size: async () => Number.NaN,
    async [Symbol.asyncDispose]() {},
  };
}
