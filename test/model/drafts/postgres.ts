import {
  baseOf,
  fail,
  forkCount,
  headOf,
  ORIGIN,
  writeOf,
  type Command,
  type State,
  type World,
  type WriteId,
} from "./state.ts";

/** Executes a command, if it is PostgreSQL's. */
export function executeInPostgres(world: World, state: State, command: Command): void {
  if (command.script === "commit") commit(world, state, command.base, command.writes);
  else if (command.script === "fork") fork(world, state, command.chain, command.missing);
}

/** One statement, each write a version, all or none: a compare-and-swap on the base row of the first. */
function commit({ broken }: World, state: State, base: number, writes: readonly WriteId[]): void {
  const [first = ""] = writes;
  if (state.isDeleted || headOf(state) !== base) return;
  if (!broken.noCas && writeOf(state, base) !== baseOf(state, first)) return;
  state.rows = [...state.rows, ...writes];
}

/**
 * A fork is named by its first draft, and every draft is a row of it under its own write id: saved twice, or by two flushers of which one
 * saw more, it only gets what is missing. It needs its base row, so that nothing of a deleted thread comes back.
 */
function fork({ broken }: World, state: State, chain: readonly WriteId[], missing: readonly WriteId[]): void {
  if (state.isDeleted) {
    if (broken.forkDeleted) fail(state, "the deleted thread comes back as a fork");
    return;
  }
  checkBase(state, chain, missing);
  const forks = state.forks.map((each) => [...each]);
  const lastOf = (each: readonly WriteId[]): WriteId | undefined => each.at(-1);
  if (broken.forkByLast) {
    if (!forks.some((each) => lastOf(each) === missing.at(-1))) forks.push([...missing]);
  } else {
    for (const write of missing) {
      if (!broken.forkAppends && forks.some((each) => each.includes(write))) continue;
      const known =
        forks.find((each) => lastOf(each) === baseOf(state, write)) ??
        (broken.forkAppends ? forks.find((each) => each[0] === missing[0]) : undefined);
      if (known === undefined) forks.push([write]);
      else known.push(write);
    }
  }
  state.forks = forks.sort((left, right) => (left.join() < right.join() ? -1 : 1));
}

/** The state that the first delta applies to must still exist, as a version, in a fork, or as a draft that is saved with it. */
function checkBase(state: State, chain: readonly WriteId[], missing: readonly WriteId[]): void {
  const [first = ""] = missing;
  for (let index = chain.indexOf(first); index >= 0; index--) {
    const base = baseOf(state, chain[index] ?? "");
    if (base === ORIGIN || state.rows.includes(base) || forkCount(state, base) > 0) return;
  }
  fail(
    state,
    `the state ${baseOf(state, first)}, which draft ${first} is a delta on, exists nowhere: the draft is unreadable`,
  );
}
