import type { Message } from "../../src/index.ts";

type Fields = Record<string, unknown>;
type Block = Message["content"][number];

/** The way back, for tests only: what a conversion lost cannot be written back. */
export function toOpenAiChat(message: Message): Fields {
  const { role: writtenRole, ...extra } = (message.metadata ?? {}) as Fields;
  const role = writtenRole ?? message.role;
  const refusals = message.content.filter((block) => block.type === "error").map((block) => block.message);
  const [result] = message.content;
  const calls = message.toolCalls?.map((call) => toolCallOf(call as unknown as Fields));
  const content =
    result?.type === "tool_result" ? result.output : contentOf(message.content.filter(({ type }) => type !== "error"));
  return {
    role,
    content,
    ...extra,
    ...(result?.type === "tool_result" && role === "tool" ? { tool_call_id: result.callId } : {}),
    ...(calls === undefined ? {} : { tool_calls: calls }),
    ...(message.reasoning === undefined ? {} : { reasoning_content: message.reasoning }),
    ...(refusals.length === 0 ? {} : { refusal: refusals.join("") }),
  };
}

function contentOf(blocks: readonly Block[]): unknown {
  const [first] = blocks;
  if (first === undefined) return null;
  return blocks.length === 1 && first.type === "text" ? first.text : blocks.map(partOf);
}

function partOf(block: Block): unknown {
  if (block.type === "text") return block;
  if (block.type === "data") return JSON.parse(Buffer.from(block.dataBase64 ?? "", "base64").toString("utf8"));
  if (block.type === "image") {
    const { media, type: _, ...rest } = block;
    return { type: "image_url", image_url: { url: urlOf(media), ...rest } };
  }
  if (block.type === "audio") {
    const { dataBase64, mimeType = "" } = block.media;
    return { type: "input_audio", input_audio: { data: dataBase64, format: mimeType.replace("audio/", "") } };
  }
  if (block.type !== "document") throw new Error(`no part is made into ${block.type}`);
  const { kind, fileId, filename } = block.media;
  const name = filename === undefined ? {} : { filename };
  return {
    type: "file",
    file: kind === "file_id" ? { file_id: fileId, ...name } : { file_data: urlOf(block.media), ...name },
  };
}

function urlOf(media: Extract<Block, { readonly type: "image" }>["media"]): string | undefined {
  return media.kind === "data" ? `data:${media.mimeType};base64,${media.dataBase64}` : media.url;
}

function toolCallOf({ id, name, args, type = "function", argumentsText, extra = {} }: Fields): Fields {
  if (type === "custom") return { id, type, custom: { name, input: args }, ...(extra as Fields) };
  const text = argumentsText ?? (typeof args === "string" ? args : JSON.stringify(args));
  return { id, type, function: { name, arguments: text }, ...(extra as Fields) };
}
