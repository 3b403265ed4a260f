import { expect, test } from "vitest";
import * as agenity from "../../../src/index.ts";
import { type Exhibit, exhibitions, secretsOf } from "./exhibits.ts";
import { Ground } from "./ground.ts";
import { Heard } from "./heard.ts";
import { contents } from "./planted.ts";
import { leaksIn } from "./shown.ts";

const ground = new Ground(import.meta.url);
const heard = new Heard();
let seen = 0;

const looks = Object.entries(exhibitions).filter(([name, look], index, all) => {
  // Some exports show the same.
  return all.findIndex(([, other]) => other === look) === index || name === "PgCheckpointer";
});

test.each(looks)("what comes of %s shows nothing that it was not made to show", async (_, look) => {
  const leaking: string[] = [];
  const show = (exhibit: Exhibit): void => {
    seen++;
    const leaks = leaksIn(exhibit.value, secretsOf(exhibit, ground));
    if (leaks.length > 0) leaking.push(`${exhibit.what}: ${leaks.join(", ")}`);
  };
  await look(ground, show);
  expect(leaking).toEqual([]);
});

test("every export is looked at", () => {
  expect(Object.keys(exhibitions).toSorted()).toEqual(Object.keys(agenity).toSorted());
  expect(seen).toBeGreaterThan(100);
});

test("what was published and warned of meanwhile holds nothing either, and nothing was printed", () => {
  expect(heard.events.length).toBeGreaterThan(100);
  expect(leaksIn([heard.events, heard.warnings], [...ground.passwords, ...contents])).toEqual([]);
  expect(heard.printed).toEqual([]);
});
