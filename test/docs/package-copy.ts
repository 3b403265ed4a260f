import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./pages.ts";

const execute = promisify(execFile);

/** The compiler. */
export const compiler: string = join(root, "node_modules/.bin/tsc");

/** What a program printed, and how it ended. */
interface Ended {
  /** The exit status. */
  readonly status: number;
  /** Output and errors. */
  readonly output: string;
}

/** A folder that looks like this package, so that what is built and written for a test disturbs nobody. */
export interface PackageCopy {
  /** Where it is. */
  readonly folder: string;
  /** Builds the package in it. @throws Error with what the compiler said */
  build(): Promise<void>;
  /** Runs a program in it, to its end. */
  run(program: string, programArguments: readonly string[]): Promise<Ended>;
  /** Removes it. */
  remove(): void;
}

/** Copies the package's description and its examples; packages that are installed are shared. */
export function copyPackage(): PackageCopy {
  const folder = mkdtempSync(join(tmpdir(), "agenity-docs-"));
  for (const name of ["package.json", "examples"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const run: PackageCopy["run"] = async (program, programArguments) => {
    try {
      const { stdout, stderr } = await execute(program, programArguments, { cwd: folder });
      return { status: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code !== "number") throw error;
      return { status: code, output: `${stdout}${stderr}` };
    }
  };
  return {
    folder,
    async build() {
      const { status, output } = await run(compiler, ["-p", join(root, "tsconfig.build.json"), "--outDir", "dist"]);
      if (status !== 0) throw new Error(output);
    },
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
