import { statSync } from "node:fs";
import { join } from "node:path";
import { Message } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";
import { dropSchema, fromPeer, makeSchema, schemaSize, type Side, type Turn } from "./side.ts";

interface Config {
  readonly configurable: {
    readonly thread_id: string;
    readonly checkpoint_ns: string;
    readonly checkpoint_id?: string;
  };
}

interface Checkpoint {
  readonly channel_values: { readonly messages: readonly unknown[] };
}

/** What is used of LangGraph's savers. */
interface Saver {
  put(config: Config, checkpoint: unknown, metadata: unknown, newVersions: unknown): Promise<Config>;
  getTuple(config: Config): Promise<{ readonly checkpoint: Checkpoint } | undefined>;
}

interface Messages {
  readonly HumanMessage: new (fields: unknown) => unknown;
  readonly AIMessage: new (fields: unknown) => unknown;
}

/** LangGraph's PostgresSaver: one `put` for each turn, which is the least that a graph of one node writes. */
export async function openLangGraphPostgres(servers: BenchServers): Promise<Side> {
  const { PostgresSaver } = await fromPeer<{
    readonly PostgresSaver: new (
      pool: unknown,
      serde: undefined,
      options: { readonly schema: string },
    ) => Saver & { setup(): Promise<void> };
  }>("@langchain/langgraph-checkpoint-postgres");
  const schema = await makeSchema(servers, "langgraph");
  const open = (): Saver & { setup(): Promise<void> } =>
    new PostgresSaver(servers.database.pool, undefined, { schema });
  const writer = open();
  await writer.setup();
  return {
    name: "LangGraph PostgresSaver",
    ...(await conversations(writer, async () => open())),
    size: () => schemaSize(servers, schema),
    [Symbol.asyncDispose]: () => dropSchema(servers, schema),
  };
}

/** LangGraph's SqliteSaver, in a file. */
export async function openLangGraphSqlite(servers: BenchServers): Promise<Side> {
  const { SqliteSaver } = await fromPeer<{
    readonly SqliteSaver: { fromConnString(path: string): Saver & { readonly db: { close(): void } } };
  }>("@langchain/langgraph-checkpoint-sqlite");
  const path = join(servers.folder, "langgraph.sqlite");
  const opened: (Saver & { readonly db: { close(): void } })[] = [];
  const open = async (): Promise<Saver> => {
    const saver = SqliteSaver.fromConnString(path);
    opened.push(saver);
    return saver;
  };
  return {
    name: "LangGraph SqliteSaver",
    ...(await conversations(await open(), open)),
    size: async () => statSync(path).size,
    async [Symbol.asyncDispose]() {
      for (const saver of opened) saver.db.close();
    },
  };
}

async function conversations(writer: Saver, reopen: () => Promise<Saver>): Promise<Pick<Side, "begin" | "reopen">> {
  const { uuid6 } = await fromPeer<{ readonly uuid6: (sequence: number) => string }>("@langchain/langgraph-checkpoint");
  const classes = await fromPeer<Messages>("@langchain/core/messages");
  return {
    async begin(threadId, turns) {
      const messages = turns.flatMap((turn) => translated(turn, classes));
      let step = turns.length;
      let config: Config = { configurable: { thread_id: threadId, checkpoint_ns: "" } };
      const save = async (): Promise<void> => {
        const versions = { messages: step + 1 };
        const checkpoint = {
          v: 4,
          id: uuid6(step),
          ts: new Date().toISOString(),
          channel_values: { messages },
          channel_versions: versions,
          versions_seen: {},
        };
        config = await writer.put(config, checkpoint, { source: "loop", step, parents: {} }, versions);
      };
      await save();
      return async (turn) => {
        messages.push(...translated(turn, classes));
        step++;
        await save();
      };
    },
    async reopen() {
      const reader = await reopen();
      return async (threadId) => {
        const tuple = await reader.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: "" } });
        return tuple?.checkpoint.channel_values.messages.length ?? 0;
      };
    },
  };
}

function translated(turn: Turn, { HumanMessage, AIMessage }: Messages): unknown[] {
  return turn.map((message) => {
    const content = Message.textOf(message);
    if (message.role === "user") return new HumanMessage({ id: message.messageId, content });
    const calls = (message.toolCalls ?? []).map((call) => ({ type: "tool_call", ...call }));
    return new AIMessage({
      id: message.messageId,
      content,
      tool_calls: calls,
      usage_metadata: usageOf(message),
    });
  });
}

function usageOf({ usage }: Message): unknown {
  return {
    input_tokens: usage?.promptTokens ?? 0,
    output_tokens: usage?.completionTokens ?? 0,
    total_tokens: usage?.totalTokens ?? 0,
  };
}
