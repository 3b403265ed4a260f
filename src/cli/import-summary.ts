import type { SessionStats } from "../index.ts";
import type { Replayed } from "./replay.ts";
import { countText, plural } from "./terminal.ts";

/** What an import did, and what the store holds of the conversations of its file. */
export interface ImportSummary {
  /** Conversations that were not in the store before. */
  readonly imported: number;
  /** Conversations that an earlier import had begun. */
  readonly continued: number;
  /** Conversations that were stored already. */
  readonly unchanged: number;
  /** Lines that could not be stored. */
  readonly failed: number;
  /** Messages stored now. */
  readonly messages: number;
  /** Versions stored now. */
  readonly versions: number;
  /** What the store holds of these conversations now. */
  readonly stored: SessionStats;
  /** What it would hold if each turn had stored the whole state. */
  readonly snapshotBytes: number;
}

/** Nothing yet. */
export const noSummary: ImportSummary = {
  imported: 0,
  continued: 0,
  unchanged: 0,
  failed: 0,
  messages: 0,
  versions: 0,
  stored: { threads: 0, messages: 0, versions: 0, stateBytes: 0, messageBytes: 0 },
  snapshotBytes: 0,
};

/** A summary with one conversation more. */
export function addConversation(
  summary: ImportSummary,
  outcome: { readonly replayed: Replayed; readonly stored: SessionStats; readonly snapshotBytes: number },
): ImportSummary {
  const { replayed, stored, snapshotBytes } = outcome;
  const isNew = replayed.found === 0;
  const isUnchanged = replayed.versions === 0;
  return {
    imported: summary.imported + (isNew ? 1 : 0),
    continued: summary.continued + (!isNew && !isUnchanged ? 1 : 0),
    unchanged: summary.unchanged + (!isNew && isUnchanged ? 1 : 0),
    failed: summary.failed,
    messages: summary.messages + replayed.messages,
    versions: summary.versions + replayed.versions,
    stored: {
      threads: summary.stored.threads + stored.threads,
      messages: summary.stored.messages + stored.messages,
      versions: summary.stored.versions + stored.versions,
      stateBytes: summary.stored.stateBytes + stored.stateBytes,
      messageBytes: summary.stored.messageBytes + stored.messageBytes,
    },
    snapshotBytes: summary.snapshotBytes + snapshotBytes,
  };
}

/** The summary in words. */
export function summaryText(summary: ImportSummary, path: string): string {
  const { stored, failed, snapshotBytes } = summary;
  const read = summary.imported + summary.continued + summary.unchanged + failed;
  const parts = [
    `${countText(summary.imported)} imported`,
    `${countText(summary.continued)} continued`,
    `${countText(summary.unchanged)} already stored`,
    `${countText(failed)} failed`,
  ];
  const lines = [`${plural(read, "conversation")} read from ${path}: ${parts.join(", ")}`, newText(summary)];
  if (stored.threads > 0) {
    const rows: [string, string, string][] = [
      ["threads", countText(stored.threads), ""],
      ["messages", countText(stored.messages), ""],
      ["versions", countText(stored.versions), ""],
      ["bytes", countText(bytesOf(summary)), bytesText(stored)],
      ["as snapshots", countText(snapshotBytes), "if every turn stored the whole state"],
      ["ratio", ratioText(summary), "bytes as snapshots for each byte in the store"],
    ];
    const width = Math.max(...rows.map(([, count]) => count.length));
    lines.push("", "In the store, of these conversations:");
    for (const [label, count, note] of rows)
      lines.push(`  ${label.padEnd(12)}  ${count.padStart(width)}  ${note}`.trimEnd());
  }
  return lines.join("\n");
}

/** The summary for other programs. */
export function summaryJson(summary: ImportSummary): object {
  return { ...summary, ratio: roundedRatio(summary) };
}

function newText({ messages, versions, failed }: ImportSummary): string {
  if (versions > 0) return `stored now: ${plural(messages, "message")} in ${plural(versions, "version")}`;
  return failed === 0 ? "nothing new: all of it was stored already" : "nothing new was stored";
}

function bytesText({ stateBytes, messageBytes }: SessionStats): string {
  return `${countText(stateBytes)} of states, ${countText(messageBytes)} of messages`;
}

function bytesOf({ stored }: ImportSummary): number {
  return stored.stateBytes + stored.messageBytes;
}

function ratioOf(summary: ImportSummary): number {
  return bytesOf(summary) === 0 ? 0 : summary.snapshotBytes / bytesOf(summary);
}

function ratioText(summary: ImportSummary): string {
  return ratioOf(summary).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function roundedRatio(summary: ImportSummary): number {
  return Math.round(100 * ratioOf(summary)) / 100;
}
