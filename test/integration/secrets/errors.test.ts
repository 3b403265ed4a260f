import { describe, expect, test } from "vitest";
import * as agenity from "../../../src/index.ts";
import { Ground } from "./ground.ts";
import { Heard } from "./heard.ts";
import { contents } from "./planted.ts";
import { type ErrorName, provocations } from "./provocations.ts";
import { leaksIn } from "./shown.ts";

const ground = new Ground(import.meta.url);
const heard = new Heard();

/** What an attempt ends with. */
async function endOf(attempt: () => unknown): Promise<unknown> {
  try {
    return { answered: await attempt() };
  } catch (error) {
    return error;
  }
}

const exported = new Map<string, unknown>(Object.entries(agenity));

describe.each(Object.keys(provocations) as ErrorName[])("%s", (name) => {
  test.each(Object.keys(provocations[name]))("holds nothing that is secret: %s", async (what) => {
    const attempts = (await provocations[name][what]?.(ground)) ?? [];
    expect(attempts.length).toBeGreaterThan(0);
    const ends = await Promise.all(attempts.map(endOf));
    for (const [index, attempt] of attempts.entries()) {
      const error = ends[index];
      expect(error, `attempt ${index}: ${String(attempt)}`).toBeInstanceOf(exported.get(name));
      expect(leaksIn(error, [...ground.passwords, ...contents]), `attempt ${index}: ${String(attempt)}`).toEqual([]);
    }
  });
});

test("every error class that the package exports is provoked", () => {
  const names = [...exported.keys()].filter((name) => {
    const value = exported.get(name);
    return typeof value === "function" && value.prototype instanceof agenity.CheckpointerError;
  });
  expect(Object.keys(provocations).toSorted()).toEqual(names.toSorted());
});

test("what was published and warned of meanwhile holds nothing either, and nothing was printed", () => {
  expect(heard.events.length).toBeGreaterThan(100);
  expect(leaksIn([heard.events, heard.warnings], [...ground.passwords, ...contents])).toEqual([]);
  expect(heard.printed).toEqual([]);
});
