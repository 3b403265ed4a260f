import type { BaseCheckpointer, ThreadInfo } from "../index.ts";
import { table, type Terminal, timeText } from "./terminal.ts";

/** Which threads are listed. */
export interface ThreadsOptions {
  /** Only this user's. */
  readonly userId: string | undefined;
  /** Only those whose name or metadata contains this text. */
  readonly search: string | undefined;
  /** At most so many. */
  readonly limit: number;
}

/** What is listed, and whether there is more. */
export interface ThreadList {
  /** Most recently written first. */
  readonly threads: readonly ThreadInfo[];
  /** Whether the limit left some out. */
  readonly hasMore: boolean;
}

/** The threads, most recently written first. */
export async function listThreads(checkpointer: BaseCheckpointer, options: ThreadsOptions): Promise<ThreadList> {
  const { userId, search, limit } = options;
  const found = await checkpointer.listThreads({ userId }, { search, limit: limit + 1 });
  return { threads: found.slice(0, limit), hasMore: found.length > limit };
}

/** The list as a table. */
export function threadsText({ threads, hasMore }: ThreadList, terminal: Terminal): string {
  if (threads.length === 0) return "no threads";
  const rows = threads.map((thread) => [
    thread.threadId,
    thread.userId ?? "",
    timeText(thread.updatedAt),
    thread.threadName ?? "",
  ]);
  const lines = table(["THREAD", "USER", "UPDATED (UTC)", "NAME"], rows, terminal);
  if (hasMore) lines.push(terminal.style.dim("… and more: --limit shows them, --search finds them"));
  return lines.join("\n");
}
