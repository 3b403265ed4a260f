import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { AuditedThread, History } from "./history.ts";
import { Report } from "./report.ts";
import { runRound } from "./round.ts";

const LENGTH_MS = 60_000;

type Corruption = (versions: AuditedThread["versions"]) => AuditedThread["versions"];

/** What must be found in a real history too. */
const corruptions: Readonly<Record<string, Corruption>> = {
  "the newest version is lost": (versions) => versions.slice(0, -1),
  "a version is missing": (versions) => versions.toSpliced(versions.length >> 1, 1),
  "two writes have changed places": (versions) =>
    versions.map(({ version }, index) => ({ version, write: versions[index ^ 1]?.write })),
  "a write is there twice": (versions) =>
    versions.map((each, index) => (index === 0 ? each : { ...each, write: versions[index - 1]?.write })),
};

/** A history with another end of the thread that has the most versions. */
function corrupted(history: History, corrupt: Corruption): History {
  const [longest, ...others] = history.threads.toSorted((one, other) => other.versions.length - one.versions.length);
  if (longest === undefined) throw new Error("nothing was written");
  return { ...history, threads: [{ ...longest, versions: corrupt(longest.versions) }, ...others] };
}

test("a minute of faults under load: every promise is kept", { timeout: 600_000 }, async () => {
  const round = await runRound(randomInt(1_000_000), LENGTH_MS);
  const told = new Report(LENGTH_MS);
  told.add(round);
  const report = told.text;
  console.log(report);
  expect(round.violations, report).toEqual([]);
  expect(round.history.faults.length, report).toBeGreaterThanOrEqual(100);
  for (const [what, corrupt] of Object.entries(corruptions)) {
    expect(checkHistory(corrupted(round.history, corrupt)), what).not.toEqual([]);
  }
});
