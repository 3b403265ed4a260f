import type { Message } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";
import { dropSchema, fromPeer, makeSchema, schemaSize, type Side } from "./side.ts";

/** What is used of Mastra's memory storage. */
interface MemoryStorage {
  saveThread(given: { readonly thread: unknown }): Promise<unknown>;
  saveMessages(given: { readonly messages: readonly unknown[] }): Promise<unknown>;
  listMessages(given: { readonly threadId: string; readonly resourceId: string; readonly perPage: false }): Promise<{
    readonly messages: readonly unknown[];
  }>;
}

interface Store {
  init(): Promise<void>;
  readonly stores: { readonly memory: MemoryStorage };
}

const USER = "alice";

/** Mastra's PostgresStore: `saveMessages` and `listMessages`. It keeps messages and no state. */
export async function openMastra(servers: BenchServers): Promise<Side> {
  const { PostgresStore } = await fromPeer<{ readonly PostgresStore: new (config: unknown) => Store }>("@mastra/pg");
  const schema = await makeSchema(servers, "mastra");
  const open = async (): Promise<MemoryStorage> => {
    const store = new PostgresStore({ id: "bench", pool: servers.database.pool, schemaName: schema });
    await store.init();
    return store.stores.memory;
  };
  const memory = await open();
  return {
    name: "Mastra PostgresStore",
    async begin(threadId, turns) {
      const at = new Date();
      const thread = { id: threadId, resourceId: USER, title: "", metadata: {}, createdAt: at, updatedAt: at };
      await memory.saveThread({ thread });
      for (let from = 0; from < turns.length; from += 500) {
        const said = turns.slice(from, from + 500).flat();
        await memory.saveMessages({ messages: said.map((message) => translated(threadId, message)) });
      }
      return (turn) => memory.saveMessages({ messages: turn.map((message) => translated(threadId, message)) });
    },
    async reopen() {
      const reader = await open();
      return async (threadId) =>
        (await reader.listMessages({ threadId, resourceId: USER, perPage: false })).messages.length;
    },
    size: () => schemaSize(servers, schema),
    [Symbol.asyncDispose]: () => dropSchema(servers, schema),
  };
}

function translated(threadId: string, message: Message): unknown {
  const { messageId, role, timestamp } = message;
  const parts = [
    ...message.content,
    ...(message.toolCalls ?? []).map((call) => {
      const { id, name, args } = call;
      return { type: "tool-invocation", toolInvocation: { state: "call", toolCallId: id, toolName: name, args } };
    }),
  ];
  return {
    id: `${threadId} ${messageId}`,
    threadId,
    resourceId: USER,
    role,
    type: "v2",
    createdAt: new Date(timestamp ?? 0),
    content: { format: 2, parts },
  };
}
