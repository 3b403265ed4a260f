import { describe, expect, test } from "vitest";
import { containsJson } from "../../src/stores/memory/json-containment.ts";

/** `select $1::jsonb @> $2::jsonb`, each answer taken from a PostgreSQL 15. */
const ANSWERS: readonly (readonly [left: string, right: string, contained: boolean])[] = [
  // Objects
  [`{}`, `{}`, true],
  [`{"a": 1}`, `{}`, true],
  [`{}`, `{"a": 1}`, false],
  [`{"a": 1, "b": 2}`, `{"b": 2}`, true],
  [`{"a": 1}`, `{"a": 2}`, false],
  [`{"a": 1}`, `{"a": "1"}`, false],
  [`{"a": null}`, `{"a": null}`, true],
  [`{"b": 1}`, `{"a": null}`, false],
  [`{"a": false}`, `{"a": null}`, false],
  [`{"a": {"b": {"c": 1, "d": 2}}}`, `{"a": {"b": {"c": 1}}}`, true],
  [`{"a": {"b": {"c": 1}}}`, `{"b": {"c": 1}}`, false],
  [`{"a": {"b": 1}}`, `{"a": {}}`, true],
  [`{"a": {"b": 1}}`, `{"a": 1}`, false],
  [`{"a": 1}`, `{"a": {}}`, false],
  [`{"a": 1, "a": 2}`, `{"a": 1}`, false],
  [`{"a": 1, "a": 2}`, `{"a": 2}`, true],
  [`{}`, `{"constructor": {}}`, false],
  [`{}`, `{"__proto__": {}}`, false],
  [`{"__proto__": {"a": 1}}`, `{"__proto__": {"a": 1}}`, true],
  // Scalars
  [`1`, `1`, true],
  [`1`, `2`, false],
  [`"a"`, `"a"`, true],
  [`"a"`, `"A"`, false],
  [`"é"`, `"e\\u0301"`, false],
  [`null`, `null`, true],
  [`true`, `false`, false],
  [`{"n": 1.0}`, `{"n": 1}`, true],
  [`{"n": 1e2}`, `{"n": 100}`, true],
  [`{"n": -0}`, `{"n": 0}`, true],
  // Arrays are sets
  [`[1, 2, 3]`, `[3, 1]`, true],
  [`[1, 2, 3]`, `[1, 1, 1]`, true],
  [`[1]`, `[1, 2]`, false],
  [`[1]`, `[]`, true],
  [`[]`, `[]`, true],
  [`[]`, `[null]`, false],
  [`[1, "1"]`, `["1"]`, true],
  [`{"tags": ["a", "b"]}`, `{"tags": ["b"]}`, true],
  [`{"tags": ["a", "b"]}`, `{"tags": []}`, true],
  [`{"tags": ["a", "b"]}`, `{"tags": {}}`, false],
  [`{"tags": {"a": 1}}`, `{"tags": []}`, false],
  // Elements that are objects or arrays are contained, not equal
  [`[{"a": 1, "b": 2}, 3]`, `[{"a": 1}]`, true],
  [`[{"a": 1}, {"b": 2}]`, `[{"a": 1, "b": 2}]`, false],
  [`[{"a": 1}]`, `[{}]`, true],
  [`[1]`, `[{}]`, false],
  [`[1]`, `[[]]`, false],
  [`[[1]]`, `[[]]`, true],
  [`[{}]`, `[[]]`, false],
  [`[[1, 2], [3]]`, `[[2]]`, true],
  [`[[1, 2], [3]]`, `[[2, 3]]`, false],
  [`[[1, 2], [3]]`, `[[2], [3]]`, true],
  [`[[1, 2]]`, `[1]`, false],
  [`[1, [1, 3]]`, `[1, 3]`, false],
  [`[1, [1, 3]]`, `[[3]]`, true],
  // An array contains a bare scalar at the top, and only there
  [`["a", "b"]`, `"a"`, true],
  [`["a", "b"]`, `"c"`, false],
  [`[null]`, `null`, true],
  [`[["a"]]`, `"a"`, false],
  [`"a"`, `["a"]`, false],
  [`1`, `[]`, false],
  [`{"tags": ["a", "b"]}`, `{"tags": "a"}`, false],
  [`{"tags": "a"}`, `{"tags": ["a"]}`, false],
  [`[["a"]]`, `["a"]`, false],
  // Kinds do not mix at the top
  [`{}`, `[]`, false],
  [`[]`, `{}`, false],
  [`[{"a": 1}]`, `{"a": 1}`, false],
  [`{"a": 1}`, `"a"`, false],
  [`"a"`, `{}`, false],
];

/** What differs from `@>`: in metadata, `{"$": …}` inside stands for a value that JSON does not have. */
const TAGS: readonly (readonly [left: string, right: string, contained: boolean])[] = [
  [`{"a": {"$": "date", "v": 9}}`, `{"a": {}}`, false],
  [`{"a": {"$": "date", "v": 9}}`, `{"a": {"v": 9}}`, false],
  [`{"a": {"$": "date", "v": 9}}`, `{"a": {"$": "date", "v": 9}}`, true],
  [`{"a": {"$": "map", "v": [["k", {"$": "date", "v": 9}]]}}`, `{"a": {"$": "map", "v": [["k", {}]]}}`, false],
  [`{"a": [{"$": "date", "v": 9}]}`, `{"a": [{}]}`, false],
  [`{"a": [{"$": "date", "v": 9}, {"b": 1}]}`, `{"a": [{}]}`, true],
  // Metadata itself is never such a value, whatever its keys
  [`{"$": "date", "v": 9}`, `{}`, true],
  [`{"$": "date", "v": 9}`, `{"v": 9}`, true],
];

describe("containsJson answers as PostgreSQL's jsonb @>", () => {
  test.each(ANSWERS)("%s @> %s is %s", (left, right, contained) => {
    expect(containsJson(JSON.parse(left), JSON.parse(right))).toBe(contained);
  });

  test.each(TAGS)("but %s contains %s is %s", (left, right, contained) => {
    expect(containsJson(JSON.parse(left), JSON.parse(right))).toBe(contained);
  });
});
