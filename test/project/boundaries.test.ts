import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const script = join(repository, "scripts/check-boundaries.mjs");
const trees: string[] = [];

afterAll(() => {
  for (const path of trees) rmSync(path, { recursive: true, force: true });
});

/** A tree in which every room holds a file, and all keep to the rules. */
const tidy: Readonly<Record<string, string>> = {
  "src/model/value.ts": "export const value = 1;",
  "src/log/entry.ts": 'export { value } from "../model/value.ts";',
  "src/stores/cold-store.ts": 'export type * from "../log/entry.ts";',
  "src/stores/memory/index.ts": 'export { value } from "../../log/entry.ts"; export type * from "../cold-store.ts";',
  "src/generated/sql.ts": "export const sql = {};",
  "src/stores/postgres/store.ts":
    'import type { Pool } from "pg"; import { sql } from "../../generated/sql.ts"; export const pool: Pool = await import("pg");',
  "src/engine/engine.ts": 'export type * from "../stores/cold-store.ts";',
  "src/environment.ts":
    'export { sql } from "./stores/postgres/store.ts"; export const pglite = import("@electric-sql/pglite");',
  "src/index.ts": 'export * from "./environment.ts"; export * from "./engine/engine.ts";',
  "src/conformance/index.ts": 'export { value } from "../index.ts";',
  "src/cli/main.ts":
    'import { Command } from "commander"; import { value } from "../index.ts"; import "./terminal.ts";',
  "src/cli/terminal.ts": 'import "cli-progress";',
};

/** What breaks a rule: the file, a line of it, and the import that the message names; null: the file itself is at fault. */
const planted = [
  ["model → log", "src/model/bad.ts", 'import "../log/entry.ts";', "../log/entry.ts"],
  ["log → engine", "src/log/bad.ts", 'import "../engine/engine.ts";', "../engine/engine.ts"],
  ["cold-store → memory", "src/stores/cold-store.ts", 'import "./memory/index.ts";', "./memory/index.ts"],
  ["memory → postgres", "src/stores/memory/bad.ts", 'import "../postgres/store.ts";', "../postgres/store.ts"],
  ["memory → generated", "src/stores/memory/bad.ts", 'import "../../generated/sql.ts";', "../../generated/sql.ts"],
  ["postgres → memory", "src/stores/postgres/bad.ts", 'import "../memory/index.ts";', "../memory/index.ts"],
  ["postgres → engine", "src/stores/postgres/bad.ts", 'import "../../engine/engine.ts";', "../../engine/engine.ts"],
  ["generated → model", "src/generated/sql.ts", 'import "../model/value.ts";', "../model/value.ts"],
  ["engine → postgres", "src/engine/bad.ts", 'import "../stores/postgres/store.ts";', "../stores/postgres/store.ts"],
  ["engine → composition", "src/engine/bad.ts", 'import "../environment.ts";', "../environment.ts"],
  ["engine → index", "src/engine/bad.ts", 'import "../index.ts";', "../index.ts"],
  ["composition → index", "src/environment.ts", 'import "./index.ts";', "./index.ts"],
  ["composition → cli", "src/environment.ts", 'import "./cli/terminal.ts";', "./cli/terminal.ts"],
  ["index → cli", "src/index.ts", 'import "./cli/terminal.ts";', "./cli/terminal.ts"],
  ["index → conformance", "src/index.ts", 'import "./conformance/index.ts";', "./conformance/index.ts"],
  ["conformance → engine", "src/conformance/bad.ts", 'import "../engine/engine.ts";', "../engine/engine.ts"],
  ["cli → model", "src/cli/bad.ts", 'import "../model/value.ts";', "../model/value.ts"],
  ["cli → conformance", "src/cli/bad.ts", 'import "../conformance/index.ts";', "../conformance/index.ts"],
  ["a type across rooms", "src/model/bad.ts", 'import type { A } from "../log/entry.ts";', "../log/entry.ts"],
  ["a type in place", "src/model/bad.ts", 'export type A = import("../log/entry.ts").A;', "../log/entry.ts"],
  ["a dynamic import across rooms", "src/model/bad.ts", 'await import("../log/entry.ts");', "../log/entry.ts"],
  ["an export from another room", "src/model/bad.ts", 'export * from "../log/entry.ts";', "../log/entry.ts"],
  ["a computed name", "src/model/bad.ts", "const path = 1; await import(path);", "./(computed)"],
  ["a file that is not there", "src/model/bad.ts", 'import "./gone.ts";', "./gone.ts"],
  ["a file outside src", "src/engine/bad.ts", 'import "../../test/x.ts";', "../../test/x.ts"],
  ["the package by its name", "src/engine/bad.ts", 'import "agenity";', "agenity"],
  ["pg as a value", "src/stores/postgres/bad.ts", 'import pg from "pg";', "pg"],
  ["pg with types among values", "src/stores/postgres/bad.ts", 'import { type Pool } from "pg";', "pg"],
  ["pg passed on as a value", "src/environment.ts", 'export { Pool } from "pg";', "pg"],
  ["pg through require", "src/environment.ts", 'require("pg");', "pg"],
  ["pg in the engine", "src/engine/bad.ts", 'import type { Pool } from "pg";', "pg"],
  [
    "a part of PGlite as a value",
    "src/environment.ts",
    'import "@electric-sql/pglite/vector";',
    "@electric-sql/pglite/vector",
  ],
  ["PGlite in the program", "src/cli/bad.ts", 'await import("@electric-sql/pglite");', "@electric-sql/pglite"],
  ["commander in the engine", "src/engine/bad.ts", 'import "commander";', "commander"],
  ["cli-progress in composition", "src/environment.ts", 'import("cli-progress");', "cli-progress"],
  ["a file in no room", "src/elsewhere.ts", "export const x = 1;", null],
  ["a folder in no room", "src/stores/redis/store.ts", "export const x = 1;", null],
] as const;

describe("check-boundaries", () => {
  test("this repository keeps to its rooms", () => {
    expect(check(repository)).toEqual({ status: 0, faults: [] });
  });

  test("a tree in which every room keeps to the rules passes", () => {
    expect(check(tree(tidy))).toEqual({ status: 0, faults: [] });
  });

  // One tree with all faults: each run of the script loads the compiler anew.
  describe("in a tree with one fault of each kind", () => {
    const files: Record<string, string> = { ...tidy, "test/x.ts": "" };
    const expected = planted.map(([kind, file, line, specifier]) => {
      files[file] = file in files ? `${files[file]}\n${line}` : line;
      const number = files[file].split("\n").length;
      const message = specifier === null ? `${file} lies in no room` : `${file}:${number} imports "${specifier}": `;
      return [kind, message] as const;
    });
    let found: CheckResult;
    beforeAll(() => {
      found = check(tree(files));
    });

    test.each(expected)("%s is refused", (_, message) => {
      expect(found.faults.filter((fault) => fault.startsWith(message))).toHaveLength(1);
    });

    test("nothing else is, and the script fails", () => {
      expect(found.faults).toHaveLength(planted.length);
      expect(found.status).toBe(1);
    });
  });

  test("a tree without files fails instead of passing unread", () => {
    for (const files of [{ "README.md": "" }, { "src/README.md": "" }]) {
      expect(check(tree(files))).toEqual({ status: 1, faults: [expect.stringContaining("no TypeScript files")] });
    }
  });
});

interface CheckResult {
  readonly status: number | null;
  readonly faults: readonly string[];
}

function check(root: string): CheckResult {
  const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  return { status, faults: stderr.split("\n").filter((line) => line !== "") };
}

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "agenity-rooms-"));
  trees.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
