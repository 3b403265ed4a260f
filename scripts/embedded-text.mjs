// What the scripts share that write texts of other languages into TypeScript.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs an embedding: `render` answers the text of `target` and a line that says what is in it. With --check nothing is written, and it fails
 * if that file is not what would be written.
 */
export function embed(name, target, render) {
  try {
    const { text, summary } = render();
    const path = join(root, target);
    if (!process.argv.includes("--check")) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    } else if (readIfThere(path) !== text) {
      throw new Error(`${target} is stale; run \`npm run embed\``);
    }
    console.log(summary);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}

/** A source file's text. */
export function read(path) {
  return readFileSync(join(root, path), "utf8");
}

/** The names of a folder's files with this ending, in order. */
export function filesIn(folder, ending) {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith(ending));
  if (files.length === 0) throw new Error(`${folder} holds no ${ending} file`);
  return files.toSorted();
}

/** What is sent: the commentary, in lines of their own that begin with two dashes, is for readers of the source. */
export function textOf(source, path) {
  const lines = source.split(/\r?\n/).map((line) => line.trimEnd());
  const kept = lines.filter((line) => line !== "" && !line.trimStart().startsWith("--"));
  if (kept.length === 0) throw new Error(`${path} holds no statement`);
  return kept.join("\n");
}

/** The first sentence of the comment at the head of a source: it becomes the documentation of its name. */
export function summaryOf(source, path) {
  const lines = source.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const comment = lines.slice(0, end).map((line) => line.replace(/^--\s*/, ""));
  const sentence = /^.+?[.:](?=\s|$)/.exec(comment.join(" "))?.[0].replace(/:$/, ".");
  if (sentence === undefined) throw new Error(`${path}: say in a comment at its head what it does`);
  return sentence.replaceAll("*/", "* /");
}

/** `like-this` → `likeThis`. */
export function camelCase(stem) {
  return stem.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase());
}

/** A template literal: a change of one line there is a change of one line here. */
export function literal(text) {
  return `\`${text.replaceAll(/[\\`]|\$(?=\{)/g, String.raw`\$&`)}\``;
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
