// The compiler writes plain files; the program among them is meant to be run.
import { chmodSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const shebang = "#!/usr/bin/env node";

if (readFileSync(program, "utf8").startsWith(`${shebang}\n`)) {
  chmodSync(program, 0o755);
} else {
  console.error(`dist/cli/main.js does not begin with "${shebang}"`);
  process.exitCode = 1;
}
