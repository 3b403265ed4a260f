// Answers the bench's questions. What only the bench needs is a package of its own, which is installed first where it is not there.
// Usage: npm run bench [-- QUESTION …]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = join(root, "bench");

const installed = existsSync(join(bench, "node_modules")) || run("npm", ["ci", "--no-audit", "--no-fund"], bench) === 0;
process.exitCode = installed
  ? run(join(root, "node_modules/.bin/tsx"), ["bench/run.ts", ...process.argv.slice(2)], root)
  : 1;

function run(program, args, cwd) {
  return spawnSync(program, args, { cwd, stdio: "inherit" }).status ?? 1;
}
