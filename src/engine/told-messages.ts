import type { Message } from "../model/message.ts";

/** A thread's messages, as a watch asks for them. */
export interface ListedMessages {
  /** The last ones, newest first. */
  lastMessages(limit: number): Promise<readonly Message[]>;
  /** Those behind this one, in order; null: all. Behind one that is gone: none. */
  messagesAfter(messageId: string | null): Promise<readonly Message[]>;
  /** Whether there is a message of this id. */
  hasMessage(messageId: string): Promise<boolean>;
}

/**
 * Ids that are remembered, to find the place again when the last message was deleted. If so many are deleted in a row, those before them are
 * told again: twice is better than never.
 */
const REMEMBERED = 200;

/** How far the messages of a thread were told. */
export class ToldMessages {
  /** The last ones, in order. */
  #ids: string[];

  /** @param ids - of messages that need not be told, in order */
  constructor(ids: readonly string[] = []) {
    this.#ids = [...ids];
  }

  /** All that there are now count as told. */
  static async upToNow(thread: ListedMessages): Promise<ToldMessages> {
    const last = await thread.lastMessages(REMEMBERED);
    return new ToldMessages(last.map(({ messageId }) => messageId).reverse());
  }

  /** What is to be told next, in order; it counts as told. */
  async next(thread: ListedMessages): Promise<readonly Message[]> {
    const [newest] = await thread.lastMessages(1);
    if (newest === undefined || newest.messageId === this.#ids.at(-1)) return [];
    for (;;) {
      const last = this.#ids.at(-1) ?? null;
      const messages = await thread.messagesAfter(last);
      if (messages.length > 0 || last === null || (await thread.hasMessage(last))) return this.#tell(messages);
      this.#ids.pop();
    }
  }

  #tell(messages: readonly Message[]): readonly Message[] {
    this.#ids = [...this.#ids, ...messages.map(({ messageId }) => messageId)].slice(-REMEMBERED);
    return messages;
  }
}
