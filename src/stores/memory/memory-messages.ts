import type { MessageQuery, MessageRow } from "../cold-store.ts";

interface StoredMessage extends MessageRow {
  readonly seq: number;
  readonly sentAtMs: number;
}

/** A thread's messages, ordered by when their ids were first put. */
export class MemoryMessages {
  /** In order of `seq`: a Map keeps a replaced key's place, and a deleted one put again goes to the end. */
  readonly #messages: Map<string, StoredMessage>;
  #lastSeq: number;

  constructor(messages: Iterable<StoredMessage> = [], lastSeq = 0) {
    this.#messages = new Map(Array.from(messages, (message) => [message.messageId, message]));
    this.#lastSeq = lastSeq;
  }

  /** The newest sequence number that was given out, also where its message is gone; 0: none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** How many there are. */
  get count(): number {
    return this.#messages.size;
  }

  /** Bytes of their JSON texts. */
  get bytes(): number {
    let bytes = 0;
    for (const { body } of this.#messages.values()) bytes += Buffer.byteLength(body);
    return bytes;
  }

  /** Puts messages in order; one that is there already keeps its place, and its time unless it is told. */
  put(rows: readonly MessageRow[], nowMs: number): void {
    for (const row of rows) {
      const old = this.#messages.get(row.messageId);
      const seq = old?.seq ?? ++this.#lastSeq;
      this.#messages.set(row.messageId, { ...row, seq, sentAtMs: row.sentAtMs ?? old?.sentAtMs ?? nowMs });
    }
  }

  /** One message's JSON text; null: there is none. */
  get(messageId: string): string | null {
    return this.#messages.get(messageId)?.body ?? null;
  }

  /** Deletes one message; whether there was one. */
  delete(messageId: string): boolean {
    return this.#messages.delete(messageId);
  }

  /** The JSON texts that a query asks for. */
  list(query: MessageQuery): string[] {
    const after = query.after === null ? 0 : this.#messages.get(query.after)?.seq;
    const before = query.before === null ? Number.POSITIVE_INFINITY : this.#messages.get(query.before)?.seq;
    if (after === undefined || before === undefined) return [];
    const found = [...this.#messages.values()].filter(
      (message) => message.seq > after && message.seq < before && matches(message, query),
    );
    if (query.descending) found.reverse();
    const end = query.limit === null ? found.length : query.offset + query.limit;
    return found.slice(query.offset, end).map(({ body }) => body);
  }

  /** A copy of the messages up to a sequence number. What was replaced later is copied as it is now: its history is not kept. */
  copyUpTo(lastSeq: number): MemoryMessages {
    const kept = [...this.#messages.values()].filter(({ seq }) => seq <= lastSeq);
    return new MemoryMessages(kept, lastSeq);
  }
}

function matches(message: StoredMessage, query: MessageQuery): boolean {
  if (query.search !== null && !message.searchText.includes(query.search)) return false;
  if (query.roles !== null && !query.roles.includes(message.role)) return false;
  if (query.sinceMs !== null && message.sentAtMs < query.sinceMs) return false;
  return query.untilMs === null || message.sentAtMs < query.untilMs;
}
