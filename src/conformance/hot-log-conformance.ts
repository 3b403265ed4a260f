import type { HotLog } from "../hot/hot-log.ts";
import { deletions } from "./hot-log/deletions.ts";
import { drafts } from "./hot-log/drafts.ts";
import { failovers } from "./hot-log/failovers.ts";
import { lostTails } from "./hot-log/lost-tails.ts";
import { marks } from "./hot-log/marks.ts";
import { names } from "./hot-log/names.ts";
import { reads } from "./hot-log/reads.ts";
import type { HotSubject, HotTrial } from "./hot-log/subject.ts";
import { tellings } from "./hot-log/tellings.ts";
import { trust } from "./hot-log/trust.ts";
import { watching } from "./hot-log/watching.ts";

/** What the kit for hot logs needs of you. */
export interface HotLogConformanceOptions {
  /** Registers one test: `test` of vitest, `node:test`, Jest or Mocha. A test fails by throwing an `AssertionError`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Groups tests, as `describe` of those runners. @defaultValue none: a test's name begins with its subject */
  readonly describe?: ((name: string, define: () => void) => unknown) | undefined;
  /**
   * Makes a hot log, set up, over the same storage each time, with a life of at least an hour; called several times a test, and each is
   * released at its end. The storage may hold other things: tests use threads of their own.
   */
  readonly make: () => Promise<HotLog>;
  /**
   * Lets another server, with another name, take the place of the one that every hot log of the kit talks to, with the same data. Left out
   * where there is no other server: then nothing is asked of failovers.
   */
  readonly failOver?: (() => Promise<void>) | undefined;
}

const subjects: readonly HotSubject[] = [reads, trust, marks, tellings, lostTails, drafts, deletions, names, watching];

/**
 * Registers the tests that every hot log passes: what the contract of `HotLog` promises, sentence by sentence.
 *
 * @example
 * ```ts
 * import { MemoryHotLog } from "agenity";
 * import { hotLogConformance } from "agenity/conformance";
 * import { test } from "node:test";
 *
 * const hotLog = new MemoryHotLog();
 * hotLogConformance({ test, make: async () => hotLog });
 * ```
 */
export function hotLogConformance(options: HotLogConformanceOptions): void {
  const { test, describe, failOver } = options;
  for (const { name: subject, promises } of failOver === undefined ? subjects : [...subjects, failovers(failOver)]) {
    const define = (prefix: string): void => {
      for (const [name, keep] of Object.entries(promises)) test(prefix + name, () => tryOut(keep, options.make));
    };
    if (describe === undefined) define(`${subject}: `);
    else describe(subject, () => define(""));
  }
}

async function tryOut(keep: (trial: HotTrial) => Promise<void>, make: () => Promise<HotLog>): Promise<void> {
  const made: HotLog[] = [];
  const another = async (): Promise<HotLog> => {
    const hotLog = await make();
    made.push(hotLog);
    return hotLog;
  };
  try {
    await keep({ hotLog: await another(), another });
  } finally {
    for (const hotLog of made) await hotLog.release();
  }
}
