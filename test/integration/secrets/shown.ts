import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { expect } from "vitest";

const everything = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  maxArrayLength: null,
  maxStringLength: null,
} as const;

/** All that anybody who logs a value could come to see of it. */
function everythingShown(value: unknown): string {
  const shown = [inspect(value, everything), textOf(value), jsonOf(value), printed(value)];
  if (!(value instanceof Error)) return shown.join("\n");
  const fields = Object.getOwnPropertyNames(value).map((name) => textOf(Reflect.get(value, name)));
  const cause = value.cause === undefined ? "" : everythingShown(value.cause);
  return [...shown, ...fields, value.stack, cause].join("\n");
}

/** The secrets that anybody who logs a value would come to see, whole or in part, in whatever writing. */
export function leaksIn(value: unknown, secrets: readonly string[]): string[] {
  const shown = typeof value === "string" ? value : everythingShown(value);
  // A server that asks for no password has none to show.
  return secrets.filter((secret) => secret !== "" && formsOf(secret).some((form) => shown.includes(form)));
}

/** Fails where a value shows one of these. */
export function expectNoSecret(value: unknown, ...secrets: readonly string[]): void {
  expect(leaksIn(value, secrets)).toEqual([]);
}

/** A secret as an address, JSON, a header or a dump writes it; and pieces of it that nothing else has. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const pieces = /[\da-f]{8}-[\da-f-]{15}|[\da-f]{12}$/g;
  return [
    secret,
    secret.slice(5),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("base64").replace(/.{2}=*$/, ""),
    bytes.toString("hex"),
    ...(secret.match(pieces) ?? []),
  ];
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return ""; // it cannot be one
  }
}

function jsonOf(value: unknown): string {
  try {
    return textOf(JSON.stringify(value));
  } catch {
    return ""; // it holds a cycle or a bigint
  }
}

function printed(value: unknown): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const console = new Console(stream);
  console.log(value);
  console.log("%s %o %O %j", value, value, value, jsonOf(value));
  console.dir(value, everything);
  return chunks.join("");
}
