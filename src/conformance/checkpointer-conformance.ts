import type { IdKind } from "../index.ts";
import { badConfigs } from "./bad-configs.ts";
import { badInput } from "./bad-input.ts";
import { badOptions } from "./bad-options.ts";
import { cachedStates } from "./cached-states.ts";
import { checkpoints } from "./checkpoints.ts";
import { conflicts } from "./conflicts.ts";
import { copies } from "./copies.ts";
import { customFields } from "./custom-fields.ts";
import { draftConflicts } from "./draft-conflicts.ts";
import { drafts } from "./drafts.ts";
import { forks } from "./forks.ts";
import { health } from "./health.ts";
import { idSeparation } from "./id-separation.ts";
import { lifecycle } from "./lifecycle.ts";
import { messageContents } from "./message-contents.ts";
import { messagePages } from "./message-pages.ts";
import { messageSearch } from "./message-search.ts";
import { messages } from "./messages.ts";
import { ownership } from "./ownership.ts";
import { recreation } from "./recreation.ts";
import { repairs } from "./repairs.ts";
import { runLeases } from "./run-leases.ts";
import { runs } from "./runs.ts";
import { stateHistory } from "./state-history.ts";
import { states } from "./states.ts";
import { statistics } from "./statistics.ts";
import type { AnotherOptions, Checkpointer, MakeCheckpointer, Promises, Subject, Trial } from "./subject.ts";
import { threadLists } from "./thread-lists.ts";
import { threadSearch } from "./thread-search.ts";
import { threadsWithDrafts } from "./threads-with-drafts.ts";
import { threads } from "./threads.ts";
import { twoCheckpointers } from "./two-checkpointers.ts";
import { typedIds } from "./typed-ids.ts";
import { unstorableValues } from "./unstorable-values.ts";
import { updates } from "./updates.ts";
import { values } from "./values.ts";
import { versionTokens } from "./version-tokens.ts";
import { warmCache } from "./warm-cache.ts";
import { watchEnds } from "./watch-ends.ts";
import { watches } from "./watches.ts";

/** What the kit needs of you. */
export interface ConformanceOptions {
  /** Registers one test: `test` of vitest, `node:test`, Jest or Mocha. A test fails by throwing an `AssertionError`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Groups tests, as `describe` of those runners. @defaultValue none: a test's name begins with its subject */
  readonly describe?: ((name: string, define: () => void) => unknown) | undefined;
  /**
   * Makes a checkpointer, set up, over the same storage each time; called several times a test, and each is released at its end. The
   * storage may hold other things: tests use threads and users of their own.
   */
  readonly make: MakeCheckpointer;
  /** Which types of ids `make` serves, for thread ids and user ids alike. @defaultValue `["string"]` */
  readonly idKinds?: readonly IdKind[] | undefined;
  /**
   * Why states may be committed later than they were acknowledged, such as `durability` other than `"sync"`: what a fork at a version has of
   * the thread's other namespaces is then what had been committed by that time. @defaultValue none: they are not
   */
  readonly commitsLater?: string | undefined;
}

const subjects: readonly Subject[] = [
  states,
  stateHistory,
  conflicts,
  updates,
  recreation,
  messages,
  messageContents,
  messagePages,
  messageSearch,
  threads,
  threadLists,
  threadSearch,
  ownership,
  idSeparation,
  forks,
  repairs,
  checkpoints,
  values,
  unstorableValues,
  copies,
  customFields,
  statistics,
  badConfigs,
  badInput,
  badOptions,
  lifecycle,
  twoCheckpointers,
  cachedStates,
  versionTokens,
  drafts,
  draftConflicts,
  threadsWithDrafts,
  warmCache,
  runs,
  runLeases,
  watches,
  watchEnds,
  health,
];

/**
 * Registers the tests that every checkpointer passes: what the contract of `BaseCheckpointer` promises, sentence by sentence.
 *
 * @example
 * ```ts
 * import { MemoryColdStore, InMemoryCheckpointer } from "agenity";
 * import { checkpointerConformance } from "agenity/conformance";
 * import { test } from "node:test";
 *
 * const store = new MemoryColdStore();
 * checkpointerConformance({ test, make: async (options) => new InMemoryCheckpointer({ ...options, store }) });
 * ```
 */
export function checkpointerConformance(options: ConformanceOptions): void {
  const make = (given: AnotherOptions = {}): Promise<Checkpointer> =>
    options.make({ idType: "string", userIdType: "string", ...given });
  for (const subject of subjects) {
    register(options, subject.name, promisesWith(subject.promises, make, options.commitsLater !== undefined));
  }
  for (const { name, promises } of typedIds(options.idKinds ?? ["string"], options.make)) {
    register(options, name, promises);
  }
}

type Make = (options?: AnotherOptions) => Promise<Checkpointer>;
type Tests = Readonly<Record<string, () => Promise<void>>>;

function promisesWith(promises: Promises, make: Make, commitsLater: boolean): Tests {
  return Object.fromEntries(
    Object.entries(promises).map(([name, keep]) => [name, () => tryOut(keep, make, commitsLater)]),
  );
}

function register({ test, describe }: ConformanceOptions, subject: string, tests: Tests): void {
  const define = (prefix: string): void => {
    for (const [name, run] of Object.entries(tests)) test(prefix + name, run);
  };
  if (describe === undefined) define(`${subject}: `);
  else describe(subject, () => define(""));
}

async function tryOut(keep: (trial: Trial) => Promise<void>, make: Make, commitsLater: boolean): Promise<void> {
  const made: Checkpointer[] = [];
  const another = async (options?: AnotherOptions): Promise<Checkpointer> => {
    const checkpointer = await make(options);
    made.push(checkpointer);
    return checkpointer;
  };
  try {
    await keep({ checkpointer: await another(), another, commitsLater });
  } finally {
    for (const checkpointer of made) await checkpointer.release();
  }
}
