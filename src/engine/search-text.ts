import type { ContentBlock } from "../model/content-block.ts";
import type { Message } from "../model/message.ts";
import { isObject } from "../model/value.ts";

/**
 * Text as searches compare it: composed and compatible forms are one (NFKC), case does not count. NUL and lone surrogates, which
 * PostgreSQL's `text` cannot hold, become U+FFFD here; the message itself keeps them.
 */
export function searchable(text: string): string {
  // A sigma that ends a word is another letter in lower case; within a longer word it is not.
  const folded = text.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll("ς", "σ");
  return folded.replace(/[\0\p{Surrogate}]/gu, "\uFFFD");
}

/** What a search finds of a message: what was said, called, answered and thought; never the names of its fields. */
export function searchTextOf(message: Message): string {
  const parts = message.content.flatMap(textsOfBlock);
  for (const call of message.toolCalls ?? []) parts.push(call.name, ...stringsIn(call.args));
  if (message.reasoning !== undefined) parts.push(message.reasoning);
  return searchable(parts.join("\n"));
}

/** Every string that stands as a value somewhere in a value; keys of objects are structure, not content. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (!isObject(value)) return [];
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)].flat(1).flatMap(stringsIn);
  if (value instanceof Set) return [...(value as ReadonlySet<unknown>)].flatMap(stringsIn);
  if (value instanceof Uint8Array) return [];
  if (value instanceof URL || value instanceof RegExp) return [String(value)];
  return Object.values(value).flatMap(stringsIn);
}

function textsOfBlock(block: ContentBlock): string[] {
  switch (block.type) {
    case "text":
      return [block.text];
    case "image":
      return present(block.altText);
    case "audio":
      return present(block.transcript);
    case "document":
      return present(block.text, block.excerpt);
    case "tool_call":
      return [block.name, ...stringsIn(block.args)];
    case "tool_result":
      return stringsIn(block.output);
    case "reasoning":
      return [block.summary, ...stringsIn(block.details)];
    case "error":
      return [block.message];
    case "annotation":
      return block.refs.flatMap((reference) => present(reference.title));
    case "video":
    case "data":
      return [];
  }
}

function present(...texts: readonly (string | undefined)[]): string[] {
  return texts.filter((text) => text !== undefined);
}
