import { isTagged } from "../../log/value-codec.ts";
import type { EntryKind } from "../../log/entry.ts";
import type { AnyId } from "../../model/config.ts";
import { isObject } from "../../model/value.ts";
import type { HotHead, HotInstant, HotView, SeenEntry } from "../hot-log.ts";
import { textToId } from "./key-names.ts";

/** What the script `read` answers where the caller does not hold the newest. */
export interface SlowAnswer {
  /** The view; null: what is there cannot be read. */
  readonly view: HotView | null;
  /** The log's last entry, `<version> <write id>`; empty: there is none. */
  readonly last: string;
}

type Field = string | null;

const KINDS: ReadonlySet<unknown> = new Set<EntryKind>(["delta", "snapshot", "clear"]);

/** Whatever is there may be damaged, or somebody else's: nothing is taken for what it looks like. */
export function slowAnswer(reply: unknown, by: string): SlowAnswer {
  const [time, i, v, w, u, k, headBy, p, fromStart, last, ...texts] = reply as [
    ...[number, Field, Field, Field, Field, Field, Field, Field],
    ...[number, Field, ...string[]],
  ];
  // Parsed at once: each call of the parser costs more than a short entry.
  const text = `[${texts.join(",")}]`;
  const head = headOf({ i, v, w, u, k, by: headBy, p });
  const entries = entriesOf(text, texts.length);
  const at: HotInstant = { atMs: toMs(time), by };
  const isReadable = head !== undefined && entries !== null;
  return {
    view: isReadable ? { at, current: false, head, entries, fromStart: fromStart === 1, tagged: isTagged(text) } : null,
    last: last ?? "",
  };
}

/** Microseconds, as the scripts count, to milliseconds. */
export function toMs(us: number): number {
  return us / 1000;
}

/** Milliseconds to the text of microseconds. What {@link toMs} made comes back exactly. */
export function toUs(ms: number): string {
  return String(Math.min(Math.round(ms * 1000), Number.MAX_SAFE_INTEGER));
}

interface HeadFields {
  readonly i: Field;
  readonly v: Field;
  readonly w: Field;
  readonly u: Field;
  readonly k: Field;
  readonly by: Field;
  readonly p: Field;
}

/** Null: there is none, or only a mark. Undefined: it is damaged. */
function headOf({ i, v, w, u, k, by, p }: HeadFields): HotHead | null | undefined {
  if (v === null) return null;
  const [incarnation, version, pendingUs] = [numberOf(i), numberOf(v), numberOf(p ?? "0")];
  const known = knownOf(k, by);
  const owner = ownerOf(u);
  const isWhole = incarnation !== undefined && version !== undefined && pendingUs !== undefined && w !== null;
  if (!isWhole || known === undefined || owner === undefined) return undefined;
  return { stamp: { incarnation, version, writeId: w }, owner, known, pendingMs: toMs(pendingUs) };
}

function numberOf(field: Field): number | undefined {
  return field !== null && /^\d{1,16}$/.test(field) ? Number(field) : undefined;
}

/** Empty: nobody knows when, so it was never. */
function knownOf(k: Field, by: Field): HotInstant | undefined {
  if (k === "") return { atMs: Number.NEGATIVE_INFINITY, by: "" };
  const us = numberOf(k);
  return us === undefined || by === null ? undefined : { atMs: toMs(us), by };
}

/** Null: nobody. Undefined: it is no owner. */
function ownerOf(text: Field): AnyId | null | undefined {
  if (text === null || text === "") return null;
  return text.startsWith("=") ? (textToId(text.slice(1)) ?? undefined) : undefined;
}

function entriesOf(text: string, count: number): readonly SeenEntry[] | null {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return null;
  }
  // A body that does not end where its entry does could bring others with it.
  if (!Array.isArray(list) || list.length !== count) return null;
  const entries: SeenEntry[] = [];
  for (const item of list as readonly unknown[]) {
    const entry = isObject(item) ? entryOf(item as Record<string, unknown>) : null;
    if (entry === null) return null;
    entries.push(entry);
  }
  return entries;
}

function entryOf({ v, w, a, k, n, m, b }: Record<string, unknown>): SeenEntry | null {
  const isOurs = typeof v === "number" && typeof w === "string" && w !== "" && typeof a === "string" && KINDS.has(k);
  if (!isOurs || !isBodyOf(k, b) || !isWeight(n) || (m !== undefined && typeof m !== "string")) return null;
  const entry = { version: v, writeId: w, after: a, kind: k as EntryKind, json: b, bytes: n };
  return m === undefined ? entry : { ...entry, metadata: m };
}

/** A snapshot or a delta is an object; a clear has none. */
function isBodyOf(kind: unknown, body: unknown): boolean {
  return kind === "clear" ? body === null : isObject(body) && !Array.isArray(body);
}

function isWeight(bytes: unknown): bytes is number {
  return Number.isSafeInteger(bytes) && Number(bytes) >= 0;
}
