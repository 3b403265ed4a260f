import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "../../src/hot/redis/deadlines.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what has not ended in time expires, once, in order, and not a moment early", () => {
  const deadlines = new Deadlines(100);
  const expired: string[] = [];
  deadlines.begin(() => expired.push("one"));
  vi.advanceTimersByTime(40);
  const end = deadlines.begin(() => expired.push("ended"));
  deadlines.begin(() => expired.push("two"));
  end();
  vi.advanceTimersByTime(59);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["one"]);
  vi.advanceTimersByTime(39);
  expect(expired).toEqual(["one"]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["one", "two"]);
  expect(deadlines.count).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(expired).toEqual(["one", "two"]);
});

test("one timer serves any number, and goes when nobody waits", () => {
  const deadlines = new Deadlines(100);
  const ends = Array.from({ length: 50 }, () => deadlines.begin(() => {}));
  expect(vi.getTimerCount()).toBe(1);
  for (const end of ends) end();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  deadlines.begin(() => {});
  expect(vi.getTimerCount()).toBe(1);
});

test("what was begun while others expire waits its own time", () => {
  const deadlines = new Deadlines(100);
  const expired: string[] = [];
  deadlines.begin(() => {
    expired.push("first");
    deadlines.begin(() => expired.push("again"));
  });
  vi.advanceTimersByTime(100);
  expect(expired).toEqual(["first"]);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(99);
  expect(expired).toEqual(["first"]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(["first", "again"]);
});

test("work ends as it ends, or late", async () => {
  const deadlines = new Deadlines(100);
  const late = (): Error => new Error("late");
  expect(await deadlines.within(Promise.resolve(1), late)).toBe(1);
  await expect(deadlines.within(Promise.reject(new Error("refused")), late)).rejects.toThrow("refused");
  const never = Promise.allSettled([deadlines.within(new Promise(() => {}), late)]);
  vi.advanceTimersByTime(100);
  expect(await never).toMatchObject([{ status: "rejected", reason: { message: "late" } }]);
});

test("time for which the process was busy elsewhere does not count", async () => {
  vi.useRealTimers();
  const deadlines = new Deadlines(50);
  const expired: string[] = [];
  const end = deadlines.begin(() => expired.push("answered meanwhile"));
  deadlines.begin(() => expired.push("never answered"));
  // Among the timers, whose turn comes before that of answers which have come in the meantime.
  await new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
  const sinceMs = performance.now();
  while (performance.now() - sinceMs < 100);
  setImmediate(end);
  await vi.waitFor(() => expect(expired).toEqual(["never answered"]));
});

test("a process that is never at leisure gives up all the same", async () => {
  vi.useRealTimers();
  const deadlines = new Deadlines(50);
  const given = new Promise<string>((resolve) => {
    deadlines.begin(() => resolve("given up"));
  });
  const busy = { isOver: false };
  // Work in pieces, each of which makes the timer late.
  const work = (): void => {
    const sinceMs = performance.now();
    while (performance.now() - sinceMs < 25);
    if (!busy.isOver) setImmediate(work);
  };
  work();
  expect(await given).toBe("given up");
  busy.isOver = true;
});
