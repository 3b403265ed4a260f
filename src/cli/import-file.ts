import { open } from "node:fs/promises";
import type { Message } from "../index.ts";
import { CliError } from "./cli-error.ts";
import { ChatFormatError, fromOpenAiChat } from "./openai-chat.ts";

/** A conversation as recorded on one line. */
export interface Conversation {
  /** Its id, which becomes the thread's. */
  readonly id: string;
  /** What was said. At least one message. */
  readonly messages: readonly Message[];
  /** The line's other fields. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** One line that is not empty: a conversation, or what is wrong with it. */
export interface ImportLine {
  /** 1, 2, 3 … as editors count. */
  readonly lineNumber: number;
  /** Its length in bytes, with the line's end. */
  readonly bytes: number;
  /** What stands on it, or why it cannot be read. */
  readonly content: Conversation | string;
}

/** A file of recorded conversations, open for reading. */
export interface ImportFile extends AsyncDisposable {
  /** Its length in bytes; 0 where it is not known (a pipe). */
  readonly bytes: number;
  /** The lines, one after the other: the file may be larger than the memory. */
  readonly lines: AsyncGenerator<ImportLine>;
}

/**
 * Opens a file of JSON lines.
 * @throws CliError if it cannot be read
 */
export async function openImportFile(path: string): Promise<ImportFile> {
  try {
    const file = await open(path);
    const stat = await file.stat();
    if (stat.isDirectory()) {
      await file.close();
      throw new CliError(`cannot read ${path}: it is a folder`);
    }
    return {
      bytes: stat.size,
      lines: readConversations(file.createReadStream({ autoClose: false })),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

/** The lines of a stream of bytes, parsed. Empty lines are skipped, an id that stood on an earlier line is a problem. */
export async function* readConversations(chunks: AsyncIterable<Buffer>): AsyncGenerator<ImportLine> {
  const lineOfId = new Map<string, number>();
  let lineNumber = 0;
  for await (const line of linesOf(chunks)) {
    lineNumber++;
    const content = contentOf(line);
    if (content === undefined) continue;
    const bytes = line.byteLength;
    const earlier = typeof content === "string" ? undefined : lineOfId.get(content.id);
    if (earlier !== undefined && typeof content !== "string") {
      yield { lineNumber, bytes, content: `id ${JSON.stringify(content.id)} stands on line ${earlier} already` };
      continue;
    }
    if (typeof content !== "string") lineOfId.set(content.id, lineNumber);
    yield { lineNumber, bytes, content };
  }
}

/**
 * Splits bytes at line feeds, and nowhere else: `node:readline` also splits at U+2028, which JSON allows inside strings.
 * Each line has its end, so that the lengths add up to the file's.
 */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const lineFeed = 0x0a;
  let parts: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end + 1)]);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

function contentOf(line: Buffer): Conversation | string | undefined {
  let text: string;
  try {
    // Fatal: a message is not stored with its letters replaced by question marks. The decoder drops a byte order mark.
    text = new TextDecoder("utf-8", { fatal: true }).decode(line).trim();
  } catch {
    return "is not UTF-8 text";
  }
  if (text === "") return undefined;
  try {
    return conversationOf(JSON.parse(text));
  } catch (error) {
    if (error instanceof ChatFormatError) return error.message;
    // The parser's message quotes the line: cut short, it helps to find the place.
    return `is not JSON: ${(error as Error).message.slice(0, 160)}`;
  }
}

function conversationOf(value: unknown): Conversation | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "expected a JSON object";
  const { id: givenId, messages, ...extra } = value as Record<string, unknown>;
  if (givenId === undefined || givenId === null || givenId === "") return `has no "id"`;
  const id = idOf(givenId);
  if (id === undefined) return `"id" must be a string or a whole number`;
  if (messages === undefined || messages === null) return `has no "messages"`;
  if (!Array.isArray(messages)) return `"messages" must be an array`;
  if (messages.length === 0) return `"messages" is empty`;
  return { id, messages: fromOpenAiChat(messages), extra };
}

function idOf(id: unknown): string | undefined {
  if (typeof id === "string") return id;
  return typeof id === "number" && Number.isSafeInteger(id) ? String(id) : undefined;
}
