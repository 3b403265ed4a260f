import type { NewEntry, StatePart, TailRequest, Tail, VersionEntry, VersionQuery, VersionRow } from "../cold-store.ts";
import { containsJson } from "./json-containment.ts";

/** One version of a state, with what the thread was when it was committed. */
export interface StoredVersion extends VersionEntry {
  /** JSON text of its metadata. */
  readonly metadata: string;
  /** When it was committed, in milliseconds since 1970. */
  readonly createdAtMs: number;
  /** The thread's newest message sequence number, the messages of its own turn included: where a fork at it ends. */
  readonly lastSeq: number;
}

/** The log of one namespace's state. Version v stands at index v - 1: logs begin with version 1 and have no gaps. */
export class MemoryStateLog {
  readonly #versions: StoredVersion[];

  constructor(versions: readonly StoredVersion[] = []) {
    this.#versions = [...versions];
  }

  /** The newest version; 0: none. */
  get head(): number {
    return this.#versions.length;
  }

  /** Bytes of the entries' JSON texts. */
  get bytes(): number {
    return this.#versions.reduce((bytes, { body }) => bytes + Buffer.byteLength(body ?? ""), 0);
  }

  /** One version. */
  at(version: number): StoredVersion | undefined {
    return this.#versions[version - 1];
  }

  /** Whether a version is there and was made by this write. */
  has(version: number, writeId: string): boolean {
    return this.at(version)?.writeId === writeId;
  }

  /** Whether these very entries stand behind their base already: all of them, because a turn is written whole. */
  hasCommitted({ base, entries }: StatePart): boolean {
    const first = (base?.version ?? 0) + 1;
    return entries.every(({ writeId }, index) => this.has(first + index, writeId));
  }

  /** Writes entries behind the head. */
  append(entries: readonly NewEntry[], createdAtMs: number, lastSeq: number): void {
    for (const { kind, body, writeId, metadata } of entries) {
      this.#versions.push({ version: this.head + 1, kind, body, writeId, metadata, createdAtMs, lastSeq });
    }
  }

  /** What leads to the version asked for, or to the head where the log does not reach so far. */
  tail({ known, version }: TailRequest): Pick<Tail, "continues" | "entries"> {
    const end = Math.min(version ?? this.head, this.head);
    if (known !== null && known.version <= end && this.has(known.version, known.writeId)) {
      return { continues: true, entries: this.#versions.slice(known.version, end).map(toEntry) };
    }
    const start = this.#versions.findLastIndex((entry) => entry.version <= end && entry.kind !== "delta");
    return { continues: false, entries: start < 0 ? [] : this.#versions.slice(start, end).map(toEntry) };
  }

  /** The versions that a query asks for, newest first. */
  list({ before, limit, metadata }: VersionQuery): VersionRow[] {
    const pattern: unknown = metadata === null ? null : JSON.parse(metadata);
    const found = this.#versions
      .slice(0, Math.max(0, (before ?? Number.POSITIVE_INFINITY) - 1))
      .filter((row) => pattern === null || containsJson(JSON.parse(row.metadata), pattern));
    return found
      .reverse()
      .slice(0, limit ?? found.length)
      .map(toRow);
  }

  /** A copy of the versions up to one. */
  copyUpTo(version: number): MemoryStateLog {
    return new MemoryStateLog(this.#versions.slice(0, version));
  }

  /** A copy of the versions that were committed then or earlier. */
  copyUntil(createdAtMs: number): MemoryStateLog {
    return new MemoryStateLog(this.#versions.filter((row) => row.createdAtMs <= createdAtMs));
  }
}

function toEntry({ version, kind, body, writeId }: StoredVersion): VersionEntry {
  return { version, kind, body, writeId };
}

function toRow({ version, kind, metadata, createdAtMs }: StoredVersion): VersionRow {
  return { version, kind, metadata, createdAtMs };
}
