import type { LeaseRequest, ThreadPatch, ThreadQuery, ThreadRow, Turn } from "../cold-store.ts";
import { containsJson } from "./json-containment.ts";

/** A thread's own fields: what it is called, which run wrote it last, and when. */
export class MemoryThreadFields {
  readonly #createdAtMs: number;
  #updatedAtMs: number;
  #name: string | null = null;
  #nameSearch = "";
  #runId: string | null = null;
  /** The run that was asked to stop; empty: whichever runs; null: none was. */
  #stopRunId: string | null = null;
  #lease: { readonly token: string; readonly untilMs: number } | null = null;
  readonly #metadata = new Map<string, string>();
  readonly #metadataSearch = new Map<string, string>();

  /**
   * @param createdAtMs - when the thread is made, in milliseconds since 1970; its last write as well until there is another
   * @param source - whose name, metadata and run to copy
   */
  constructor(createdAtMs: number, source?: MemoryThreadFields) {
    this.#createdAtMs = createdAtMs;
    this.#updatedAtMs = createdAtMs;
    if (source === undefined) return;
    this.#name = source.#name;
    this.#nameSearch = source.#nameSearch;
    this.#runId = source.#runId;
    this.#metadata = new Map(source.#metadata);
    this.#metadataSearch = new Map(source.#metadataSearch);
  }

  /** When anything of the thread was last written, in milliseconds since 1970. */
  get updatedAtMs(): number {
    return this.#updatedAtMs;
  }

  /** Something of the thread was written. */
  touch(nowMs: number): void {
    this.#updatedAtMs = nowMs;
  }

  /** Takes what a turn brings. */
  apply({ thread, runId }: Turn, nowMs: number): void {
    this.touch(thread?.updatedAtMs ?? nowMs);
    // The patch's null removes the run, the turn's null leaves it: `??` would take one for the other.
    this.#endStop(thread?.runId ?? runId);
    if (thread?.runId !== undefined) this.#runId = thread.runId;
    else if (runId !== null) this.#runId = runId;
    if (thread !== null) this.#patch(thread);
  }

  /** Whether a lease is held; null: none is needed. */
  holdsLease(lease: string | null, nowMs: number): boolean {
    return lease === null || (this.#lease?.token === lease && this.#lease.untilMs > nowMs);
  }

  /** Begins a run and takes the lease for it; answers for how many milliseconds somebody else has it; 0: nobody. */
  acquireLease({ runId, lease, ttlMs }: LeaseRequest, nowMs: number): number {
    const restMs = this.#lease === null || this.#lease.token === lease ? 0 : this.#lease.untilMs - nowMs;
    if (restMs > 0) return restMs;
    this.touch(nowMs);
    this.#endStop(runId);
    this.#runId = runId;
    this.#lease = { token: lease, untilMs: nowMs + ttlMs };
    return 0;
  }

  /** Has a lease last for so long from now, in milliseconds; false: it is not held. */
  renewLease(lease: string, ttlMs: number, nowMs: number): boolean {
    if (!this.holdsLease(lease, nowMs)) return false;
    this.#lease = { token: lease, untilMs: nowMs + ttlMs };
    return true;
  }

  /** Asks a run to stop; null: the one that wrote last. */
  requestStop(runId: string | null): void {
    this.#stopRunId = runId ?? this.#runId ?? "";
  }

  /** Whether a run was asked to stop; null: any. */
  isStopRequested(runId: string | null): boolean {
    return this.#stopRunId !== null && (runId === null || this.#stopRunId === "" || this.#stopRunId === runId);
  }

  /** Another run begins: what the one before was asked is over. */
  #endStop(runId: string | null): void {
    if (runId !== null && runId !== this.#runId && runId !== this.#stopRunId) this.#stopRunId = null;
  }

  #patch(patch: ThreadPatch): void {
    if (patch.threadName !== undefined) {
      this.#name = patch.threadName;
      this.#nameSearch = patch.threadName === null ? "" : patch.nameSearch;
    }
    for (const key of patch.removedMetadata) {
      this.#metadata.delete(key);
      this.#metadataSearch.delete(key);
    }
    for (const [key, value] of Object.entries(patch.metadata)) this.#metadata.set(key, value);
    for (const [key, text] of Object.entries(patch.metadataSearch)) this.#metadataSearch.set(key, text);
  }

  /** Whether the thread is among those that a query looks for; cursors aside. */
  matches({ search, metadata }: ThreadQuery): boolean {
    if (search !== null && !this.#isFoundBy(search)) return false;
    return metadata === null || containsJson(JSON.parse(this.#metadataText()), JSON.parse(metadata));
  }

  #isFoundBy(text: string): boolean {
    return this.#nameSearch.includes(text) || [...this.#metadataSearch.values()].some((value) => value.includes(text));
  }

  /** The fields as lists tell them. */
  toRow(): Omit<ThreadRow, "threadId" | "userId"> {
    return {
      threadName: this.#name,
      metadata: this.#metadataText(),
      runId: this.#runId,
      createdAtMs: this.#createdAtMs,
      updatedAtMs: this.#updatedAtMs,
    };
  }

  /** Joined as text, so that no key can collide with what an object inherits. */
  #metadataText(): string {
    return `{${Array.from(this.#metadata, ([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
  }
}
