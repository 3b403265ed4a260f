import {
  baseOf,
  forkCount,
  headOf,
  rest,
  withOne,
  writeOf,
  type Command,
  type Process,
  type State,
  type World,
  type WriteId,
} from "./state.ts";

/** The write id of what a writer is about to write. */
export function ownWrite({ configuration }: World, { kind, left }: Process): WriteId {
  if (kind === "the sync writer") return "s";
  if (kind === "the foreign writer") return "g";
  return kind === "writer A" ? `a${configuration.draftsOfA - left + 1}` : `b${configuration.draftsOfB - left + 1}`;
}

/** A write is over; its writer was told ConflictError if it was refused. */
export function finish(state: State, process: Process, refused?: WriteId): void {
  if (refused !== undefined) state.refused = withOne(state.refused, refused);
  process.left--;
  rest(process);
}

/** What PostgreSQL, asked now, says to do about a chain of drafts: a flusher's, or a writer's with its own write as the last. */
export function plan(world: World, state: State, process: Process): void {
  if (process.kind === "a flusher") planFlush(world, state, process);
  else planWrite(world, state, process);
}

function planFlush(world: World, state: State, process: Process): void {
  const { broken } = world;
  const chain = process.drafts;
  if (state.isDeleted && !broken.forkDeleted) {
    prepare(process, { script: "drop" });
    return;
  }
  const missing = missingOf(world, state, chain);
  if (missing.length === 0) prepare(process, { script: "advance", after: 0, version: headOf(state) });
  else if (standsOnHead(state, missing) || broken.noCas) prepare(process, commitOf(state, missing));
  else if (isSaved(world, state, missing) || broken.discardFirst) prepare(process, discardOf(chain));
  else prepare(process, { script: "fork", chain, missing });
}

function planWrite(world: World, state: State, process: Process): void {
  const write = ownWrite(world, process);
  const missing = missingOf(world, state, [...process.drafts, write]);
  const head = headOf(state);
  if (state.isDeleted) finish(state, process);
  else if (missing.length === 0) prepare(process, { script: "advance", after: head - 1, version: head });
  else if (standsOnHead(state, missing)) prepare(process, commitOf(state, missing));
  else finish(state, process, write); // the drafts that it built on are left to the flushers
}

/** What PostgreSQL does not have: the chain behind the last that it has. */
function missingOf({ broken }: World, state: State, chain: readonly WriteId[]): readonly WriteId[] {
  const rows = broken.headOnly ? state.rows.slice(-1) : state.rows;
  const known = chain.findLastIndex((write) => rows.includes(write));
  return chain.slice(known + 1);
}

function isSaved({ broken }: World, state: State, missing: readonly WriteId[]): boolean {
  if (missing.every((write) => forkCount(state, write) > 0)) return true;
  return broken.forkByLast && state.forks.some((fork) => fork.at(-1) === missing.at(-1));
}

/** The drafts are saved: `draftConflict` is reported, and they may go. */
function discardOf(chain: readonly WriteId[]): Command {
  return { script: "discard", write: chain.at(-1) ?? "" };
}

/** Every write a version of its own. */
function commitOf(state: State, writes: readonly WriteId[]): Command {
  return { script: "commit", base: headOf(state), writes };
}

function standsOnHead(state: State, [first = ""]: readonly WriteId[]): boolean {
  return baseOf(state, first) === writeOf(state, headOf(state));
}

function prepare(process: Process, command: Command): void {
  process.command = command;
  process.stage = "sending";
  if (command.script === "commit" || command.script === "fork") return;
  process.drafts = []; // the last command needs them no more
  process.base = "";
}
