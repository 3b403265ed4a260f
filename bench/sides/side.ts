import type { Message } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";

/** What is said in a turn: a question and an answer. */
export type Turn = readonly [Message, Message];

/** One way of keeping conversations. */
export interface Side extends AsyncDisposable {
  /** As charts show it. */
  readonly name: string;
  /** Keeps a conversation that has had so many turns already; what it answers saves the next one. */
  begin(threadId: string, turns: readonly Turn[]): Promise<(turn: Turn) => Promise<unknown>>;
  /** A process that holds nothing yet, but a connection; what it answers reads a conversation, and tells of how many messages. */
  reopen(): Promise<(threadId: string) => Promise<number>>;
  /** Bytes on disk of all that it keeps, indexes included. */
  size(): Promise<number>;
}

/** Makes a side over servers that all sides share. */
export type OpenSide = (servers: BenchServers) => Promise<Side>;

/** A module of the bench's own package, which nothing else in the project needs; its type is what is used of it. */
export async function fromPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

/** Bytes on disk of the tables of a schema, indexes and all. */
export async function schemaSize({ database }: BenchServers, schema: string): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: string }>(
    `select coalesce(sum(pg_total_relation_size(table_class.oid)), 0) as bytes from pg_class as table_class
     where table_class.relnamespace = $1::regnamespace and table_class.relkind = 'r'`,
    [schema],
  );
  return Number(rows[0]?.bytes);
}

/** A schema of one side's own, beside the run's. */
export async function makeSchema({ database }: BenchServers, side: string): Promise<string> {
  const schema = `${database.schema}_${side}`;
  await database.pool.query(`create schema ${schema}`);
  return schema;
}

/** Lets go of it. */
export async function dropSchema({ database }: BenchServers, schema: string): Promise<void> {
  await database.pool.query(`drop schema ${schema} cascade`);
}
