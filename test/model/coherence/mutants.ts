import type { Rule } from "./rules.ts";
import type { WorldName } from "./worlds.ts";

/** Rules that are broken, and how that shows. */
export interface Mutant {
  readonly broken: readonly Rule[];
  /** The world in which it shows. */
  readonly world: WorldName;
  /** The guarantee that is violated first. */
  readonly guarantee: "P1" | "P2" | "P3" | "P4" | "P5" | "Z";
  /** In how many steps. */
  readonly steps: number;
  /** In how many in the large world, where that is another number: it has shorter ways, or more ticks to wait for. */
  readonly stepsInLarge?: number;
}

/** What each rule is for. */
export const mutants: readonly Mutant[] = [
  { broken: ["lifeFromExecution"], world: "redis", guarantee: "Z", steps: 8 },
  { broken: ["r0Late"], world: "redis", guarantee: "Z", steps: 9 },
  { broken: ["headDiesWithTrust"], world: "redis", guarantee: "Z", steps: 10 },
  { broken: ["stampFalls"], world: "redis", guarantee: "Z", steps: 8 },
  { broken: ["noMark"], world: "redis", guarantee: "Z", steps: 7 },
  { broken: ["markByNow"], world: "redis", guarantee: "Z", steps: 8 },
  { broken: ["markReplaces"], world: "race", guarantee: "Z", steps: 9 },
  { broken: ["unmarkAny"], world: "race", guarantee: "Z", steps: 7 },
  { broken: ["noBy"], world: "failover", guarantee: "Z", steps: 9 },
  { broken: ["byAtSend"], world: "failover", guarantee: "P1", steps: 10 },
  { broken: ["untilRaised"], world: "tail", guarantee: "P1", steps: 11 },
  { broken: ["noFloors"], world: "floors", guarantee: "P3", steps: 7 },
  { broken: ["floorsWithNear"], world: "usual", guarantee: "P3", steps: 7 },
  { broken: ["noEarlyRule"], world: "floors", guarantee: "P3", steps: 8 },
  { broken: ["earlyLow"], world: "floors", guarantee: "P3", steps: 8 },
  { broken: ["incarnation"], world: "delete", guarantee: "P4", steps: 9, stepsInLarge: 8 },
  { broken: ["noTombstone"], world: "delete", guarantee: "P4", steps: 7, stepsInLarge: 6 },
  { broken: ["acrossIncarnations"], world: "delete", guarantee: "P5", steps: 10, stepsInLarge: 11 },
  { broken: ["emptyTrusted"], world: "tail", guarantee: "Z", steps: 7 },
  { broken: ["noChainCheck"], world: "chain", guarantee: "P2", steps: 14, stepsInLarge: 13 },
  { broken: ["casByVersion"], world: "cas", guarantee: "P2", steps: 11 },
  { broken: ["noAppendCheck"], world: "append", guarantee: "P5", steps: 10 },
  { broken: ["resultAtLeast"], world: "tail", guarantee: "P1", steps: 12 },
  { broken: ["floorsNotCompared"], world: "tail", guarantee: "P3", steps: 8 },
  { broken: ["noException"], world: "tail", guarantee: "P5", steps: 6 },
  { broken: ["noSeen"], world: "fork", guarantee: "Z", steps: 12 },
  { broken: ["keepFork", "exceptionBelow"], world: "fork", guarantee: "P5", steps: 8 },
  { broken: ["markNoLife"], world: "expiry", guarantee: "Z", steps: 8 },
  { broken: ["shortLife"], world: "expiry", guarantee: "Z", steps: 9 },
  { broken: ["floorsForT"], world: "setBack", guarantee: "P3", steps: 12, stepsInLarge: 13 },
];

/** Rules that are for economy only: nothing is violated without them, though of the last two one must stay. */
export const economies: readonly Pick<Mutant, "broken" | "world">[] = [
  { broken: ["noUpper"], world: "redis" },
  { broken: ["noUnmark"], world: "delete" },
  { broken: ["keepFork"], world: "fork" },
  { broken: ["exceptionBelow"], world: "fork" },
];
