import { describe, expect, test } from "vitest";
import { decodeEntry, decodeMessage, decodeParsedEntry } from "../../src/log/entry-codec.ts";
import { isTagged } from "../../src/log/value-codec.ts";

/** What every one of them is refused with. */
const damage = /^a stored (entry|value)/;

/** JSON that no entry of ours is: somebody else has written it. */
const damagedStates: Readonly<Record<string, string>> = {
  "a text": `"abc"`,
  "a number": "1",
  "a list": "[]",
  nothing: "null",
  "a truth": "true",
  "a Map": `{"$":"map","v":[["context",[]]]}`,
  "a Date": `{"$":"date","v":1}`,
  bytes: `{"$":"bytes","v":"AAAA"}`,
  "a context that is a text": `{"context":"abc"}`,
  "a context that is a record": `{"context":{"0":{}}}`,
  "a context of texts": `{"context":["abc"]}`,
  "a context of lists": `{"context":[[]]}`,
};

const damagedDeltas: Readonly<Record<string, string>> = {
  "a text": `"abc"`,
  "a list": "[]",
  nothing: "null",
  "a Set": `{"$":"set","v":[]}`,
  "fields that are a text": `{"set":"abc"}`,
  "fields that are a list": `{"set":["abc"]}`,
  "fields that are nothing": `{"set":null}`,
  "a context that is a text": `{"set":{"context":"abc"}}`,
  "removals that are a text": `{"del":"abc"}`,
  "removals of numbers": `{"del":[1]}`,
  "splices that are a text": `{"splice":"abc"}`,
  "splices that are a list": `{"splice":[[0,0,["a"]]]}`,
  "a splice that is a text": `{"splice":{"list":"abc"}}`,
  "a splice of nothing": `{"splice":{"list":[]}}`,
  "a splice at a text": `{"splice":{"list":["0",0,["a"]]}}`,
  "a splice at a place that is none": `{"splice":{"list":[0.5,0,["a"]]}}`,
  "a splice before the beginning": `{"splice":{"list":[-1,0,["a"]]}}`,
  "a splice that removes less than nothing": `{"splice":{"list":[1,-1,["a"]]}}`,
  "a splice of a text": `{"splice":{"list":[0,0,"abc"]}}`,
  "a splice of texts in a context": `{"splice":{"context":[0,0,["abc"]]}}`,
};

describe("a stored entry that is none of ours is damage, never a state", () => {
  const cases = [
    ...Object.entries(damagedStates).map(([what, body]) => ["snapshot", what, body] as const),
    ...Object.entries(damagedDeltas).map(([what, body]) => ["delta", what, body] as const),
  ];

  test.each(cases)("%s: %s", (kind, _, body) => {
    expect(() => decodeEntry({ kind, body })).toThrow(damage);
    expect(() => decodeParsedEntry(kind, JSON.parse(body), isTagged(body))).toThrow(damage);
  });

  test.each(["snapshot", "delta"] as const)("%s without a body", (kind) => {
    expect(() => decodeEntry({ kind, body: null })).toThrow(damage);
  });

  test.each([`"abc"`, "1", "null", "true", "[]", `{"$":"map","v":[]}`])("a message that is %s", (body) => {
    expect(() => decodeMessage(body)).toThrow(damage);
  });
});
