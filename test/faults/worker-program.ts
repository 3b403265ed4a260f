import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL("worker.ts", import.meta.url));

/** Beside the packages that it needs, which are found from there. */
const folder = fileURLToPath(new URL("../../node_modules/.cache/agenity-torture/", import.meta.url));

/**
 * Builds the workers' program; answers its path, which is to be removed. A worker is killed and started again all the time: one that compiles itself first takes longer
 * to start than to be killed.
 */
export async function buildWorkerProgram(): Promise<string> {
  const outfile = `${folder}worker-${process.pid}.mjs`;
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
  });
  return outfile;
}
