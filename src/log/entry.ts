/** A key that is no longer there, a key's new value, or what changed in an array. Values are captured, not yet encoded. */
export interface Delta {
  /** Top-level keys with their new values. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Top-level keys that are gone. */
  readonly remove?: readonly string[];
  /** Top-level arrays that changed in one place. */
  readonly splice?: Readonly<Record<string, Splice>>;
}

/** One change of an array: at `at`, `remove` items give way to `items`. An append has `at` = the old length and `remove` = 0. */
export interface Splice {
  /** Where, from 0. */
  readonly at: number;
  /** How many items go. */
  readonly remove: number;
  /** What comes in their place. */
  readonly items: readonly unknown[];
}

/** A state as the log sees it: top-level keys and captured values. */
export type LogState = Record<string, unknown>;

/** What one version is, in memory. */
export type Entry =
  | { readonly kind: "delta"; readonly delta: Delta }
  | { readonly kind: "snapshot"; readonly state: LogState }
  | { readonly kind: "clear" };

/** The three kinds of entries. A chain begins with a snapshot or a clear. */
export type EntryKind = "delta" | "snapshot" | "clear";

/** What one version is, as a store keeps it. */
export interface StoredEntry {
  /** What `body` holds. */
  readonly kind: EntryKind;
  /** JSON text: a delta or a state, encoded; null for a clear. */
  readonly body: string | null;
}
