import { decodeMessage, encodeMessage } from "../log/entry-codec.ts";
import { kindOf } from "../model/check-shape.ts";
import { SerializationError, ValidationError } from "../model/errors.ts";
import { checkedMessage, type Message } from "../model/message.ts";
import { readInput } from "../model/read-input.ts";
import { captureImmutable, isObject } from "../model/value.ts";
import type { MessageRow } from "../stores/cold-store.ts";
import { readStored } from "./read-stored.ts";
import { searchTextOf } from "./search-text.ts";

/** Messages as checked, and as the store gets them. */
export interface CheckedMessages {
  /** Frozen, each id once. */
  readonly messages: readonly Message[];
  /** The same, encoded. */
  readonly rows: readonly MessageRow[];
}

/** No messages. */
export const noMessages: CheckedMessages = { messages: [], rows: [] };

/**
 * Checks a batch whole before anything is made of it. Of one id twice, the last message takes the first one's place, as it would in two
 * calls: streamed answers come so.
 *
 * @throws ValidationError, SerializationError naming the message by its index
 */
export function checkMessages(input: unknown, metadata: unknown): CheckedMessages {
  return readInput(
    () => readMessages(input, metadata),
    (problem) => new SerializationError("messages", problem),
  );
}

function readMessages(input: unknown, metadata: unknown): CheckedMessages {
  if (!Array.isArray(input)) throw new ValidationError("messages", `expected an array, got ${kindOf(input)}`);
  const common = checkMetadata(metadata, "options.metadata");
  const byId = new Map<string, Message>();
  for (const [index, item] of (input as readonly Message[]).entries()) {
    const field = `messages[${index}]`;
    const message = checkedMessage(item, field);
    byId.set(message.messageId, common === undefined ? message : withMetadata(message, common, field));
  }
  const messages = [...byId.values()];
  return { messages, rows: messages.map(toRow) };
}

/** A record of anything that can be stored; undefined: not given. */
export function checkMetadata(metadata: unknown, field: string): Readonly<Record<string, unknown>> | undefined {
  return metadata === undefined
    ? undefined
    : readInput(
        () => readMetadata(metadata, field),
        (problem) => new SerializationError(field, problem),
      );
}

function readMetadata(metadata: unknown, field: string): Readonly<Record<string, unknown>> {
  if (!isObject(metadata) || Array.isArray(metadata)) {
    throw new ValidationError(field, `expected an object, got ${kindOf(metadata)}`);
  }
  return captureImmutable(metadata as Readonly<Record<string, unknown>>, field);
}

function withMetadata(message: Message, common: Readonly<Record<string, unknown>>, field: string): Message {
  return checkedMessage({ ...message, metadata: { ...common, ...message.metadata } }, field);
}

function toRow(message: Message): MessageRow {
  return {
    messageId: message.messageId,
    role: message.role,
    body: encodeMessage(message),
    searchText: searchTextOf(message),
    sentAtMs: message.timestamp ?? null,
  };
}

/** What the store kept → message. */
export function fromBody(body: string): Message {
  return readStored("a message", () => decodeMessage(body));
}
