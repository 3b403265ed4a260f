import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { allPages, anchorOf, headingsOf, linksOf, page, root } from "./pages.ts";

const pages = allPages();

describe("links between pages", () => {
  test.each(pages)("of $path lead somewhere", (from) => {
    const broken = linksOf(from).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? from.path : posix.join(posix.dirname(from.path), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !headingsOf(page(target)).map(anchorOf).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("reach every page from the README", () => {
    const reached = new Set(["README.md"]);
    for (const path of reached) {
      for (const link of linksOf(page(path))) {
        const target = posix.join(posix.dirname(path), link.split("#")[0] ?? "");
        if (target.endsWith(".md")) reached.add(target);
      }
    }
    expect([...reached].toSorted()).toEqual(pages.map(({ path }) => path).toSorted());
  });
});

test("docs/errors.md has a heading for every error's code, and for no other", () => {
  const codes = [...page("src/model/errors.ts").text.matchAll(/code = "(AGENITY_\w+)"/g)].map(([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(0);
  const headings = headingsOf(page("docs/errors.md")).filter((heading) => heading.startsWith("AGENITY_"));
  expect(headings.toSorted()).toEqual(codes.toSorted());
});

test("docs/architecture.md has the glossary of src/model/index.ts, word for word", () => {
  const comment = /^ \* - \*\*[^]*?(?=^ \*$)/m.exec(page("src/model/index.ts").text)?.[0] ?? "";
  const glossary = comment.replaceAll(/^ \* ?/gm, "");
  expect(glossary.split("\n").length).toBeGreaterThan(10);
  expect(page("docs/architecture.md").text).toContain(`\n${glossary}`);
});

test("the README names every method of the contract", () => {
  const contract = page("src/engine/base-checkpointer.ts").text;
  const methods = [...contract.matchAll(/^ {2}abstract (\w+)\(/gm)].map(([, method]) => method);
  expect(methods.length).toBeGreaterThan(0);
  const readme = page("README.md").text;
  expect(methods.filter((method) => !readme.includes(`\`${method}`))).toEqual([]);
});
