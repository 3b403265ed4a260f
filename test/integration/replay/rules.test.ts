import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules as coherenceRules } from "../../model/coherence/rules.ts";
import { rules as draftsRules } from "../../model/drafts/rules.ts";

// The tests of this folder play what the models find when a rule is broken, step by step, and are named by the rules: what happens there
// must not happen in the code.

/** Rules whose counterexamples are not played, and why. */
const notReplayed: Readonly<Record<string, string>> = {
  earlyLow: "two moments would have to fall on the same microsecond of Redis's clock",
  floorsForT: "Redis's clock would have to be set back, which it takes from the system",
  noUpper: "it is for economy only: there is no counterexample",
  noUnmark: "it is for economy only: there is no counterexample",
};

/** Rules of designs for drafts that were not taken; their counterexamples are schedules like any other. */
const notTaken = ["noList", "order", "ownDiscardAny"];

function replayedRules(): string[] {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  const sources = files.map((name) => readFileSync(new URL(name, folder), "utf8"));
  const titles = sources.flatMap((source) => [...source.matchAll(/^test\(\s*"(\w+(?:, \w+)*): /gm)]);
  return titles.flatMap(([, names = ""]) => names.split(", "));
}

test("every rule of the models is replayed, or it is said why not", () => {
  const replayed = new Set(replayedRules());
  const known = new Set([...Object.keys(coherenceRules), ...Object.keys(draftsRules), ...notTaken]);
  const missing = [...known].filter((rule) => !replayed.has(rule) && !(rule in notReplayed));
  const unknown = [...replayed, ...Object.keys(notReplayed)].filter((rule) => !known.has(rule));
  expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
});
