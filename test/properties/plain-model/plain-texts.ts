import type { Message } from "../../../src/index.ts";

/** Text as a search compares it: whatever the case, in whichever form Unicode writes it; what is no character counts as U+FFFD. */
export function plainText(text: string): string {
  const lower = text.normalize("NFKC").toLowerCase().normalize("NFKC");
  return lower
    .split("ς")
    .join("σ")
    .replace(/\0|\p{Surrogate}/gu, "\uFFFD");
}

/** What a search finds of a message of the calls: its texts, and what its tools answered. */
export function textOfMessage({ content }: Message): string {
  const texts = content.flatMap((block) => {
    if (block.type === "text") return [block.text];
    return block.type === "tool_result" ? textsWithin(block.output) : [];
  });
  return plainText(texts.join("\n"));
}

/** What a search finds of a value. */
export function textOfValue(value: unknown): string {
  return plainText(textsWithin(value).join("\n"));
}

/** Texts and numbers, wherever they stand in a value; names of fields do not count. */
function textsWithin(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "bigint") return [value.toString()];
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return [];
  if (value instanceof URL || value instanceof RegExp) return [value.toString()];
  if (value instanceof Map) return [...value.entries()].flatMap(textsWithin);
  if (value instanceof Set) return [...value.values()].flatMap(textsWithin);
  return Object.values(value).flatMap(textsWithin);
}
