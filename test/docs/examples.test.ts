import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PackageCopy, compiler, copyPackage } from "./package-copy.ts";
import { modulesOf } from "./page-modules.ts";
import { allPages, page, root } from "./pages.ts";

let copy: PackageCopy;

beforeAll(() => {
  copy = copyPackage();
});

afterAll(() => copy.remove());

describe("the examples in the documentation compile", () => {
  const modules = allPages().flatMap((each) =>
    modulesOf(each).map((text, index) => ({ path: each.path, text, file: fileName(each.path, index + 1) })),
  );
  let faults: string[];

  beforeAll(async () => {
    for (const { file, text } of modules) writeFileSync(join(copy.folder, file), text);
    writeFileSync(join(copy.folder, "tsconfig.json"), JSON.stringify(compilerSettings));
    const { output } = await copy.run(compiler, ["-p", "tsconfig.json"]);
    faults = output.split("\n").filter((line) => line.trim() !== "");
  }, 300_000);

  test.each(modules)("$path, line by line as in $file", ({ file }) => {
    expect(faults.filter((fault) => fault.startsWith(`${file}(`))).toEqual([]);
  });

  test("and the compiler has nothing else to say", () => {
    expect(modules.length).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });
});

// Each start of an embedded database takes seconds, and a test that shares the machine may wait for many of them.
describe("the programs in examples/ run", { timeout: 300_000 }, () => {
  beforeAll(() => copy.build(), 300_000);

  test("quickstart.mjs remembers, the second time, what was said the first time", async () => {
    const quickstart = (): Promise<unknown> => copy.run(process.execPath, ["examples/quickstart.mjs", "./quickstart"]);
    const first = ["user: Where were we?", "assistant: At message 1, in Lisbon."];
    const second = ["user: Where were we?", "assistant: At message 3, in Lisbon."];
    expect(await quickstart()).toEqual({ status: 0, output: lines("I remember 0 messages.", ...first) });
    expect(await quickstart()).toEqual({ status: 0, output: lines("I remember 2 messages.", ...first, ...second) });
  });

  test("the README shows quickstart.mjs as it is", () => {
    const text = readFileSync(join(root, "examples/quickstart.mjs"), "utf8");
    expect(page("README.md").text).toContain(`\`\`\`js\n${text}\`\`\`\n`);
  });

  test("demo.mjs tells its story to the end", async () => {
    const { status, output } = await copy.run(process.execPath, ["examples/demo.mjs"]);
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toContain("9 imported, 0 continued, 0 already stored, 0 failed");
    expect(output).toContain("0 imported, 0 continued, 9 already stored, 0 failed");
    expect(output).toContain("stored as version 7, 15 messages");
    expect(output).toContain("forked bakery-birthday-cake into bakery-what-if: version 2, 5 messages");
  });
});

/** As the source is checked, with the package's name leading to the source; an example may name what it does not use. */
const compilerSettings = {
  extends: join(root, "tsconfig.json"),
  compilerOptions: {
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: {
      agenity: [join(root, "src/index.ts")],
      "agenity/conformance": [join(root, "src/conformance/index.ts")],
    },
  },
  include: ["*.ts"],
};

function fileName(path: string, number: number): string {
  return `${path.replaceAll("/", "~")}.${number}.ts`;
}

function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
