import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** How a run of the program ended. */
export interface CliResult {
  /** Null: it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is run. */
export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Called when the process was started; `kill` ends it like `kill -9`. */
  readonly onStart?: (kill: () => void) => void;
  /** Called with all that stderr holds so far. */
  readonly onStderr?: (stderr: string, kill: () => void) => void;
}

/** Runs the program from its source, as a process of its own. */
export function agenity(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "src/cli/main.ts"), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  const kill = (): void => void child.kill("SIGKILL");
  options.onStart?.(kill);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    options.onStderr?.(stderr, kill);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/** A temporary folder and how to remove it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "agenity-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
