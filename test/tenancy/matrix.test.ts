import { afterAll, describe, expect, test } from "vitest";
import {
  InMemoryCheckpointer,
  MemoryColdStore,
  type Message,
  PgCheckpointer,
  type ThreadConfig,
} from "../../src/index.ts";
import { backends } from "./backends.ts";
import { type Open, type Tally, tryAll, unlisted } from "./matrix.ts";
import type { Fields } from "./owned-thread.ts";

const TIMEOUT_MS = 600_000;
const tallies = new Map<string, Tally>();

afterAll(() => {
  const lines = Array.from(tallies, ([name, { cells, leaks, changes }]) => {
    return `tenancy, ${name}: ${cells} cells, ${leaks.length} leaks, ${changes.length} changes`;
  });
  console.log(lines.join("\n"));
});

test.each([InMemoryCheckpointer, PgCheckpointer])("every public method of %o has a row", (checkpointerClass) => {
  expect(unlisted(new checkpointerClass())).toEqual([]);
});

describe.each(Object.entries(await backends(import.meta.url)))("%s", (name, open) => {
  test("shows a stranger nothing, and lets him change nothing", { timeout: TIMEOUT_MS }, async () => {
    const tally = await tryAll(open);
    tallies.set(name, tally);
    expect(tally).toMatchObject({ leaks: [], changes: [], surprises: [] });
    expect(tally.cells).toBeGreaterThan(0);
  });
});

describe("what is planted is found:", () => {
  const opened = (checkpointerClass: typeof InMemoryCheckpointer<Fields>): Open => {
    const store = new MemoryColdStore();
    return async (options) => new checkpointerClass({ store, ...options });
  };

  test("a method without a row", () => {
    class WithMore extends InMemoryCheckpointer {
      exportThread(): void {}
    }
    expect(unlisted(new WithMore())).toEqual(["exportThread"]);
  });

  test("a read that forgets who asks", async () => {
    class Forgetful extends InMemoryCheckpointer<Fields> {
      override getMessage({ threadId }: ThreadConfig, messageId: string): Promise<Message | null> {
        return super.getMessage({ threadId }, messageId);
      }
    }
    const tally = await tryAll(opened(Forgetful), ["getMessage"]);
    expect(tally.leaks).toEqual([
      "getMessage (way 1) by the stranger, thread exists, cold",
      "getMessage (way 1) by the stranger, thread exists, warm",
      "getMessage (way 1) by the stranger, thread exists, with a draft",
    ]);
  });

  test("a write that forgets who asks", async () => {
    class Forgetful extends InMemoryCheckpointer<Fields> {
      override deleteMessage({ threadId }: ThreadConfig, messageId: string): Promise<boolean> {
        return super.deleteMessage({ threadId }, messageId);
      }
    }
    const tally = await tryAll(opened(Forgetful), ["deleteMessage"]);
    expect(tally.changes).toEqual([
      "deleteMessage (way 1) by the stranger, thread exists, cold",
      "deleteMessage (way 1) by the stranger, thread exists, warm",
      "deleteMessage (way 1) by the stranger, thread exists, with a draft",
    ]);
  });

  test("an error that quotes", async () => {
    class Talkative extends InMemoryCheckpointer<Fields> {
      override async clearState(config: ThreadConfig): Promise<void> {
        const state = await super.getState({ threadId: config.threadId });
        await super.clearState(config).catch((error: unknown) => {
          throw Object.assign(error as Error, { details: new Error("quoting", { cause: [state] }) });
        });
      }
    }
    const tally = await tryAll(opened(Talkative), ["clearState"]);
    expect(tally.leaks).toContain("clearState (way 1) by the stranger, thread exists, warm");
  });
});
