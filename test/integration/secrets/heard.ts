import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { afterAll, beforeAll, vi } from "vitest";
import { BaseCheckpointer, type HotEventName, PgCheckpointer } from "../../../src/index.ts";

const hotEvents = Object.keys({
  rollback: true,
  draftConflict: true,
  damaged: true,
  failure: true,
  flushFailure: true,
} satisfies Readonly<Record<HotEventName, true>>);

/** All that a test file's calls publish, warn of and print. */
export class Heard {
  /** What was published, with its channel. */
  readonly events: { readonly channel: string; readonly event: unknown }[] = [];
  /** Warnings of the process, as they are printed. */
  readonly warnings: string[] = [];
  /** What was written to the console. */
  readonly printed: unknown[] = [];

  constructor() {
    const listeners = channels().map((name) => {
      const listener = (event: unknown): void => void this.events.push({ channel: name, event });
      return { name, listener };
    });
    const warn = (warning: Error): void => void this.warnings.push(inspect(warning, { depth: Infinity }));
    beforeAll(() => {
      for (const { name, listener } of listeners) subscribe(name, listener);
      process.on("warning", warn);
      for (const method of ["log", "info", "warn", "error", "debug", "trace"] as const) {
        vi.spyOn(console, method).mockImplementation((...given: unknown[]) => void this.printed.push(...given));
      }
    });
    afterAll(() => {
      for (const { name, listener } of listeners) unsubscribe(name, listener);
      process.off("warning", warn);
      vi.restoreAllMocks();
    });
  }
}

/** One for every method of the contract, and one for every event of the hot layer. */
function channels(): string[] {
  const methods = [PgCheckpointer, BaseCheckpointer].flatMap((each) => {
    const parent = Object.getPrototypeOf(each) as { prototype?: object };
    return [each.prototype, parent.prototype ?? {}].flatMap((prototype) => Object.getOwnPropertyNames(prototype));
  });
  const names = [...new Set(methods)].filter((name) => name !== "constructor");
  return [...names.map((name) => `agenity:${name}`), ...hotEvents.map((name) => `agenity:hot:${name}`)];
}
