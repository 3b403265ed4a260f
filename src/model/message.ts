import type { ContentBlock } from "./content-block.ts";
import { checkShape, kindOf } from "./check-shape.ts";
import { ValidationError } from "./errors.ts";
import { messageShape } from "./message-shape.ts";
import { captureImmutable, isImmutable, isObject } from "./value.ts";

/** Frozen messages whose shape was found right: they cannot change, so once is enough. */
const checked = new WeakSet<object>();

/** Who speaks. */
export type MessageRole = "user" | "assistant" | "system" | "tool";

/** A call of a tool that the model asked for (the seed's `tools_calls`). */
export interface ToolCall {
  /** The call's id, which its result names. */
  readonly id: string;
  /** The tool. */
  readonly name: string;
  /** The arguments, parsed. */
  readonly args: unknown;
}

/** What a message cost, in tokens. */
export interface TokenUsage {
  /** Tokens read. */
  readonly promptTokens: number;
  /** Tokens written. */
  readonly completionTokens: number;
  /** Both. */
  readonly totalTokens: number;
  /** Tokens spent on reasoning. */
  readonly reasoningTokens?: number | undefined;
  /** Tokens written to the provider's cache. */
  readonly cacheCreationInputTokens?: number | undefined;
  /** Tokens read from the provider's cache. */
  readonly cacheReadInputTokens?: number | undefined;
  /** Tokens of pictures. */
  readonly imageTokens?: number | undefined;
  /** Tokens of sound. */
  readonly audioTokens?: number | undefined;
}

/**
 * One thing that was said. Immutable: to change one, put a new message under the same `messageId`, which takes its place.
 * Make them with {@link Message}, which freezes them; fields beyond these are kept as they are.
 */
export interface Message {
  /** Unique within its thread, not in the world. 1 to 512 bytes. */
  readonly messageId: string;
  /** Who speaks. */
  readonly role: MessageRole;
  /** What is said, in order. */
  readonly content: readonly ContentBlock[];
  /** The tools that the model asked for. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** What the model thought before it spoke. */
  readonly reasoning?: string | undefined;
  /** What it cost. */
  readonly usage?: TokenUsage | undefined;
  /** Anything of yours. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** When it was said: milliseconds since 1970. Left out, `since` and `until` go by the time of storing; a replaced message keeps its time. */
  readonly timestamp?: number | undefined;
  /** Whether it is one piece of an answer that is still streaming. */
  readonly delta?: boolean | undefined;
  /** The provider's own answer. */
  readonly raw?: unknown;
  /** The answer parsed into a structure. */
  readonly parsedContent?: unknown;
}

/** A message to be made: the id is drawn and the time set to now where they are left out. */
export type MessageFields = Omit<Message, "messageId"> & {
  /** @defaultValue a random UUID */
  readonly messageId?: string | undefined;
};

/** What {@link Message.text} takes besides the text. */
export type TextMessageFields = Partial<Omit<MessageFields, "content">>;

/** Makes messages and reads their text. */
export interface MessageFactory {
  /**
   * A frozen message. `timestamp` is now where it is left out.
   * @throws ValidationError naming the field that is wrong
   * @throws SerializationError naming the value that cannot be stored
   */
  create(fields: MessageFields): Message;
  /** A frozen message of one text block (the seed's `Message.text_message`). `role` is `"user"` where it is left out. */
  text(text: string, fields?: TextMessageFields): Message;
  /** The text of a message: its text blocks and its tool results, one after the other (the seed's `msg.text()`). */
  textOf(message: Message): string;
}

/** Makes messages and reads their text. */
export const Message: MessageFactory = {
  create(fields) {
    const given = dropUndefined(fields);
    const messageId = given.messageId ?? crypto.randomUUID();
    return checkedMessage({ timestamp: Date.now(), ...given, messageId }, "message");
  },
  text(text, fields = {}) {
    return Message.create({ role: "user", ...dropUndefined(fields), content: [{ type: "text", text }] });
  },
  textOf(message) {
    return message.content.map(textOfBlock).join("");
  },
};

/**
 * A message, checked and frozen; one that is known to be frozen already is answered as it is.
 * @param field - what it is called in errors, such as `messages[2]`
 * @throws ValidationError, SerializationError
 */
export function checkedMessage(message: Message, field: string): Message {
  if (!isObject(message)) throw new ValidationError(field, `expected a message, got ${kindOf(message)}`);
  if (isImmutable(message) && checked.has(message)) return message;
  const frozen = captureImmutable(message, field);
  checkShape(messageShape, frozen, field);
  checked.add(frozen);
  return frozen;
}

function textOfBlock(block: ContentBlock): string {
  if (block.type === "text") return block.text;
  if (block.type !== "tool_result") return "";
  return typeof block.output === "string" ? block.output : (JSON.stringify(block.output) ?? "");
}

function dropUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
