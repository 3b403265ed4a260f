import type { Message } from "../index.ts";
import { jsonText, oneLine, printable, shorten, type Terminal } from "./terminal.ts";

/** How a message is printed. */
export interface MessageLinesOptions {
  /** 1, 2, 3 … in its conversation. */
  readonly position: number;
  /** The tool of each call, by the call's id. */
  readonly callNames: ReadonlyMap<string, string>;
  /** Where. */
  readonly terminal: Terminal;
  /** Whether nothing is shortened. */
  readonly isFull: boolean;
}

type Block = Message["content"][number];

/** A message as lines: who speaks, then what is said. Calls, results, instructions and thoughts take one line each, unless all is wanted. */
export function messageLines(message: Message, options: MessageLinesOptions): string[] {
  const { terminal, position } = options;
  const heading = `${terminal.style.dim(`[${position}]`)} ${terminal.style.bold(oneLine(message.role))}`;
  const isBrief = message.role === "system";
  const calledIds = new Set(message.toolCalls?.map((call) => call.id));
  const lines = [heading];
  if (message.reasoning !== undefined) lines.push(...brief(`(thinks) ${message.reasoning}`, options));
  for (const block of message.content) {
    // A call may stand in both places: once is enough for a reader.
    if (block.type === "tool_call" && calledIds.has(block.id)) continue;
    lines.push(...blockLines(block, isBrief, options));
  }
  for (const call of message.toolCalls ?? []) lines.push(...brief(`→ ${callText(call.name, call.args)}`, options));
  return lines;
}

function blockLines(block: Block, isBrief: boolean, options: MessageLinesOptions): string[] {
  switch (block.type) {
    case "text":
      return isBrief ? brief(block.text, options) : indented(block.text);
    case "tool_call":
      return brief(`→ ${callText(block.name, block.args)}`, options);
    case "tool_result":
      return brief(`← ${options.callNames.get(block.callId) ?? block.callId}: ${valueText(block.output)}`, options);
    case "reasoning":
      return brief(`(thinks) ${block.summary}`, options);
    case "error":
      return brief(`! ${block.message}`, options);
    default:
      return brief(otherText(block), options);
  }
}

function otherText(block: Block): string {
  const words: (string | undefined)[] = [block.type];
  if (block.type === "image") words.push(block.altText);
  if (block.type === "audio") words.push(block.transcript);
  if ("mimeType" in block) words.push(block.mimeType);
  if ("media" in block && block.media !== undefined) {
    const { url, fileId, filename, mimeType } = block.media;
    words.push(mimeType, filename, url ?? fileId);
  }
  return `[${words.filter((word) => word !== undefined).join(" ")}]`;
}

function callText(name: string, args: unknown): string {
  return `${name} ${valueText(args)}`;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value);
}

function brief(text: string, options: MessageLinesOptions): string[] {
  if (options.isFull) return indented(text);
  // Only the beginning can be seen, so only the beginning is made printable: results may be megabytes.
  return [`  ${shorten(oneLine(text.slice(0, options.terminal.columns * 20)), options.terminal.columns - 2)}`];
}

function indented(text: string): string[] {
  return printable(text)
    .split("\n")
    .map((line) => `  ${line}`.trimEnd());
}
