import { breakRules, type Broken, type Rule } from "./rules.ts";

/** What can go wrong beyond commands that are late or lost, processes that die, and a log that is evicted: those always can. */
export type FaultKind = "head evicted" | "emptied" | "failover" | "clock set back" | "tail lost";

/**
 * What a process may do, in letters: `r` read through the cache, `w` write by compare-and-swap, `o` overwrite, `d` delete. With `m` it
 * remembers: it keeps a near copy and a floor. One without memory stands for any number of them, each of its operations for another one's first.
 */
type Abilities = string;

/** How large a world is explored. Times are in ticks. */
export interface Configuration {
  /** The processes; those with the same abilities are interchangeable. */
  readonly processes: readonly Abilities[];
  /** How many writes may begin. */
  readonly writes: number;
  /** T: for how long a log is trusted. */
  readonly trustTicks: number;
  /** For how long a statement may be under way, as far as its mark is concerned. */
  readonly statementTicks: number;
  /** How many commands can wait in sockets; more of them are lost. */
  readonly inFlight: number;
  /** How often a reader may have to ask PostgreSQL. */
  readonly looks: number;
  /** How many faults may happen. */
  readonly faults: number;
  /** Which ones. */
  readonly faultKinds: readonly FaultKind[];
  /** Whether the clients learn replication ids. */
  readonly hasReplicationIds: boolean;
  /** Whether processes may forget floors early, and keep the one number instead. */
  readonly forgetsEarly: boolean;
  /** How long a floor lives; T if it is not given. */
  readonly floorTicks?: number;
  /** What a floor's life counts from. The first keeps a floor for as long as there is a near copy. */
  readonly floorsLiveFrom: "eviction" | "answer";
  /** `cacheTtl`: how long the keys live after the last command; for ever if it is not given. */
  readonly keyTicks?: number;
  /** Whether the thread exists when it begins. */
  readonly exists: boolean;
}

/** As often as it likes. */
export const UNLIMITED = 99;

/** A configuration, the rules that are broken in it, and what follows from both. */
export interface World extends Configuration {
  /** The rules that do not hold here. */
  readonly broken: Broken;
  /** An `until` that will grant nothing any more, though Redis's clock may still be set back. */
  readonly distrusted: number;
  /** A time that is too long ago to matter. */
  readonly longAgo: number;
  /** How long a floor lives. */
  readonly floorTicks: number;
}

/** A world in which some rules are broken. */
export function worldOf(configuration: Configuration, brokenRules: readonly Rule[]): World {
  const broken = breakRules(brokenRules);
  const { trustTicks, faultKinds } = configuration;
  const clockSlack = (["failover", "clock set back"] as const).filter((kind) => faultKinds.includes(kind)).length;
  const floorTicks = broken.floorsForT ? trustTicks : (configuration.floorTicks ?? trustTicks);
  const { keyTicks } = configuration;
  const keys = keyTicks === undefined ? {} : { keyTicks: broken.shortLife ? trustTicks - 1 : keyTicks };
  return {
    ...configuration,
    ...keys,
    broken,
    distrusted: 0 - clockSlack,
    longAgo: -trustTicks - clockSlack,
    floorTicks,
  };
}
