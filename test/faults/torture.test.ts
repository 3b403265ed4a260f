import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { Report } from "./report.ts";
import { runRound } from "./round.ts";

const LENGTH_MS = 60_000;

test("a minute of faults under load: every promise is kept", { timeout: 600_000 }, async () => {
  const round = await runRound(randomInt(1_000_000), LENGTH_MS);
  const told = new Report(LENGTH_MS);
  told.add(round);
  const report = told.text;
  console.log(report);
  expect(round.violations, report).toEqual([]);
  expect(round.history.faults.length, report).toBeGreaterThanOrEqual(100);
});
