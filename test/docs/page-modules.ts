import type { Page } from "./pages.ts";

/** What a block may be marked with; a misspelt mark would leave an example unread. */
const marks: ReadonlySet<string> = new Set(["ts", "ts continues", "js", "json", "sql", "sh", "console", "text"]);

/**
 * The TypeScript examples of a page, as modules. A block marked `ts` begins one, a block marked `ts continues` goes on with it. All other
 * lines of the page are blank in it, so that what the compiler says of a line is said of the page's.
 *
 * @throws Error naming the line of a mark that there is not
 */
export function modulesOf({ path, text }: Page): string[] {
  const modules: string[] = [];
  for (const { index, 1: mark = "", 2: code = "" } of text.matchAll(/^```(.*)\n([^]*?)^```$/gm)) {
    const line = linesIn(text.slice(0, index)) + 1;
    if (!marks.has(mark)) throw new Error(`${path}:${line}: a block may be marked ${[...marks].join(", ")}`);
    if (mark === "ts") modules.push("");
    if (mark.startsWith("ts")) {
      const before = modules.pop() ?? "";
      modules.push(before + "\n".repeat(line - linesIn(before)) + code);
    }
  }
  return modules;
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
