import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A page of the documentation. */
export interface Page {
  /** Its path from the root of the repository, such as `docs/errors.md`. */
  readonly path: string;
  /** What stands in it. */
  readonly text: string;
}

/** A page by its path. */
export function page(path: string): Page {
  return { path, text: readFileSync(join(root, path), "utf8") };
}

/** All pages. */
export function allPages(): Page[] {
  const underDocs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const paths = underDocs.filter((path) => path.endsWith(".md")).map((path) => `docs/${path.replaceAll("\\", "/")}`);
  return ["README.md", "CONTRIBUTING.md", ...paths.toSorted()].map(page);
}

/** The headings of a page, without their marks. */
export function headingsOf({ text }: Page): string[] {
  return [...withoutCode(text).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = ""]) => heading);
}

/** Where a page's links lead, as they are written; those that lead to the web are left out. */
export function linksOf({ text }: Page): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchor that a heading gets where pages are shown. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** A comment in an example is no heading, and an array followed by a call no link. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```/gm, "");
}
