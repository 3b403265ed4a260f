/** How large a world is explored. Nothing happens more often than it says. */
export interface Configuration {
  /** How many drafts writer A makes. */
  readonly draftsOfA: number;
  /** How many drafts writer B makes. */
  readonly draftsOfB: number;
  /** How many flushers there are, without a lease. */
  readonly flushers: number;
  /** Whether there is a `sync` writer that builds on drafts. */
  readonly syncWriters: 0 | 1;
  /** Whether there is a `sync` writer that knows of none. */
  readonly foreignWriters: 0 | 1;
  /** How many commands are late, or have their answer lost. */
  readonly late: number;
  /** How many times Redis evicts the head or the log. */
  readonly evictions: number;
  /** How many times a replica that lags takes over. */
  readonly failovers: number;
  /** How many times the thread is deleted. */
  readonly deletions: number;
  /** How many readers take their time between Redis and PostgreSQL. */
  readonly readers: number;
}

const nothing: Configuration = {
  draftsOfA: 0,
  draftsOfB: 0,
  flushers: 0,
  syncWriters: 0,
  foreignWriters: 0,
  late: 0,
  evictions: 0,
  failovers: 0,
  deletions: 0,
  readers: 0,
};

/** The worlds that are explored, by name. */
export const configurations = {
  pair: { ...nothing, draftsOfA: 2, flushers: 2 },
  /** The usual suspects. */
  foreign: { ...nothing, draftsOfA: 2, flushers: 2, foreignWriters: 1, late: 1 },
  sync: { ...nothing, draftsOfA: 2, flushers: 1, syncWriters: 1, late: 1 },
  syncOnTwo: { ...nothing, draftsOfA: 1, draftsOfB: 1, flushers: 2, syncWriters: 1 },
  reader: { ...nothing, draftsOfA: 2, flushers: 1, foreignWriters: 1, evictions: 1, readers: 1 },
  failover: { ...nothing, draftsOfA: 1, draftsOfB: 1, flushers: 1, late: 1, failovers: 1 },
  failoverOfPair: { ...nothing, draftsOfA: 2, flushers: 2, late: 1, failovers: 1 },
  deleteOne: { ...nothing, draftsOfA: 1, flushers: 1, late: 1, deletions: 1 },
  delete: { ...nothing, draftsOfA: 2, flushers: 2, foreignWriters: 1, late: 1, deletions: 1 },
  late: { ...nothing, draftsOfA: 2, flushers: 2, foreignWriters: 1, late: 2 },
  two: { ...nothing, draftsOfA: 1, draftsOfB: 1, flushers: 2, foreignWriters: 1, late: 1 },
  failoverOfThree: { ...nothing, draftsOfA: 2, draftsOfB: 1, flushers: 1, late: 1, failovers: 1 },
  evict: { ...nothing, draftsOfA: 2, flushers: 1, foreignWriters: 1, late: 2, evictions: 2 },
  foreignFailover: { ...nothing, draftsOfA: 1, draftsOfB: 1, flushers: 1, foreignWriters: 1, late: 1, failovers: 1 },
  gone: { ...nothing, draftsOfA: 2, flushers: 1, late: 2, evictions: 2, deletions: 1 },
  both: { ...nothing, draftsOfA: 1, flushers: 2, syncWriters: 1, foreignWriters: 1, late: 1 },
  three: { ...nothing, draftsOfA: 2, draftsOfB: 1, flushers: 1, foreignWriters: 1, late: 1 },
} as const satisfies Record<string, Configuration>;

/** The worlds that are explored in every run of the tests; the others take an hour or so. */
export const smallWorlds: readonly (keyof typeof configurations)[] = [
  "pair",
  "foreign",
  "sync",
  "syncOnTwo",
  "reader",
  "failover",
  "failoverOfPair",
  "deleteOne",
];
