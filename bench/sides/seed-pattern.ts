import type { Message } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";
import { dropSchema, makeSchema, schemaSize, type Side } from "./side.ts";

/**
 * The SQL of the implementation that this project's contract comes from: the thread is looked up, the whole state becomes a new row with each step,
 * and each message is inserted by itself, all in one transaction.
 */
export async function openSeedPattern(servers: BenchServers): Promise<Side> {
  const schema = await makeSchema(servers, "seed");
  const { pool } = servers.database;
  await pool.query(`
    create table ${schema}.threads (thread_id text primary key, user_id text not null, updated_at timestamptz not null default now());
    create table ${schema}.states (
      state_id bigserial primary key, thread_id text not null references ${schema}.threads, state_data jsonb not null,
      created_at timestamptz not null default now());
    create index on ${schema}.states (thread_id, created_at desc);
    create table ${schema}.messages (
      message_id text primary key, thread_id text not null references ${schema}.threads, role text not null, content text not null,
      created_at timestamptz not null default now());
    create index on ${schema}.messages (thread_id, created_at)`);

  async function save(threadId: string, context: readonly Message[], news: readonly Message[]): Promise<void> {
    const client = await pool.connect();
    try {
      await client.query("begin");
      const found = await client.query(`select 1 from ${schema}.threads where thread_id = $1`, [threadId]);
      if (found.rowCount === 0) {
        await client.query(`insert into ${schema}.threads (thread_id, user_id) values ($1, 'alice')`, [threadId]);
      }
      await client.query(`insert into ${schema}.states (thread_id, state_data) values ($1, $2)`, [
        threadId,
        JSON.stringify({ context }),
      ]);
      for (const message of news) {
        await client.query(
          `insert into ${schema}.messages (message_id, thread_id, role, content) values ($1, $2, $3, $4)
           on conflict (message_id) do update set content = excluded.content`,
          [`${threadId} ${message.messageId}`, threadId, message.role, JSON.stringify(message)],
        );
      }
      await client.query("commit");
    } finally {
      client.release();
    }
  }

  return {
    name: "seed's SQL",
    async begin(threadId, turns) {
      const context: Message[] = turns.flat();
      await save(threadId, context, context.slice(-2));
      return async (turn) => {
        context.push(...turn);
        await save(threadId, context, turn);
      };
    },
    async reopen() {
      return async (threadId) => {
        const { rows } = await pool.query<{ state_data: { context: unknown[] } }>(
          `select state_data from ${schema}.states where thread_id = $1 order by created_at desc limit 1`,
          [threadId],
        );
        return rows[0]?.state_data.context.length ?? 0;
      };
    },
    size: () => schemaSize(servers, schema),
    [Symbol.asyncDispose]: () => dropSchema(servers, schema),
  };
}
