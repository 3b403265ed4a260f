import type { AuditedThread, Fault, Operation, SeenState, Violation } from "./history.ts";
import { isLinearizable, type ThreadTruth } from "./thread-truth.ts";

/** What is needed to judge a thread's contents. */
export interface ContentsParts {
  readonly truth: ThreadTruth;
  /** The threads that drafts of this one were saved as. */
  readonly forks: readonly AuditedThread[];
  readonly faults: readonly Fault[];
  /** Writes that were given up as drafts while Redis did not answer: they may turn up there, and are saved then as a conflict is. */
  readonly late: ReadonlySet<string>;
  /** All writes of the run. */
  readonly writes: ReadonlyMap<string, Operation>;
}

/** What is wrong with what a thread holds in the end, or held when somebody looked. */
export function checkContents(parts: ContentsParts): Violation[] {
  const { truth, forks } = parts;
  return [
    ...[truth.audit, ...forks].flatMap((thread) => checkVersions(thread, parts)),
    ...checkMessages(parts),
    ...checkForks(parts),
    ...truth.operations.flatMap((operation) => checkOperation(operation, parts)),
  ];
}

/** Versions are contiguous, and each consists of those before it. */
function checkVersions(audited: AuditedThread, { writes, truth, late }: ContentsParts): Violation[] {
  const { thread, versions } = audited;
  const found: Violation[] = [];
  const there = new Map<string, number>();
  for (const [index, { version, write }] of versions.entries()) {
    if (version !== index + 1) {
      found.push(violation("version missing", thread, `after version ${index} comes version ${version}`));
      break;
    }
    if (write === undefined) continue;
    const by = writes.get(write);
    const first = there.get(write);
    there.set(write, version);
    const say = (rule: string, text: string): void => void found.push(violation(rule, thread, `${write} ${text}`, by));
    if (first !== undefined) say("doubled", `is version ${first} and version ${version}`);
    if (by?.thread !== truth.audit.thread) say("foreign", "was written elsewhere, or by nobody");
    if (by?.outcome.kind !== "refused") continue;
    // A thread of drafts outlives the one that it was copied from: see `isWronglyThere`.
    const isExplained = late.has(write) || truth.mayBeDeleted(by.invokedMs, by.endedMs);
    if (audited === truth.audit || !isExplained) say("refused and there", `is version ${version}`);
  }
  return [...found, ...checkReads(audited)];
}

/** What is read is what the history says. */
function checkReads(audited: AuditedThread): Violation[] {
  const { thread, versions, state, samples } = audited;
  const found: Violation[] = [];
  for (const { version, writes } of [...samples, ...(state === null ? [] : [state])]) {
    const expected = foldedWrites(audited, version).join();
    if (expected === writes.join()) continue;
    found.push(
      violation("mixed", thread, `version ${version} is read as ${writes.join()}, its history says ${expected}`),
    );
  }
  const last = versions.at(-1);
  const newest = last?.write === undefined ? undefined : last.version;
  if (state?.version === newest) return found;
  const text = `version ${state?.version ?? "none"} is read, but the newest version is ${last?.version ?? "none"}`;
  return [...found, violation("lost", thread, text)];
}

function violation(rule: string, thread: string, text: string, ...by: (Operation | undefined)[]): Violation {
  return { rule, thread, text, operations: by.filter((operation) => operation !== undefined) };
}

/** The writes that a version consists of: those since the state was cleared last. */
function foldedWrites({ versions }: AuditedThread, version: number): string[] {
  const until = versions.filter((each) => each.version <= version);
  const cleared = until.findLastIndex(({ write }) => write === undefined);
  return until.slice(cleared + 1).flatMap(({ write }) => write ?? []);
}

/** A checkpoint's message is there if and only if its state is. */
function checkMessages({ truth, writes }: ContentsParts): Violation[] {
  const { thread, messages, versions } = truth.audit;
  const states = new Set(versions.flatMap(({ write }) => write ?? []));
  const there = new Set(messages);
  const found: Violation[] = [];
  const say = (rule: string, text: string, write: string): void =>
    void found.push(violation(rule, thread, text, writes.get(write)));
  if (there.size < messages.length) {
    const twice = messages.find((message, index) => messages.indexOf(message) !== index) ?? "";
    say("doubled", `message ${twice} is there twice`, twice);
  }
  for (const message of there)
    if (!states.has(message)) say("mixed", `message ${message} is there without its state`, message);
  for (const state of states) {
    if (writes.get(state)?.kind === "checkpoint" && !there.has(state)) {
      say("lost", `state ${state} is there without its message`, state);
    }
  }
  return found;
}

/** A write that the thread does not have is in one of its forks at most. Of a thread that was deleted it is not known which those are. */
function checkForks({ truth, forks, writes, late }: ContentsParts): Violation[] {
  if (truth.mayBeDeleted(0)) return [];
  const committed = new Set(truth.audit.versions.map(({ write }) => write));
  const saved = new Map<string, string>();
  const found: Violation[] = [];
  for (const { thread, versions } of forks) {
    for (const { write } of versions) {
      if (write === undefined || committed.has(write)) continue;
      // Given up, and drafted anew: both are drafts.
      if (late.has(write) && writes.get(write)?.kind === "updateState") continue;
      const other = saved.get(write);
      if (other !== undefined && other !== thread) {
        found.push(violation("doubled", thread, `${write} is saved here and in ${other}`, writes.get(write)));
      }
      saved.set(write, thread);
    }
  }
  return found;
}

function checkOperation(operation: Operation, parts: ContentsParts): Violation[] {
  const { outcome, thread } = operation;
  if (outcome.kind !== "answered" || outcome.state === null) return [];
  const found = checkSeen(operation, outcome.state, parts);
  const lost = lossOf(operation, outcome.state, parts);
  if (lost !== undefined) found.push({ rule: "lost", thread, text: lost, operations: [operation] });
  return found;
}

/** What somebody saw is a piece of the history, perhaps with drafts behind it that never became part of it. */
function checkSeen(operation: Operation, state: SeenState, parts: ContentsParts): Violation[] {
  const { writes } = parts;
  const { thread, endedMs } = operation;
  const found: Violation[] = [];
  const say = (rule: string, text: string, by?: Operation): void =>
    void found.push(violation(rule, thread, `${text}: ${state.writes.join()}`, by, operation));
  if (new Set(state.writes).size < state.writes.length) say("doubled", "a write is seen twice");
  let previous: string | undefined;
  for (const [index, write] of state.writes.entries()) {
    const by = writes.get(write);
    if (by?.thread !== thread) say("foreign", `${write} was written elsewhere, or by nobody`, by);
    else if (isWronglyThere(by, state, parts)) say("refused and there", `${write} is seen`, by);
    else if (by.invokedMs > endedMs) say("from the future", `${write} is seen before it was made`, by);
    const seenAs = state.version - (state.writes.length - 1 - index);
    const wrong = wrongPlaceOf(operation, state.incarnation, { write, seenAs, previous }, parts);
    if (wrong !== undefined) say(wrong.rule, wrong.text, by);
    previous = write;
  }
  return found;
}

/** A write, as a state shows it. */
interface SeenWrite {
  readonly write: string;
  /** As which version. */
  readonly seenAs: number;
  /** Behind which other one. */
  readonly previous: string | undefined;
}

/** What is wrong with the place in which a committed write is seen; undefined: nothing. */
function wrongPlaceOf(
  operation: Operation,
  incarnation: number,
  { write, seenAs, previous }: SeenWrite,
  { truth, late }: ContentsParts,
): Pick<Violation, "rule" | "text"> | undefined {
  const version = truth.committedVersion(incarnation, write);
  if (version === undefined) return undefined;
  if (version === seenAs) {
    if (follows(truth, incarnation, version, previous)) return undefined;
    return { rule: "mixed", text: `${write} is version ${version}, and seen after ${previous ?? "nothing"}` };
  }
  // A draft that was given up, and drafted anew behind what had come first, may have been seen in its first place.
  if (!isLinearizable(operation) && late.has(write) && seenAs < version) return undefined;
  return { rule: "reordered", text: `${write} is version ${version}, and seen as version ${seenAs}` };
}

/** Whether a write was refused, and nothing explains why it is there. */
function isWronglyThere(by: Operation, { incarnation }: SeenState, { truth, late }: ContentsParts): boolean {
  const { outcome, write = "", invokedMs, endedMs } = by;
  if (outcome.kind !== "refused" || late.has(write)) return false;
  // Its reply was lost, and its thread deleted before it was asked for again: nobody can tell that it was there.
  return incarnation === truth.incarnation || !truth.mayBeDeleted(invokedMs, endedMs);
}

/** Whether a version of the life that is known follows what a state shows before it. */
function follows(truth: ThreadTruth, incarnation: number, version: number, previous: string | undefined): boolean {
  if (incarnation !== truth.incarnation) return true;
  return truth.audit.versions[version - 2]?.write === previous;
}

/** What was acknowledged, or seen in the database, and is gone; undefined: nothing. */
function lossOf(operation: Operation, state: SeenState, parts: ContentsParts): string | undefined {
  const { truth } = parts;
  const { isDraft, kind, invokedMs } = operation;
  if (kind === "getStateCache") return undefined; // it may show drafts of others
  if (state.incarnation !== truth.incarnation) {
    // Who deletes it without Redis tells no drafter of it: what is drafted on it afterwards goes with it, too.
    return truth.mayBeDeleted(isDraft ? 0 : invokedMs) ? undefined : `life ${state.incarnation} of the thread is gone`;
  }
  if (!isDraft && isLinearizable(operation)) {
    const missing = state.writes.find((each) => truth.committedVersion(state.incarnation, each) === undefined);
    return missing === undefined ? undefined : `${missing} was committed, and is not there`;
  }
  return isDraft ? draftLossOf(operation, state, parts) : undefined;
}

/** A draft is committed, or in a thread of its own, or Redis has lost it. */
function draftLossOf(
  { write, invokedMs }: Operation,
  state: SeenState,
  { truth, forks, faults }: ContentsParts,
): string | undefined {
  if (write === undefined || truth.committedVersion(state.incarnation, write) !== undefined) return undefined;
  const saved = forks
    .filter(({ versions }) => versions.some((version) => version.write === write))
    .map((fork) => foldedWrites(fork, state.version).join());
  const drafted = state.writes.join();
  if (saved.includes(drafted)) return undefined;
  if (saved.length > 0) return `the draft ${drafted} was saved as ${saved.join(" and as ")}`;
  const mayBeLost = faults.some(({ losesDrafts, toMs }) => losesDrafts && toMs >= invokedMs);
  return mayBeLost ? undefined : `the draft ${write} is neither committed nor saved as a thread of its own`;
}
