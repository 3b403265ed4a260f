import type { IdKind } from "../../model/config.ts";
import type { ThreadPatch, Turn } from "../cold-store.ts";
import { LongTexts } from "./sql-driver.ts";

/** The parameters of `put-state.sql`. */
export function putStateValues(turn: Turn): readonly unknown[] {
  const base = turn.state?.base;
  const entry = turn.state?.entries[0];
  return [
    turn.threadId,
    turn.userId,
    turn.namespace,
    turn.runId,
    base?.incarnation,
    base?.version,
    base?.writeId,
    entry?.kind,
    entry?.body,
    entry?.writeId,
    entry?.metadata,
  ];
}

/** The parameters of `put-states.sql`; every turn is a plain state. */
export function putStatesValues(turns: readonly Turn[]): readonly unknown[] {
  const entries = turns.map((turn) => turn.state?.entries[0]);
  return [
    turns.map((turn) => turn.threadId),
    turns.map((turn) => turn.userId),
    turns.map((turn) => turn.namespace),
    turns.map((turn) => turn.runId),
    turns.map((turn) => turn.state?.base?.incarnation),
    turns.map((turn) => turn.state?.base?.version),
    turns.map((turn) => turn.state?.base?.writeId),
    entries.map((entry) => entry?.kind),
    new LongTexts(entries.map((entry) => entry?.body ?? null)),
    entries.map((entry) => entry?.writeId),
    entries.map((entry) => entry?.metadata),
  ];
}

/** Whether `put-state.sql` can write a turn: one version on top of another, under no lease, and nothing else. */
export function isPlainState(turn: Turn): boolean {
  const { state } = turn;
  if (state === null || state.base === null || state.entries.length !== 1) return false;
  return turn.messages.length === 0 && turn.thread === null && turn.lease === null;
}

/** The parameters of `commit-turns.sql`. */
export function commitTurnsValues(turns: readonly Turn[]): readonly unknown[] {
  return [...turnColumns(turns), ...entryColumns(turns), ...messageColumns(turns), turns.map((turn) => turn.lease)];
}

function turnColumns(turns: readonly Turn[]): unknown[] {
  return [
    turns.map((turn) => turn.threadId),
    turns.map((turn) => turn.userId),
    turns.map((turn) => turn.namespace),
    turns.map((turn) => turn.runId),
    turns.map((turn) => turn.writeId),
    turns.map((turn) => turn.state?.base?.incarnation ?? null),
    turns.map((turn) => (turn.state === null ? null : (turn.state.base?.version ?? 0))),
    turns.map((turn) => turn.state?.base?.writeId ?? null),
    turns.map((turn) => turn.messages.length),
    turns.map((turn) => (turn.thread === null ? null : patchText(turn.thread))),
  ];
}

function entryColumns(turns: readonly Turn[]): unknown[] {
  const columns: [number[], number[], string[], (string | null)[], string[], string[]] = [[], [], [], [], [], []];
  for (const [index, turn] of turns.entries()) {
    for (const [offset, entry] of (turn.state?.entries ?? []).entries()) {
      columns[0].push(index + 1);
      columns[1].push((turn.state?.base?.version ?? 0) + 1 + offset);
      columns[2].push(entry.kind);
      columns[3].push(entry.body);
      columns[4].push(entry.writeId);
      columns[5].push(entry.metadata);
    }
  }
  return (columns as unknown[]).with(3, new LongTexts(columns[3]));
}

function messageColumns(turns: readonly Turn[]): unknown[] {
  const columns: [number[], number[], string[], string[], string[], string[], (number | null)[]] = [
    [],
    [],
    [],
    [],
    [],
    [],
    [],
  ];
  for (const [index, turn] of turns.entries()) {
    for (const [place, message] of turn.messages.entries()) {
      columns[0].push(index + 1);
      columns[1].push(place);
      columns[2].push(message.messageId);
      columns[3].push(message.role);
      columns[4].push(message.body);
      columns[5].push(message.searchText);
      columns[6].push(message.sentAtMs);
    }
  }
  return (columns as unknown[]).with(4, new LongTexts(columns[4])).with(5, new LongTexts(columns[5]));
}

/** Values of metadata are JSON texts already, so the object is put together as text. */
function patchText(patch: ThreadPatch): string {
  const fields: Record<string, string> = {
    metadata: recordText(patch.metadata, (value) => value),
    metadataSearch: recordText(patch.metadataSearch, (value) => JSON.stringify(value)),
    removed: JSON.stringify(patch.removedMetadata),
    createdAtMs: JSON.stringify(patch.createdAtMs),
    updatedAtMs: JSON.stringify(patch.updatedAtMs),
    nameSearch: JSON.stringify(patch.nameSearch),
  };
  // A key that is absent leaves the column as it is; a null empties it.
  if (patch.threadName !== undefined) fields["threadName"] = JSON.stringify(patch.threadName);
  if (patch.runId !== undefined) fields["runId"] = JSON.stringify(patch.runId);
  return recordText(fields, (value) => value);
}

function recordText(record: Readonly<Record<string, string>>, textOf: (value: string) => string): string {
  const pairs = Object.keys(record).map((key) => `${JSON.stringify(key)}:${textOf(record[key] as string)}`); // own keys
  return `{${pairs.join(",")}}`;
}

/** Turns in the order of their threads, so that two statements that meet lock rows in the same order. */
export function inThreadOrder(turns: readonly Turn[], kind: IdKind): Turn[] {
  return turns.toSorted((left, right) => compareIds(left.threadId, right.threadId, kind));
}

function compareIds(left: Turn["threadId"], right: Turn["threadId"], kind: IdKind): number {
  if (kind === "string") return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
  return left < right ? -1 : Number(left > right);
}
