import { expect, test } from "vitest";
import { ConflictError } from "../../../src/index.ts";
import { Stage } from "./stage.ts";

const stage = new Stage(import.meta.url);

test("a draft that Redis makes after it was refused becomes a thread of its own, and gets into no other", async () => {
  const thread = await stage.thread();
  const [a] = await stage.processes(thread, ["A"], { durability: "exit" });
  expect(await a.takes("cache")).toBe("o");
  await stage.writesUnaware(thread, "w2");
  a.redis.hold("requests");
  await expect(a.wants("a1").ended).rejects.toThrow(ConflictError);
  await a.tellsAll(); // the draft, late
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "w2"], forks: [["o", "a1+o"]] });
});
