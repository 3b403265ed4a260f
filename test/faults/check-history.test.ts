import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { AuditedThread, History, Operation, SeenState } from "./history.ts";

const THREAD = "t1";
const FORK = "t1~f";

function state(version: number, writes: string, incarnation = 1): SeenState {
  return { incarnation, version, writes: writes.split(" ") };
}

/** A call that takes five milliseconds, by its process, its kind and its time. */
function call(text: string, outcome: Operation["outcome"] | SeenState, more: Partial<Operation> = {}): Operation {
  const [process = "", kind = "", time] = text.split(" ");
  return {
    process,
    number: Number(time),
    kind: kind as Operation["kind"],
    thread: THREAD,
    write: undefined,
    isDraft: false,
    maxStalenessMs: 0,
    invokedMs: Number(time),
    endedMs: Number(time) + 5,
    outcome: "kind" in outcome ? outcome : { kind: "answered", state: outcome },
    ...more,
  };
}

/** A history of these writes; `-`: the state was cleared. */
function versionsOf(writes: string): AuditedThread["versions"] {
  return writes.split(" ").map((write, index) => ({ version: index + 1, write: write === "-" ? undefined : write }));
}

const refused = { kind: "refused" } as const;
const cached = { maxStalenessMs: 50 } as const;
const draft = (write: string): Partial<Operation> => ({ write, isDraft: true });

/** Two processes that keep all promises: the drafts d and e of one become a thread of their own. */
const good = {
  a: call("p putState 0", state(1, "a"), { write: "a" }),
  b: call("p checkpoint 10", state(2, "a b"), { write: "b" }),
  late: call("q getStateCache 20", state(1, "a"), cached),
  d: call("q putStateCache 30", state(3, "a b d"), draft("d")),
  seen: call("q getStateCache 40", state(3, "a b d"), cached),
  e: call("q putStateCache 50", state(4, "a b d e"), draft("e")),
  c: call("p putState 60", state(3, "a b c"), { write: "c" }),
  f: call("p putState 70", refused, { write: "f" }),
  g: call("p putState 80", { kind: "failed", error: "unavailable" }, { write: "g" }),
  h: call("p putStateCache 90", state(4, "a b c h"), draft("h")),
  read: call("p getState 100", state(4, "a b c h")),
  clear: call("p clearState 110", { kind: "answered", state: null }),
  none: call("q getState 120", { kind: "answered", state: null }),
  i: call("q updateState 130", state(6, "i"), { write: "i" }),
} satisfies Record<string, Operation>;

const thread: AuditedThread = {
  thread: THREAD,
  state: state(6, "i"),
  versions: versionsOf("a b c h - i"),
  samples: [state(3, "a b c"), state(1, "a")],
  messages: ["b"],
};

const fork: AuditedThread = {
  thread: FORK,
  state: state(4, "a b d e", 2),
  versions: versionsOf("a b d e"),
  samples: [],
  messages: ["b"],
};

/** The good history, with other calls, another end, or more. */
function history(
  changed: Partial<Record<keyof typeof good, Operation>> = {},
  more: Partial<History> & { readonly also?: readonly Operation[] } = {},
): History {
  const { also = [], ...rest } = more;
  const operations = [...Object.values({ ...good, ...changed }), ...also];
  return { operations, faults: [], events: [], threads: [thread, fork], ...rest };
}

function rules(found: History): string[] {
  return [...new Set(checkHistory(found).map(({ rule }) => rule))].toSorted();
}

/** What the thread has in the end, with these writes. */
function ends(writes: string, more: Partial<AuditedThread> = {}): Partial<History> {
  const versions = versionsOf(writes);
  return { threads: [{ ...thread, samples: [], versions, ...more }, fork] };
}

/** Redis did not answer the process p. */
const failure = { process: "p", event: "failure RedisError", thread: THREAD, atMs: 58 };

/** The draft k is saved behind b, and behind c. */
function savedTwice(kind: string, events: History["events"]): History {
  const k = call(`p ${kind} 55`, state(4, "a b c k"), { ...draft("k"), endedMs: 95 });
  const forks = ["a b k", "a b c k"].map((writes, index) => ({
    ...fork,
    thread: `${FORK}${index}`,
    state: state(3 + index, writes, 3 + index),
    versions: versionsOf(writes),
  }));
  return history({}, { also: [k], events, threads: [thread, fork, ...forks] });
}

/** The draft h is seen behind b, before c is written, and is committed behind c. */
function draftedTwice(events: History["events"]): History {
  const h = call("p updateState 55", state(4, "a b c h"), { ...draft("h"), endedMs: 95 });
  return history({ h, late: call("q getStateCache 56", state(3, "a b h"), cached) }, { events });
}

test("a history in which all promises are kept", () => {
  expect(checkHistory(history())).toEqual([]);
});

describe("is found:", () => {
  test.each<[string, string, History]>([
    ["a write that was acknowledged, and is not there", "lost", history({}, ends("a b c h -", { state: null }))],
    ["a write of another process", "lost", history({}, ends("a b x h - i"))],
    ["the newest version, which cannot be read", "lost", history({}, { threads: [{ ...thread, state: null }, fork] })],
    ["a thread with all that is in it", "lost", history({}, { threads: [fork] })],
    ["a message", "lost", history({}, { threads: [{ ...thread, messages: [] }, fork] })],
    ["a draft that is nowhere", "lost", history({}, { threads: [thread] })],
    [
      "a draft that was saved in part",
      "lost",
      history({}, { threads: [thread, { ...fork, versions: fork.versions.slice(0, 3), state: state(3, "a b d", 2) }] }),
    ],
    ["a write twice in a thread", "doubled", history({}, ends("a b c h - i i"))],
    [
      "a write twice in an answer",
      "doubled",
      history({ read: { ...good.read, outcome: { kind: "answered", state: state(4, "a b c c h") } } }),
    ],
    ["a message twice", "doubled", history({}, { threads: [{ ...thread, messages: ["b", "b"] }, fork] })],
    ["a draft in two threads", "doubled", history({}, { threads: [thread, fork, { ...fork, thread: `${FORK}2` }] })],
    ["a draft of updateState in two threads, though Redis answered", "doubled", savedTwice("updateState", [])],
    ["a draft in two threads that was made once", "doubled", savedTwice("putStateCache", [failure])],
    ["a draft in another place, though Redis answered", "reordered", draftedTwice([])],
    ["two versions that have changed places", "reordered", history({}, ends("b a c h - i"))],
    ["an answer in another order", "reordered", history({ read: call("p getState 100", state(4, "b a c h")) })],
    [
      "a draft in an answer, between what is committed",
      "mixed",
      history({ read: call("p getStateCache 100", state(4, "a b d h")) }),
    ],
    [
      "a version that does not consist of those before it",
      "mixed",
      history({}, { threads: [{ ...thread, samples: [state(3, "a c")] }, fork] }),
    ],
    ["a message without its state", "mixed", history({}, { threads: [{ ...thread, messages: ["b", "f"] }, fork] })],
    [
      "a write of another thread",
      "foreign",
      history(
        {},
        {
          also: [
            call("q putState 0", state(1, "z"), { write: "z", thread: "t2" }),
            call("q getStateCache 160", state(7, "i z")),
          ],
        },
      ),
    ],
    [
      "a version that is missing",
      "version missing",
      history({}, { threads: [{ ...thread, versions: thread.versions.toSpliced(3, 1) }, fork] }),
    ],
    [
      "a write that was refused, and is there",
      "refused and there",
      history({}, ends("a b c h - i f", { state: state(7, "i f") })),
    ],
    [
      "a write that was refused, and is seen",
      "refused and there",
      history({}, { also: [call("q getStateCache 160", state(7, "i f"))] }),
    ],
    [
      "a cached answer that is staler than it may be",
      "stale",
      history({ late: call("r getStateCache 67", state(1, "a"), cached) }),
    ],
    [
      "a cached answer that finds nothing, too late",
      "stale",
      history(
        { late: call("q getStateCache 80", { kind: "answered", state: null }, cached), clear: good.read },
        ends("a b c h i", { state: state(5, "a b c h i") }),
      ),
    ],
    [
      "an answer that is behind another one",
      "not linearizable",
      history({ read: call("q getState 100", state(2, "a b")) }),
    ],
    [
      "a validated answer that is behind another one",
      "not linearizable",
      history({ read: call("q getStateCache 100", state(2, "a b")) }),
    ],
    [
      "a write under a number that somebody had before",
      "not linearizable",
      history({ c: call("p putState 106", state(3, "a b c"), { write: "c" }) }),
    ],
    [
      "a process that goes back in time",
      "back in time",
      history({}, { also: [call("p getStateCache 18", state(1, "a"), cached)] }),
    ],
    [
      "a process that does not read its own draft",
      "back in time",
      history({}, { also: [call("p getStateCache 98", state(3, "a b c"), cached)] }),
    ],
    [
      "an answer that comes before its write",
      "from the future",
      history({ late: call("q getStateCache 20", state(3, "a b c"), cached) }),
    ],
    [
      "an error that no fault explains",
      "unexpected error",
      history({ g: { ...good.g, outcome: { kind: "failed", error: "TypeError" } } }),
    ],
    [
      "a loss that is reported, and never was",
      "unexpected event",
      history({}, { events: [{ process: "p", event: "rollback", thread: THREAD, atMs: 50 }] }),
    ],
  ])("%s", (_, rule, found) => {
    expect(rules(found)).toContain(rule);
  });
});

describe("is allowed:", () => {
  const loss = { kind: "flush", target: "Redis", fromMs: 55, toMs: 56, losesDrafts: true };
  const deletion = call("p deleteThread 140", { kind: "answered", state: null });

  test.each<[string, History]>([
    ["drafts that Redis has lost", history({}, { threads: [thread], faults: [loss] })],
    [
      "a cached answer that is as stale as it may be",
      history({ late: call("r getStateCache 64", state(1, "a"), cached) }),
    ],
    ["a write that failed, and is there", history({}, ends("a b c h - i g", { state: state(7, "i g") }))],
    ["a thread that was deleted", history({}, { threads: [fork], also: [deletion] })],
    [
      "a draft on a thread that was deleted without its writer's knowing",
      history({}, { threads: [fork], also: [deletion, call("r putStateCache 150", state(7, "i k"), draft("k"))] }),
    ],
    [
      "a write that went with its thread before it was refused",
      history(
        { f: call("p putState 61", refused, { write: "f", endedMs: 190 }) },
        { threads: [fork], also: [deletion, call("q getStateCache 135", state(7, "i f"), { endedMs: 139 })] },
      ),
    ],
    [
      "such a write in what drafts behind it were saved as",
      history(
        { f: call("p putState 61", refused, { write: "f", endedMs: 190 }) },
        {
          threads: [
            fork,
            { ...fork, thread: `${FORK}2`, state: state(7, "i f", 3), versions: versionsOf("a b c h - i f") },
          ],
          also: [deletion],
        },
      ),
    ],
    [
      "no state after a stale answer from before it was cleared, in a thread that was deleted",
      history(
        {},
        {
          threads: [fork],
          also: [
            deletion,
            call("r getStateCache 117", state(4, "a b c h"), cached),
            call("r getStateCache 123", { kind: "answered", state: null }, cached),
          ],
        },
      ),
    ],
    [
      "a refused draft that Redis has executed later",
      history(
        { f: { ...good.f, ...draft("f") } },
        {
          threads: [
            thread,
            fork,
            {
              ...fork,
              thread: `${FORK}2`,
              state: state(4, "a b c f", 3),
              versions: versionsOf("a b c f"),
            },
          ],
          events: [{ process: "p", event: "failure RedisError", thread: THREAD, atMs: 72 }],
        },
      ),
    ],
    ["a draft that was given up, as Redis did not answer, and drafted anew", draftedTwice([failure])],
    ["such a draft that is saved twice", savedTwice("updateState", [failure])],
  ])("%s", (_, found) => {
    expect(checkHistory(found)).toEqual([]);
  });
});
