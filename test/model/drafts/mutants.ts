import type { configurations } from "./configuration.ts";
import type { Rule } from "./rules.ts";

/** A rule that is broken, and how that shows. */
export interface Mutant {
  readonly broken: Rule;
  /** The world in which it shows. */
  readonly world: keyof typeof configurations;
  /** In how many steps, at least. */
  readonly steps: number;
  /** What is violated. */
  readonly violation: RegExp;
}

const isLost = /^draft a\d is lost$/;
const wasRefused = /was told ConflictError, but a\d is in the history$/;
const isHidden = /nobody will find it$/;

/** What each rule is for. */
export const mutants: readonly Mutant[] = [
  { broken: "noBase", world: "foreign", steps: 7, violation: /version 1 is not older and does not contain it$/ },
  { broken: "noRepeat", world: "foreign", steps: 9, violation: wasRefused },
  { broken: "behind", world: "foreign", steps: 16, violation: wasRefused },
  { broken: "atOnce", world: "failover", steps: 13, violation: wasRefused },
  { broken: "noCas", world: "foreign", steps: 10, violation: /a write that was not based on its predecessor$/ },
  { broken: "headOnly", world: "foreign", steps: 11, violation: /in the history and in a fork$/ },
  { broken: "advanceDrops", world: "foreign", steps: 9, violation: isLost },
  { broken: "replaceDrops", world: "foreign", steps: 13, violation: isLost },
  { broken: "dropKeeps", world: "deleteOne", steps: 4, violation: /no flusher can ever empty the drafts/ },
  { broken: "stampIsEnd", world: "foreign", steps: 9, violation: isHidden },
  { broken: "pastStamp", world: "foreign", steps: 14, violation: /the draft is unreadable$/ },
  { broken: "trustLonger", world: "foreign", steps: 11, violation: /^a reader folds o,g,a2$/ },
  { broken: "discardAny", world: "foreign", steps: 14, violation: isLost },
  { broken: "discardFirst", world: "foreign", steps: 10, violation: isLost },
  { broken: "forkByLast", world: "foreign", steps: 15, violation: /in two forks$/ },
  { broken: "forkAppends", world: "foreign", steps: 13, violation: /^the fork a1,a1 is a mixture$/ },
  { broken: "dirtyApart", world: "foreign", steps: 4, violation: isHidden },
  { broken: "dirtyChecked", world: "foreign", steps: 4, violation: isHidden },
  { broken: "evictDrafts", world: "evict", steps: 4, violation: isLost },
  { broken: "forkDeleted", world: "delete", steps: 11, violation: /the deleted thread comes back as a fork/ },
];
