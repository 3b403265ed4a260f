import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type ImportLine, openImportFile, readConversations } from "../../src/cli/import-file.ts";
import { temporaryFolder } from "./run-cli.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const line = (id: unknown, text = "hi"): string => JSON.stringify({ id, messages: [{ role: "user", content: text }] });

/** Reads bytes that arrive in pieces of a size. */
async function read(content: string | Buffer, pieceBytes = 1 << 16): Promise<ImportLine[]> {
  const bytes = Buffer.from(content);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
  }
  const lines: ImportLine[] = [];
  for await (const item of readConversations(pieces())) lines.push(item);
  return lines;
}

/** Each line as its number and its id or problem. */
function told(lines: readonly ImportLine[]): string[] {
  return lines.map(({ lineNumber, content }) => `${lineNumber} ${typeof content === "string" ? content : content.id}`);
}

test("a byte order mark, CRLF and empty lines are no problem, and lines are counted as editors count", async () => {
  const text = `\uFEFF${line("a")}\r\n\r\n   \n${line("b")}\n\n${line("c")}`;
  expect(told(await read(text))).toEqual(["1 a", "4 b", "6 c"]);
});

test.each([1, 2, 3, 7, 64])("pieces of %i bytes split neither letters nor lines", async (pieceBytes) => {
  const lines = await read(`${line("天気", "Café 🎂")}\n${line("b")}\n`, pieceBytes);
  expect(told(lines)).toEqual(["1 天気", "2 b"]);
  expect(lines[0]?.content).toMatchObject({ messages: [{ content: [{ type: "text", text: "Café 🎂" }] }] });
});

test("only a line feed ends a line: JSON allows U+2028 and U+0085 inside strings", async () => {
  const lines = await read(`${line("a", "one\u2028two\u2029three\u0085four")}\n${line("b")}\n`);
  expect(told(lines)).toEqual(["1 a", "2 b"]);
});

test("the lengths of the lines add up to the file's", async () => {
  const text = `${line("a")}\r\n${line("天気")}\n${line("c")}`;
  const lines = await read(text);
  expect(lines.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(text));
});

test("fields besides id and messages are kept", async () => {
  const [first] = await read(`{"id":"a","task":7,"messages":[{"role":"user","content":"x"}],"tags":["b"]}`);
  expect(first?.content).toMatchObject({ extra: { task: 7, tags: ["b"] } });
});

test("a whole number is an id", async () => {
  expect(told(await read(line(42)))).toEqual(["1 42"]);
});

test.each([
  ["{", /^1 is not JSON: /],
  ["[]", /^1 expected a JSON object/],
  ["null", /^1 expected a JSON object/],
  [`{"messages":[]}`, /^1 has no "id"/],
  [line(""), /^1 has no "id"/],
  [line(1.5), /^1 "id" must be a string or a whole number/],
  [`{"id":"a"}`, /^1 has no "messages"/],
  [`{"id":"a","messages":{}}`, /^1 "messages" must be an array/],
  [`{"id":"a","messages":[]}`, /^1 "messages" is empty/],
  [`{"id":"a","messages":[{"role":"robot"}]}`, /^1 messages\[0\]\.role: /],
])("%s is told, and the next line is read", async (text, problem) => {
  const [first, second] = told(await read(`${text}\n${line("next")}\n`));
  expect(first).toMatch(problem);
  expect(second).toBe("2 next");
});

test("bytes that are not UTF-8 are told, not replaced", async () => {
  const bad = Buffer.concat([Buffer.from(`{"id":"`), Buffer.from([0xe9]), Buffer.from(`"}\n`), Buffer.from(line("b"))]);
  expect(told(await read(bad))).toEqual(["1 is not UTF-8 text", "2 b"]);
});

test("an id that comes again is told with the line where it stood; one that could not be read does not count", async () => {
  const text = [`{"id":"a","messages":[]}`, line("a"), line("b"), line("a"), line("1"), line(1)].join("\n");
  expect(told(await read(text))).toEqual([
    `1 "messages" is empty`,
    "2 a",
    "3 b",
    `4 id "a" stands on line 2 already`,
    "5 1",
    `6 id "1" stands on line 5 already`,
  ]);
});

test("a file is read as it is taken", async () => {
  const path = join(folder.path, "a.jsonl");
  writeFileSync(path, `${line("a")}\n${line("b")}\n`);
  await using file = await openImportFile(path);
  expect(file.bytes).toBe(Buffer.byteLength(`${line("a")}\n${line("b")}\n`));
  const lines: ImportLine[] = [];
  for await (const item of file.lines) lines.push(item);
  expect(told(lines)).toEqual(["1 a", "2 b"]);
});

test("a file that is not there, and a folder", async () => {
  const missing = join(folder.path, "missing.jsonl");
  await expect(openImportFile(missing)).rejects.toThrow(`cannot read ${missing}: there is no such file`);
  const directory = join(folder.path, "folder");
  mkdirSync(directory);
  await expect(openImportFile(directory)).rejects.toThrow(`cannot read ${directory}: it is a folder`);
});
