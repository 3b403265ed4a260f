import type { Message, ToolCall } from "../index.ts";

/**
 * OpenAI's chat format, turned into messages. Pure, and loses nothing that means something:
 *
 * - `content`: a string is one text block; an array is a block a part (text, picture, sound, file, refusal); a part of any other type is
 *   kept whole, as a data block of JSON. `null` and a missing `content` are no blocks.
 * - `tool_calls` go to `toolCalls` only, not into blocks too: the same bytes are not stored twice. Arguments are parsed. Text that is
 *   not JSON stays the string it is; text that parsing would change (a number of 20 digits, a key given twice) is kept beside them.
 * - a `tool` message is one `tool_result` block whose output is its `content` as it came.
 * - role `developer` is `system`, the old `function` is `tool`; the role as written stays in `metadata.role`.
 * - every other field stays in `metadata` under its own name, unless it is null, which in this format says the same as leaving it out.
 *
 * @module
 */

type Block = Message["content"][number];
type Fields = Readonly<Record<string, unknown>>;

/** A message that is not what OpenAI's chat format allows: `path` says where, such as `messages[2].role`. */
export class ChatFormatError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = "ChatFormatError";
  }
}

/** The roles of the format, and ours. */
const roles: ReadonlyMap<unknown, Message["role"]> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
  ["function", "tool"],
]);

/**
 * The messages of a conversation. Ids are given by position (`m0001`, `m0002` …), so that the same conversation always becomes
 * the same messages; they carry no time, because the format tells none.
 *
 * @throws ChatFormatError
 */
export function fromOpenAiChat(messages: readonly unknown[]): Message[] {
  return messages.map((message, index) => messageOf(message, messageIdAt(index), `messages[${index}]`));
}

/** The id of the message at a position. */
function messageIdAt(index: number): string {
  return `m${String(index + 1).padStart(4, "0")}`;
}

function messageOf(source: unknown, messageId: string, path: string): Message {
  if (!isFields(source)) throw new ChatFormatError(path, "a message must be an object");
  const role = roleOf(source["role"], `${path}.role`);
  const blocks = role === "tool" ? [resultOf(source, path)] : contentOf(source["content"], `${path}.content`);
  const { refusal, reasoning_content: reasoning } = source;
  const toolCalls = toolCallsOf(source["tool_calls"], `${path}.tool_calls`);
  const metadata = metadataOf(source, role);
  return {
    messageId,
    role,
    content: typeof refusal === "string" ? [...blocks, refusalOf(refusal)] : blocks,
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(typeof reasoning === "string" ? { reasoning } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function roleOf(given: unknown, path: string): Message["role"] {
  const role = roles.get(given);
  if (role !== undefined) return role;
  const told = given === undefined ? "nothing" : (JSON.stringify(given) ?? "").slice(0, 40);
  throw new ChatFormatError(path, `expected one of ${[...roles.keys()].join(", ")}; got ${told}`);
}

/** The fields that the message itself has no place for. */
function metadataOf(source: Fields, role: Message["role"]): Fields | undefined {
  const {
    role: given,
    content: _,
    tool_calls: __,
    tool_call_id: callId,
    refusal,
    reasoning_content: reasoning,
    ...extra
  } = source;
  return withoutNulls({
    ...extra,
    ...(given === role ? {} : { role: given }),
    ...(given === "tool" ? {} : { tool_call_id: callId }),
    ...(typeof refusal === "string" ? {} : { refusal }),
    ...(typeof reasoning === "string" ? {} : { reasoning_content: reasoning }),
  });
}

function resultOf(source: Fields, path: string): Block {
  // The deprecated `function` messages name the function only: it is the best id that there is.
  const callId = source["role"] === "function" ? source["name"] : source["tool_call_id"];
  if (typeof callId !== "string")
    throw new ChatFormatError(`${path}.tool_call_id`, "a tool message must name its call");
  return { type: "tool_result", callId, output: source["content"] ?? null };
}

function contentOf(content: unknown, path: string): Block[] {
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (Array.isArray(content)) return content.map(blockOf);
  throw new ChatFormatError(path, "expected a string, null or an array of parts");
}

/** What each type of part becomes; undefined: it has not the shape that its type says. */
const parts: Readonly<Record<string, (part: Fields) => Block | undefined>> = {
  text: ({ text }) => (typeof text === "string" ? { type: "text", text } : undefined),
  refusal: ({ refusal }) => (typeof refusal === "string" ? refusalOf(refusal) : undefined),
  image_url: pictureOf,
  input_audio: soundOf,
  file: documentOf,
};

function blockOf(part: unknown): Block {
  if (typeof part === "string") return { type: "text", text: part };
  if (!isFields(part)) return dataOf(part);
  const { type } = part;
  const convert = typeof type === "string" && Object.hasOwn(parts, type) ? parts[type] : undefined;
  // A part with fields that a block has no place for is kept whole, rather than nearly.
  const isPlain = Object.keys(part).every((key) => key === "type" || key === type);
  return (isPlain ? convert?.(part) : undefined) ?? dataOf(part);
}

function refusalOf(refusal: string): Block {
  return { type: "error", code: "refusal", message: refusal };
}

function pictureOf({ image_url: image }: Fields): Block | undefined {
  if (!isFields(image)) return undefined;
  const { url, detail, ...others } = image;
  if (typeof url !== "string" || Object.keys(others).length > 0) return undefined;
  return { type: "image", media: inlineOrLink(url), ...(detail === undefined ? {} : { detail }) };
}

function soundOf({ input_audio: audio }: Fields): Block | undefined {
  if (!isFields(audio)) return undefined;
  const { data, format, ...others } = audio;
  if (typeof data !== "string" || typeof format !== "string" || Object.keys(others).length > 0) return undefined;
  return { type: "audio", media: { kind: "data", dataBase64: data, mimeType: `audio/${format}` } };
}

function documentOf({ file }: Fields): Block | undefined {
  if (!isFields(file)) return undefined;
  const { file_id: fileId, file_data: data, filename, ...others } = file;
  if (Object.keys(others).length > 0 || (filename !== undefined && typeof filename !== "string")) return undefined;
  const name = filename === undefined ? {} : { filename };
  if (typeof fileId === "string" && data === undefined) {
    return { type: "document", media: { kind: "file_id", fileId, ...name } };
  }
  if (typeof data !== "string" || fileId !== undefined) return undefined;
  return { type: "document", media: { ...inlineOrLink(data), ...name } };
}

type Media = Extract<Block, { readonly type: "image" }>["media"];

function inlineOrLink(url: string): Media {
  const [, mimeType, dataBase64] = /^data:([^,]*);base64,(.*)$/s.exec(url) ?? [];
  if (mimeType === undefined || dataBase64 === undefined) return { kind: "url", url };
  return { kind: "data", mimeType, dataBase64 };
}

function dataOf(part: unknown): Block {
  const dataBase64 = Buffer.from(JSON.stringify(part)).toString("base64");
  return { type: "data", mimeType: "application/json", dataBase64 };
}

function toolCallsOf(calls: unknown, path: string): ToolCall[] | undefined {
  if (calls === null || calls === undefined) return undefined;
  if (!Array.isArray(calls)) throw new ChatFormatError(path, "expected an array");
  return calls.map((call, index) => toolCallOf(call, `${path}[${index}]`));
}

function toolCallOf(call: unknown, path: string): ToolCall {
  if (!isFields(call)) throw new ChatFormatError(path, "a tool call must be an object");
  const { id, type = "function", ...others } = call;
  if (typeof id !== "string") throw new ChatFormatError(`${path}.id`, "a tool call must have an id");
  // OpenAI's `custom` tools take text instead of JSON, under names of their own.
  const isCustom = type === "custom";
  const { [isCustom ? "custom" : "function"]: body, ...extra } = others;
  if (!isFields(body)) throw new ChatFormatError(`${path}.${isCustom ? "custom" : "function"}`, "is missing");
  const { name, [isCustom ? "input" : "arguments"]: given, ...bodyExtra } = body;
  if (typeof name !== "string") throw new ChatFormatError(`${path}.name`, "a tool call must name its tool");
  const rest = withoutNulls({ ...bodyExtra, ...extra });
  return {
    id,
    name,
    ...(isCustom ? { args: given } : argumentsOf(given)),
    ...(type === "function" ? {} : { type }),
    ...(rest === undefined ? {} : { extra: rest }),
  };
}

/** The arguments of a call; `argumentsText` too where they cannot be written back from what was parsed. */
function argumentsOf(text: unknown): { readonly args: unknown; readonly argumentsText?: string } {
  if (typeof text !== "string") return { args: text ?? "" };
  let args: unknown;
  try {
    args = JSON.parse(text);
  } catch {
    return { args: text };
  }
  // A string stands for arguments that are not JSON, so JSON that is only a string stays as written.
  if (typeof args === "string") return { args: text };
  return JSON.stringify(args) === compactJson(text) ? { args } : { args, argumentsText: text };
}

/** The same JSON without blanks and with strings as `JSON.stringify` writes them: what is left to differ is what parsing changes. */
function compactJson(text: string): string {
  return text.replace(/"(?:[^"\\]+|\\.)*"|\s+/gs, (part) =>
    part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : "",
  );
}

function withoutNulls(fields: Fields): Fields | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
