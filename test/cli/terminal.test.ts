import { describe, expect, test } from "vitest";
import { jsonText, oneLine, printable, shorten, table, terminalOf, widthOf } from "../../src/cli/terminal.ts";

const stream = (fields: object): NodeJS.WriteStream => fields as NodeJS.WriteStream;

describe("what a stream can show", () => {
  const terminal = stream({ isTTY: true, columns: 72 });

  test("colours on a terminal", () => {
    const { style, columns } = terminalOf(terminal, {});
    expect(columns).toBe(72);
    expect(style.bold("x")).toBe("\u001B[1mx\u001B[22m");
    expect(style.dim("x") + style.cyan("x")).toContain("\u001B[36mx");
  });

  test.each([
    ["no terminal", stream({}), {}],
    ["NO_COLOR", terminal, { NO_COLOR: "1" }],
    ["a dumb terminal", terminal, { TERM: "dumb" }],
  ])("no colours: %s", (_, output, env) => {
    const { style } = terminalOf(output, env);
    expect(style.bold("x") + style.dim("y") + style.cyan("z")).toBe("xyz");
  });

  test("without a terminal, COLUMNS tells the width", () => {
    expect(terminalOf(stream({}), { COLUMNS: "60" }).columns).toBe(60);
    expect(terminalOf(stream({}), { COLUMNS: "wide" }).columns).toBe(100);
    expect(terminalOf(stream({ isTTY: true, columns: 0 }), {}).columns).toBe(100);
  });
});

test("text cannot command the terminal", () => {
  expect(printable("a\u001B[2Jb\u001B]0;title\u0007c\u0000d\u009Be\r\nf\tg")).toBe("abc\uFFFDd\uFFFDe\nf\tg");
  expect(printable("one\r\ntwo\rthree\tfour")).toBe("one\ntwo\nthree\tfour");
  expect(oneLine("  one\n\n two\t")).toBe("one two");
});

test("widths are columns", () => {
  expect(widthOf("Café")).toBe(4);
  expect(widthOf("Cafe\u0301")).toBe(4);
  expect(widthOf("天気")).toBe(4);
  expect(widthOf("👩‍👩‍👧🎂")).toBe(4);
});

test("shortened text fits, and letters stay whole", () => {
  expect(shorten("Café", 4)).toBe("Café");
  expect(shorten("Cafés", 4)).toBe("Caf…");
  expect(shorten("天気予報", 5)).toBe("天気…");
  expect(shorten("🎂🎂🎂", 4)).toBe("🎂…");
  expect(shorten("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
});

test("a table's columns are aligned, and its last one is shortened", () => {
  const terminal = terminalOf(stream({}), { COLUMNS: "24" });
  expect(
    table(
      ["ID", "TEXT"],
      [
        ["天気", "a\nb"],
        ["x", "12345678901234567890"],
      ],
      terminal,
    ),
  ).toEqual(["ID    TEXT", "天気  a b", "x     12345678901234567…"]);
});

test("a table of one column", () => {
  expect(table(["ID"], [["x"]], terminalOf(stream({}), {}))).toEqual(["ID", "x"]);
});

test("JSON of anything that a state may hold", () => {
  const value = { a: 10n, b: new Map([[1, 2n]]), c: new Set(["x"]), d: Uint8Array.of(1, 2), e: /x/u, f: new Date(0) };
  expect(JSON.parse(jsonText(value))).toEqual({
    a: "10",
    b: [[1, "2"]],
    c: ["x"],
    d: "AQI=",
    e: "/x/u",
    f: "1970-01-01T00:00:00.000Z",
  });
  expect(jsonText(undefined)).toBe("null");
});
