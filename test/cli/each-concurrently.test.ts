import { setImmediate as nextTick } from "node:timers/promises";
import { expect, test } from "vitest";
import { eachConcurrently } from "../../src/cli/each-concurrently.ts";

async function* numbers(count: number, taken: number[] = []): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) {
    taken.push(number);
    yield number;
  }
}

test("works on every item, never on more than the limit, and takes none before there is room", async () => {
  const taken: number[] = [];
  const done: number[] = [];
  let underWay = 0;
  await eachConcurrently(numbers(25, taken), 4, async (number) => {
    underWay++;
    expect(underWay).toBeLessThanOrEqual(4);
    expect(taken.length).toBeLessThanOrEqual(done.length + underWay + 4);
    await nextTick();
    underWay--;
    done.push(number);
  });
  expect(done.toSorted((left, right) => left - right)).toEqual([...Array(25).keys()]);
});

test("after an error nothing more is taken, what is under way is waited for, and the error is thrown", async () => {
  const taken: number[] = [];
  let underWay = 0;
  const work = async (number: number): Promise<void> => {
    underWay++;
    await nextTick();
    underWay--;
    if (number === 5) throw new Error("five");
  };
  await expect(eachConcurrently(numbers(1_000, taken), 4, work)).rejects.toThrow("five");
  expect(underWay).toBe(0);
  expect(taken.length).toBeLessThan(20);
});

test("an error of the source is thrown", async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new Error("broken");
  }
  await expect(eachConcurrently(broken(), 2, () => Promise.resolve())).rejects.toThrow("broken");
});
