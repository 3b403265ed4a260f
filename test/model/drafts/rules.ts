/** What is done instead when a rule of drafts does not hold, for each rule that the model can do without. */
export const rules = {
  noBase: "draft appends whatever the last entry is",
  noRepeat: "draft does not recognise its own write id in the log",
  behind: "a log that is merely behind the base answers `conflict`",
  atOnce: "a refused writer throws ConflictError without asking PostgreSQL for its write id",
  noCas: "a flusher commits on the head, whatever the drafts were based on",
  headOnly: "a flusher looks for its write ids in the head alone, not behind it",
  advanceDrops: "advance deletes a log that does not lead to the stamp, drafts or not",
  replaceDrops: "replace overwrites a log that has drafts",
  dropKeeps: "drop leaves the drafts of a deleted thread where they are",
  stampIsEnd: "drafts are the entries numbered past the stamp (not: the last entry is not the stamp)",
  pastStamp: "a flusher reads only the entries past the stamp",
  trustLonger: "a reader trusts a log longer than the stamp without finding the stamp in it",
  discardAny: "discard deletes the log though a draft came behind w",
  discardFirst: "discard comes before the fork is saved",
  forkByLast: "a fork is named by its last draft",
  forkAppends: "saving a fork does not look for the write ids that are there already",
  dirtyApart: "dirty is written before the draft and cleared by a flusher that found none (another slot)",
  dirtyChecked: "the same, but clearing looks for drafts in the same script",
  evictDrafts: "a log with drafts is not permanent",
  forkDeleted: "the drafts of a deleted thread are saved as a fork",
} as const;

/** A rule of drafts that can be broken, to see what it is for. */
export type Rule = keyof typeof rules;

/** For each rule, whether it is broken. */
export type Broken = Readonly<Record<Rule, boolean>>;

/** Breaks some rules; all such objects have one shape, which makes millions of looks into them fast. */
export function breakRules(broken: readonly Rule[]): Broken {
  const names = Object.keys(rules) as Rule[];
  return Object.fromEntries(names.map((rule) => [rule, broken.includes(rule)])) as Broken;
}
