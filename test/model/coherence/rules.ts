/** What is broken when a rule of the protocol does not hold, for each rule that the model can do without. */
export const rules = {
  lifeFromExecution: "trust is counted from the execution of a command, not from r0",
  r0Late: "r0 is taken when a command is sent, not before the knowledge was gained",
  headDiesWithTrust: "the stamp is forgotten when trust has ended",
  stampFalls: "an older stamp is stored over a newer one",
  noMark: "readers do not heed a mark",
  markByNow: "trust that was granted before a mark's deadline counts again after it",
  markReplaces: "a second mark makes a first one's deadline forgotten when it is cleared",
  unmarkAny: "any write ends a mark, also another one's",
  noBy: "trust is taken from a server that did not grant it",
  byAtSend: "`by` is the replication id of the connection that sends a command, not of the one that brought its r0",
  untilRaised: "a new stamp raises `until`, instead of setting it",
  noFloors: "a reader does not compare with its floor",
  floorsWithNear: "a floor is forgotten with the near copy",
  noEarlyRule: "without a floor there is no condition for trust",
  earlyLow: "trust needs to be as late as the latest early forgetting, not later",
  incarnation: "stamps are ordered by version alone",
  noTombstone: "PostgreSQL does not know of deletes",
  acrossIncarnations: "PostgreSQL's entries are appended to a log of another incarnation",
  emptyTrusted: "an empty answer is taken for the head",
  noChainCheck: "entries are folded without a look at their predecessors",
  casByVersion: "the compare-and-swap of a write is on the version alone",
  noAppendCheck: "advance appends to whatever the log ends with",
  resultAtLeast: "a result newer than the stamp is trusted",
  floorsNotCompared: "PostgreSQL's answer is not compared with the floor",
  noException: "the stamp never falls, not even when PostgreSQL has lost its tail",
  noSeen: "the stamp falls for a reader that saw another one",
  keepFork: "two stamps with one version and different write ids leave Redis as it is",
  exceptionBelow: "the exception does not hold for an equal version with another write id",
  markNoLife: "a mark does not prolong the life of the keys",
  shortLife: "the keys live shorter than T",
  floorsForT: "floors live for T, though Redis's clock can be set back",
  noUpper: "`until` has no upper limit",
  noUnmark: "a refused write does not take its mark back",
} as const;

/** A rule of the protocol that can be broken, to see what it is for. */
export type Rule = keyof typeof rules;

/** For each rule, whether it is broken. */
export type Broken = Readonly<Record<Rule, boolean>>;

/** Breaks some rules; all such objects have one shape, which makes millions of looks into them fast. */
export function breakRules(broken: readonly Rule[]): Broken {
  const names = Object.keys(rules) as Rule[];
  return Object.fromEntries(names.map((rule) => [rule, broken.includes(rule)])) as Broken;
}
