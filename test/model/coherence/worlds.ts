import { UNLIMITED, type Configuration } from "./configuration.ts";

/** Two sizes of each world: the small ones are explored in every run of the tests, the large ones take an hour or more. */
export type Size = "small" | "large";

interface NamedWorld {
  readonly large: Configuration;
  /** What is smaller in the small one. */
  readonly small: Partial<Configuration>;
}

const usual = {
  trustTicks: 2,
  statementTicks: 1,
  inFlight: 2,
  looks: 3,
  faults: 0,
  faultKinds: [],
  hasReplicationIds: true,
  forgetsEarly: false,
  floorsLiveFrom: "eviction",
  exists: true,
} as const satisfies Partial<Configuration>;

const tailLost = { ...usual, faults: 1, faultKinds: ["tail lost"] } as const;
const failover = { ...usual, faults: 1, faultKinds: ["failover"] } as const;

const named = {
  /** A writer that remembers, and a reader. */
  usual: { large: { ...usual, processes: ["rwm", "r"], writes: 1 }, small: { looks: 2 } },
  /** There is no thread yet. */
  absent: { large: { ...usual, processes: ["rwm", "r"], writes: 1, exists: false }, small: { looks: 2 } },
  redis: {
    large: {
      ...usual,
      processes: ["r", "o"],
      writes: 1,
      looks: UNLIMITED,
      faults: 1,
      faultKinds: ["head evicted", "emptied", "clock set back"],
    },
    small: { looks: 1 },
  },
  failover: { large: { ...failover, processes: ["r", "o"], writes: 1 }, small: { looks: 1 } },
  /** Replication ids are forbidden: a failover costs T (and the new server's clock) instead of nothing. */
  blind: {
    large: { ...failover, processes: ["r", "o"], writes: 1, looks: 2, hasReplicationIds: false },
    small: { looks: 1 },
  },
  tail: { large: { ...tailLost, processes: ["rm", "o"], writes: 1 }, small: { looks: 2 } },
  /** A lost version, and another one with its number. */
  fork: { large: { ...tailLost, processes: ["r", "w"], writes: 2, looks: 2 }, small: { looks: 1, trustTicks: 1 } },
  /** Two writers, with their marks and orders. */
  race: { large: { ...usual, processes: ["r", "o", "o"], writes: 2, looks: 2 }, small: { looks: 1, trustTicks: 1 } },
  delete: {
    large: { ...usual, processes: ["r", "od"], writes: 2 },
    small: { looks: 2, inFlight: 1, trustTicks: 1 },
  },
  /** Both keys expire, T after the last command at the earliest. */
  expiry: {
    large: { ...usual, processes: ["r", "o"], writes: 1, looks: UNLIMITED, keyTicks: 2 },
    small: { looks: 2 },
  },
  /** Floors are forgotten early, with the one number instead. */
  floors: { large: { ...usual, processes: ["rwm", "r"], writes: 1, forgetsEarly: true }, small: { looks: 2 } },
  /** Floors live for T after the last answer only. */
  answered: { large: { ...usual, processes: ["rwm", "r"], writes: 1, floorsLiveFrom: "answer" }, small: { looks: 2 } },
  append: { large: { ...usual, processes: ["r", "w"], writes: 2 }, small: { looks: 2, inFlight: 1 } },
  /** Two readers and a lost tail: which of them may make the stamp fall. */
  seen: {
    large: { ...tailLost, processes: ["r", "r", "w"], writes: 2 },
    small: { looks: 2, inFlight: 1, trustTicks: 1 },
  },
  /** Redis's clock is set back by d: floors must live T + d. */
  setBack: {
    large: { ...usual, processes: ["rm", "o"], writes: 1, faults: 1, faultKinds: ["clock set back"], floorTicks: 3 },
    small: { looks: 2, inFlight: 1, trustTicks: 1, floorTicks: 2 },
  },
  two: { large: { ...usual, processes: ["rwm", "rm"], writes: 1 }, small: { looks: 2, inFlight: 1 } },
  /** Three writes and a lost tail, for a violation that needs them; too large to be explored to its end. */
  chain: {
    large: { ...tailLost, processes: ["rm", "w"], writes: 3, looks: 2 },
    small: { looks: 1, inFlight: 1, trustTicks: 1, statementTicks: 0 },
  },
  /** The same for a writer that remembers. */
  cas: {
    large: { ...tailLost, processes: ["rwm", "o"], writes: 3, looks: 2, inFlight: 1 },
    small: { trustTicks: 1, statementTicks: 0 },
  },
} as const satisfies Record<string, NamedWorld>;

/** The name of a world. */
export type WorldName = keyof typeof named;

/** The worlds that are small enough to be explored to their end. */
export const exploredWorlds = (Object.keys(named) as WorldName[]).filter((name) => name !== "chain" && name !== "cas");

/** A world in one of its sizes. */
export function configurationOf(name: WorldName, size: Size): Configuration {
  const { large, small }: NamedWorld = named[name];
  return size === "large" ? large : { ...large, ...small };
}
