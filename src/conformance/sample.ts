import { randomUUID } from "node:crypto";
import { type AgentState, type ContentBlock, createState, Message } from "../index.ts";
import type { AnyFields } from "./subject.ts";

/** A config with a thread and a user that nobody else has. */
export interface OwnedConfig {
  /** The thread. */
  readonly threadId: string;
  /** Its owner. */
  readonly userId: string;
}

/** A text that stands nowhere else: storage may be shared. */
export function unique(what: string): string {
  return `${what}-${randomUUID()}`;
}

/** A thread that does not exist, of a user who has no other. */
export function newConfig(): OwnedConfig {
  return { threadId: unique("thread"), userId: unique("user") };
}

/** A thread that does not exist, without a user. */
export function newThread(): { readonly threadId: string } {
  return { threadId: unique("thread") };
}

/** A fresh state with custom fields. */
export function stateWith(fields: AnyFields = {}): AgentState<AnyFields> {
  return createState<AnyFields>(fields);
}

/** Messages whose texts are `0`, `1`, `2` … and whose ids are their texts behind the prefix. */
export function numberedMessages(count: number, prefix = "m"): Message[] {
  return Array.from({ length: count }, (_, index) => Message.text(String(index), { messageId: `${prefix}${index}` }));
}

/** Ids of messages. */
export function idsOf(messages: readonly Message[]): string[] {
  return messages.map((message) => message.messageId);
}

/** Texts of messages. */
export function textsOf(messages: readonly Message[]): string[] {
  return messages.map((message) => Message.textOf(message));
}

/** A message of one block. */
export function messageOf(block: ContentBlock): Message {
  return Message.create({ role: "assistant", content: [block] });
}

/** A state's fields without the version that it carries. */
export function fieldsOf(state: AgentState<AnyFields> | null): AnyFields {
  if (state === null) throw new Error("there is no state");
  return Object.fromEntries(Object.entries(state));
}
