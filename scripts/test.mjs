// Runs all tests and says how many passed and failed. Nothing that went wrong beside them, and no empty run, counts as success.
// Usage: node scripts/test.mjs [whatever vitest takes]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "agenity-test-"));
const report = join(folder, "report.json");

try {
  const status = runVitest();
  const { passed, failed, skipped } = count(status);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runVitest() {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const args = [vitest, "run", ...reporters, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status;
}

/** Whatever made vitest itself fail without a failed test (an error outside tests, types, a server) counts as one failure. */
function count(status) {
  const results = readReport();
  if (results === undefined) return failure("vitest left no report", { passed: 0, skipped: 0 });
  const passed = results.numPassedTests;
  const skipped = results.numPendingTests + results.numTodoTests;
  // A file that could not be loaded holds no failed test.
  const brokenFiles = results.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every(isFine),
  );
  const failed = results.numFailedTests + brokenFiles.length;
  if (failed > 0) return { passed, failed, skipped };
  if (status !== 0) return failure(`vitest ended with ${status}, though no test failed`, { passed, skipped });
  if (passed === 0) return failure("no tests ran", { passed, skipped });
  return { passed, failed, skipped };
}

function isFine({ status }) {
  return status !== "failed";
}

function failure(reason, counts) {
  console.log(reason);
  return { ...counts, failed: 1 };
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined; // there is none, or it is half written: vitest did not come to its end
  }
}
