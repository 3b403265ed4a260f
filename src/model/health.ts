/** How a checkpointer is. */
export interface Health {
  /** The database, asked just now. */
  readonly database: {
    /** Whether it answered. */
    readonly isAvailable: boolean;
    /** The `code` of the error that came instead; null: it answered. */
    readonly errorCode: string | null;
  };
  /** The hot layer, as this process has seen it; null: there is none. */
  readonly hotLayer: HotLayerHealth | null;
}

/** How the hot layer is. Counts are of this process, since the checkpointer was made. */
export interface HotLayerHealth {
  /** Whether it is used at present; false: it failed several times in a row, and everything goes to the database until it is back. */
  readonly isOpen: boolean;
  /** Threads with drafts of this process that are not known to be committed. */
  readonly pendingDraftCount: number;
  /** Commands that failed. */
  readonly failureCount: number;
  /** Entries that were damaged, or somebody else's, and were dropped. */
  readonly damagedCount: number;
  /** Flushes of drafts that failed; they are tried again. Drafts of which nothing can be made count once. */
  readonly flushFailureCount: number;
  /** Times that drafts were saved as a thread of their own, because somebody else had built on what they stand on, or it was lost. */
  readonly draftConflictCount: number;
  /** Times that the database was found to have lost what it had acknowledged. */
  readonly rollbackCount: number;
}
