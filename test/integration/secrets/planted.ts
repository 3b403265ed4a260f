import { randomUUID } from "node:crypto";
import { type AgentState, createState, Message } from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";

/** A text that stands nowhere else, with what a URL must escape. */
export function plant(what: string): string {
  return `${what}: p@ss/${randomUUID()}`;
}

/** What users said and kept. Ids are none of it: errors and events name threads. */
export const content = {
  said: plant("said"),
  value: plant("value"),
  key: plant("key"),
  metadata: plant("metadata"),
  name: plant("name"),
  lookedFor: plant("looked for"),
} as const;

/** All of it. */
export const contents: readonly string[] = Object.values(content);

/** A message that says what is secret. */
export function saying(messageId = "m"): Message {
  return Message.text(content.said, { messageId, metadata: { note: content.metadata } });
}

/** A state that holds what is secret, in every kind of place. */
export function holding(fields: AnyFields = {}): AgentState<AnyFields> {
  return createState<AnyFields>({
    context: [saying()],
    contextSummary: content.said,
    value: content.value,
    list: [{ value: content.value }],
    map: new Map([[content.key, new Set([content.value])]]),
    address: new URL(`https://host/${encodeURIComponent(content.value)}`),
    bytes: Buffer.from(content.value),
    ...fields,
  });
}

/** Whatever is given as it must not be: the compiler would refuse it. */
export function wrongly(value: unknown): never {
  return value as never;
}
