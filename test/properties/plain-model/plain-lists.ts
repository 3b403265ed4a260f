import {
  type ListMessagesOptions,
  type ListThreadsOptions,
  type Message,
  NotFoundError,
  type ThreadInfo,
} from "../../../src/index.ts";
import { plainlyContains } from "./plain-containment.ts";
import { plainText, textOfMessage, textOfValue } from "./plain-texts.ts";
import type { PlainThread } from "./plain-world.ts";

/** A thread as it is told. */
export function infoOf(thread: PlainThread): ThreadInfo {
  const { threadId, owner, threadName, runId, createdAt, updatedAt } = thread;
  const metadata = Object.fromEntries(thread.metadata);
  return { threadId, userId: owner, threadName, metadata, runId, createdAt, updatedAt };
}

/** Filters first, then order, then `offset` and `limit`. */
export function messagesOf(thread: PlainThread, options: ListMessagesOptions = {}): Message[] {
  const { search = "", role, since, until, order = "asc" } = options;
  const placeOf = (field: "before" | "after"): number | undefined => {
    if (options[field] === undefined) return undefined;
    const found = thread.messages.find(({ message }) => message.messageId === options[field]);
    if (found === undefined) throw new NotFoundError(`options.${field}`, "the model has no such message");
    return found.place;
  };
  const [before = Infinity, after = 0] = [placeOf("before"), placeOf("after")];
  const roles = role === undefined ? undefined : [role].flat();
  const found = thread.messages
    .filter(({ place }) => place > after && place < before)
    .filter(({ message }) => roles === undefined || roles.includes(message.role))
    .filter(({ sentAtMs }) => since === undefined || sentAtMs >= Number(since))
    .filter(({ sentAtMs }) => until === undefined || sentAtMs < Number(until))
    .filter(({ message }) => search === "" || textOfMessage(message).includes(plainText(search)))
    .map(({ message }) => message);
  return pageOf(order === "desc" ? found.reverse() : found, options);
}

/** The threads of a caller, most recently written first; of one instant, by id, the last one first. */
export function threadsOf(threads: readonly PlainThread[], options: ListThreadsOptions = {}): ThreadInfo[] {
  const { search = "", metadata } = options;
  const ordered = threads.toSorted(
    (one, other) => other.updatedAt.getTime() - one.updatedAt.getTime() || compareBytes(other.threadId, one.threadId),
  );
  const indexOf = (field: "before" | "after"): number | undefined => {
    if (options[field] === undefined) return undefined;
    const index = ordered.findIndex(({ threadId }) => threadId === options[field]);
    if (index < 0) throw new NotFoundError(`options.${field}`, "the model has no such thread");
    return index;
  };
  const [before = Infinity, after = -1] = [indexOf("before"), indexOf("after")];
  const found = ordered
    .filter((_, index) => index < before && index > after)
    .filter((thread) => search === "" || isFound(thread, plainText(search)))
    .map(infoOf)
    .filter((info) => metadata === undefined || plainlyContains(info.metadata, { ...metadata }));
  return pageOf(found, options);
}

function isFound({ threadName, metadata }: PlainThread, wanted: string): boolean {
  const texts = [plainText(threadName ?? ""), ...Array.from(metadata.values(), textOfValue)];
  return texts.some((text) => text.includes(wanted));
}

/** Ids stand in the order of their bytes of UTF-8. */
function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** So many, after so many. */
export function pageOf<T>(
  items: readonly T[],
  page: { readonly limit?: number | undefined; readonly offset?: number | undefined },
): T[] {
  const { limit = Infinity, offset = 0 } = page;
  return items.filter((_, index) => index >= offset && index < offset + limit);
}
