// Every gate but the tests, cheap ones first. All of them run, so that one look shows everything that is wrong.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const script = (name, ...args) => [process.execPath, `scripts/${name}.mjs`, ...args];
const tool = (name, ...args) => [join(root, "node_modules/.bin", name), ...args];

const gates = [
  ["format", tool("oxfmt", "--check")],
  ["lint", tool("oxlint", "--type-aware", "--deny-warnings")],
  ["types", tool("tsc", "-p", "tsconfig.json", "--noEmit")],
  ["generated SQL", script("embed-sql", "--check")],
  ["generated Lua", script("embed-lua", "--check")],
  ["boundaries", script("check-boundaries")],
  ["unused code", tool("knip")],
  ["build", ["npm", "run", "--silent", "build"]],
  ["package", tool("publint", "--strict")],
  ["package types", tool("attw", "--pack", ".", "--profile", "esm-only")],
  ["documentation", tool("typedoc", "--treatWarningsAsErrors", "--emit", "none")],
];

const failed = gates.filter(([name, command]) => !pass(name, command)).length;
console.log(`${gates.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function pass(name, [program, ...args]) {
  const start = performance.now();
  const result = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) {
    console.log(`ok   ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    return true;
  }
  console.log(`FAIL ${name}`);
  console.log([result.error?.message, result.stdout, result.stderr].filter(Boolean).join("\n").trimEnd());
  return false;
}
