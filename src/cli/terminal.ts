import { stripVTControlCharacters } from "node:util";

/** Where and how text is printed. */
export interface Terminal {
  /** How wide a line may be, in columns. */
  readonly columns: number;
  /** Marks text, where colours are wanted. */
  readonly style: Style;
}

/** Marks text; changes nothing where colours are not wanted. */
interface Style {
  /** Headings. */
  bold(text: string): string;
  /** What matters less. */
  dim(text: string): string;
  /** Names. */
  cyan(text: string): string;
}

/** The width where the output is no terminal and `COLUMNS` says nothing. */
const DEFAULT_COLUMNS = 100;

/** What a stream can show. */
export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Terminal {
  const isTerminal = stream.isTTY;
  const wanted = Number(env["COLUMNS"]);
  const columns = isTerminal ? stream.columns : Number.isInteger(wanted) && wanted >= 20 ? wanted : DEFAULT_COLUMNS;
  const hasColours = isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return { columns: columns || DEFAULT_COLUMNS, style: hasColours ? colours : plain };
}

const colours: Style = {
  bold: (text) => `\u001B[1m${text}\u001B[22m`,
  dim: (text) => `\u001B[2m${text}\u001B[22m`,
  cyan: (text) => `\u001B[36m${text}\u001B[39m`,
};

const plain: Style = { bold: (text) => text, dim: (text) => text, cyan: (text) => text };

/** Text that cannot command the terminal: a stored message must not move the cursor or set the window's title. */
export function printable(text: string): string {
  const lines = stripVTControlCharacters(text).replace(/\r\n?/g, "\n");
  // Every control character but tab and line feed.
  return lines.replace(/[^\P{Cc}\t\n]/gu, "\uFFFD");
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, " ").trim();
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Characters that take two columns: East Asian wide forms and emoji. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}])/u;

/** How many columns a text of one line takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** The beginning of a text of one line, with an ellipsis where something was left out. */
export function shorten(text: string, columns: number): string {
  // A column takes at least one UTF-16 unit, so what is longer than the line a few times over need not be measured whole.
  if (text.length <= columns * 20 && widthOf(text) <= columns) return text;
  let width = 1;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    width += wide.test(segment) ? 2 : 1;
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Rows in columns, two blanks apart, under bold headings. The last column is shortened to what is left of the line. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], terminal: Terminal): string[] {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = headings
    .slice(0, -1)
    .map((heading, column) => Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[column] ?? ""))));
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  const lineOf = (row: readonly string[]): string => {
    const padded = widths.map((width, column) => padTo(row[column] ?? "", width)).join("  ");
    const last = shorten(row[widths.length] ?? "", Math.max(10, terminal.columns - indent));
    return (widths.length > 0 ? `${padded}  ${last}` : last).trimEnd();
  };
  return [terminal.style.bold(lineOf(headings)), ...cells.map(lineOf)];
}

function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** An instant as people read it, in universal time. */
export function timeText(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace("T", " ");
}

/** A count as people read it. */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** One thing, or many: `1 message`, `2 messages`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A value as JSON text, for people and other programs: what JSON has no form for is written as what it holds. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, jsonValue, indent) ?? "null";
}

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof RegExp) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value;
}
