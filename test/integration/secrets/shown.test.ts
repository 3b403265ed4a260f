import { describe, expect, test } from "vitest";
import { StorageUnavailableError } from "../../../src/index.ts";
import { plant } from "./planted.ts";
import { leaksIn } from "./shown.ts";

const secret = plant("secret");

/** An object with one more property. */
const withProperty = (property: PropertyDescriptor, key: string | symbol = "hidden"): object =>
  Object.defineProperty({}, key, property);

/** Ways in which a secret gets out. */
const leaks: Readonly<Record<string, () => unknown>> = {
  "an error's text": () => new StorageUnavailableError(`cannot read ${secret}`),
  "an error's cause": () => new StorageUnavailableError("no", { cause: new Error("no", { cause: new Error(secret) }) }),
  "a cause that is no error": () => new StorageUnavailableError("no", { cause: { parameters: [secret] } }),
  "a field of an error": () => Object.assign(new StorageUnavailableError("no"), { detail: secret }),
  "a hidden field of an error": () => Object.defineProperty(new Error("no"), "detail", { value: { secret } }),
  "one of several errors": () => new AggregateError([new Error(secret)]),
  "a stack": () => Object.assign(new Error("no"), { stack: `Error: ${secret}` }),
  "a field": () => ({ options: { url: secret } }),
  "a field far down": () => [[[[[[[[{ secret }]]]]]]]],
  "a hidden field": () => withProperty({ value: secret }),
  "a field named by a symbol": () => withProperty({ value: secret }, Symbol("hidden")),
  "a field's name": () => ({ [secret]: 1 }),
  "a getter": () => withProperty({ get: () => secret }),
  "a field of an instance": () =>
    new (class {
      readonly kept = { secret };
    })(),
  "a key of a Map": () => new Map([[{ secret }, 1]]),
  "what stands far behind in a list": () => [...Array.from({ length: 200 }, () => 0), secret],
  "what stands far behind in a text": () => ({ text: `${"x".repeat(20_000)}${secret}` }),
  "its JSON": () => ({ toJSON: () => secret }),
  "its text": () => ({ toString: () => secret }),
  "what it shows of itself": () => ({ [Symbol.for("nodejs.util.inspect.custom")]: () => secret }),
  "an address": () => ({ url: `postgresql://user:${encodeURIComponent(secret)}@host/` }),
  "another writing of an address": () => {
    const url = new URL("postgresql://user@host/");
    url.password = secret;
    return url;
  },
  "a header": () => `Basic ${Buffer.from(secret).toString("base64")}`,
  bytes: () => ({ bytes: Buffer.from(secret).toString("hex") }),
  "its beginning": () => secret.slice(0, -5),
  "its end": () => secret.slice(-12),
  "what was resolved": async () => secret,
};

describe("a planted leak is caught", () => {
  test.each(Object.entries(leaks))("%s", async (_, leak) => {
    const leaking = leak();
    await leaking;
    expect(leaksIn(leaking, [secret, plant("other")])).toEqual([secret]);
  });

  test("and what shows nothing is let go", () => {
    class Closed {
      readonly #secret = secret;
      get length(): number {
        return this.#secret.length;
      }
    }
    for (const silent of [new Closed(), new StorageUnavailableError("no"), null, undefined, 1n, Symbol("none")]) {
      expect(leaksIn(silent, [secret, ""])).toEqual([]);
    }
  });
});
