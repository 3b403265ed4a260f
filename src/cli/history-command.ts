import type { AgentState, BaseCheckpointer, Message, StateInfo, ThreadConfig } from "../index.ts";
import { existingThread } from "./existing-thread.ts";
import { jsonText, plural, table, type Terminal, timeText } from "./terminal.ts";

/** One version, and what it changed. */
interface HistoryEntry extends StateInfo {
  /** In a few words. */
  readonly change: string;
}

/** Versions of a thread. */
export interface History {
  /** Newest first. */
  readonly versions: readonly HistoryEntry[];
  /** Whether the limit left older ones out. */
  readonly hasMore: boolean;
}

/**
 * The newest versions of a thread's state. What a version changed is told by its metadata (`summary`) or seen by comparing it with the
 * version before.
 */
export async function listHistory(
  checkpointer: BaseCheckpointer,
  config: ThreadConfig,
  limit: number,
): Promise<History> {
  await existingThread(checkpointer, config);
  // One more than is shown: the oldest one shown is compared with it.
  const infos = await checkpointer.listStates(config, { limit: limit + 1 });
  const states = await Promise.all(infos.map((info) => readableState(checkpointer, config, info)));
  const versions = infos.slice(0, limit).map((info, index) => ({
    ...info,
    change: changeOf(info, states[index] ?? null, states[index + 1] ?? null),
  }));
  return { versions, hasMore: infos.length > limit };
}

async function readableState(
  checkpointer: BaseCheckpointer,
  config: ThreadConfig,
  info: StateInfo,
): Promise<AgentState | null> {
  return info.cleared ? null : await checkpointer.getState(config, { version: info.version });
}

function changeOf(info: StateInfo, state: AgentState | null, before: AgentState | null): string {
  const { summary } = info.metadata;
  if (typeof summary === "string") return summary;
  if (state === null) return "cleared";
  const old = before?.context ?? [];
  let shared = 0;
  while (shared < old.length && shared < state.context.length && isSame(old[shared], state.context[shared])) shared++;
  const removed = old.length - shared;
  const added = state.context.slice(shared);
  const parts = [
    ...(removed > 0 ? [`−${plural(removed, "message")}`] : []),
    ...(added.length > 0 ? [`+${plural(added.length, "message")}: ${added.map(speakerOf).join(", ")}`] : []),
  ];
  if (parts.length > 0) return parts.join(", ");
  return before === null ? "no messages yet" : "fields of the state";
}

function isSame(left: Message | undefined, right: Message | undefined): boolean {
  return left === right || (left?.messageId === right?.messageId && jsonText(left) === jsonText(right));
}

function speakerOf({ role, toolCalls = [] }: Message): string {
  return toolCalls.length === 0 ? role : `${role} → ${toolCalls.map((call) => call.name).join(" + ")}`;
}

/** The history as a table. */
export function historyText({ versions, hasMore }: History, terminal: Terminal): string {
  if (versions.length === 0) return "no versions: this thread has no state";
  const rows = versions.map(({ version, createdAt, change }) => [String(version), timeText(createdAt), change]);
  const lines = table(["VERSION", "WRITTEN (UTC)", "CHANGE"], rows, terminal);
  if (hasMore) lines.push(terminal.style.dim("… and older ones: --limit shows them"));
  return lines.join("\n");
}
