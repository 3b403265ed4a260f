import type { ListMessagesOptions } from "../model/call-options.ts";
import type { Message } from "../model/message.ts";
import type { ColdStore } from "../stores/cold-store.ts";
import { checkListMessages } from "./call-options.ts";
import type { CallScope } from "./call-scope.ts";
import type { HotLayer } from "./hot-layer/hot-layer.ts";
import { fromBody } from "./message-rows.ts";
import type { StateLog } from "./state-log.ts";
import type { WatchedHead, WatchedThread } from "./thread-watch.ts";

/** What a watch is answered from. */
export interface WatchedThreadParts {
  /** Messages, and requests to stop. */
  readonly store: ColdStore;
  /** Heads. */
  readonly log: StateLog;
  /** Drafts, and hints that there is something new; null: there is no hot layer. */
  readonly hot: HotLayer | null;
  /** Runs a question as a call of the checkpointer, so that a release waits for it. */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>;
}

/** A thread as a watch sees it. */
export function watchedThread(parts: WatchedThreadParts, scope: CallScope): WatchedThread {
  const { store, log, hot, ask } = parts;
  const list = (query: ListMessagesOptions): Promise<Message[]> =>
    ask(async () => (await store.listMessages(scope, checkListMessages(query))).map(fromBody));
  return {
    head: () => ask(() => headOf(parts, scope)),
    lastMessages: (limit) => list({ order: "desc", limit }),
    messagesAfter: (messageId) => list(messageId === null ? {} : { after: messageId }),
    hasMessage: (messageId) => ask(async () => (await store.getMessage(scope, messageId)) !== null),
    isStopRequested: () => ask(() => store.isStopRequested(scope, scope.runId)),
    look: (beginning) => log.looks.begin(scope.threadId, beginning),
    listen: async (wake) => await hot?.watch(scope, wake),
  };
}

async function headOf({ log, hot }: WatchedThreadParts, scope: CallScope): Promise<WatchedHead> {
  const newest = await hot?.newest(scope, null);
  if (newest) return newest.stamp;
  const near = log.near(scope);
  const tail = await log.tail(scope, near?.stamp ?? null);
  return { incarnation: tail.incarnation, version: log.headFrom(scope, near, tail)?.stamp.version ?? 0 };
}
