import type { Model } from "../explorer.ts";
import type { Configuration } from "./configuration.ts";
import { faultOf, hasUndone } from "./guarantees.ts";
import { breakRules, type Rule } from "./rules.ts";
import { initialState, type Process, type State, type World } from "./state.ts";
import { steps } from "./steps.ts";

/**
 * Drafts, the hot writes that PostgreSQL gets later: draft writers, flushers without a lease, a `sync` writer that built on drafts and one
 * that knows of none, on one thread; with answers lost, commands that execute at any later time, repetitions, deaths, evictions, failover
 * to a lagging replica, deletion. A process that takes no further step has died.
 *
 * What must hold at every moment: no draft is lost, doubled, mixed with another history, or hidden from the flushers; nobody is told
 * ConflictError for a write that is in the history; nothing steps back in time. And from every moment, flushers alone can commit or save
 * all drafts.
 */
export function draftsModel(configuration: Configuration, broken: readonly Rule[] = []): Model<State> {
  const isBroken = breakRules(broken);
  const isDirtyApart = isBroken.dirtyApart || isBroken.dirtyChecked;
  const world: World = { configuration, broken: isBroken, isDirtyApart };
  return {
    initial: initialState(world),
    encode,
    decode: (text) => JSON.parse(text) as State,
    steps: (state, visit) => steps(world, state, visit),
    fault: (state) => faultOf(world, state),
    isSettled: (state) => !state.redis.isDirty && !hasUndone(state),
    stuck: "from here no flusher can ever empty the drafts and dirty",
  };
}

function encode(state: State): Buffer {
  sortFlushers(state);
  return Buffer.from(JSON.stringify(state), "latin1");
}

/** Flushers are interchangeable: one order of them stands for all. */
function sortFlushers({ processes }: State): void {
  const first = processes.findIndex(({ kind }) => kind === "a flusher");
  const [one, other] = [processes[first], processes[first + 1]];
  if (one === undefined || other?.kind !== "a flusher") return;
  if (isInOrder(one, other)) return;
  processes[first] = other;
  processes[first + 1] = one;
}

function isInOrder(one: Process, other: Process): boolean {
  return one.stage === other.stage ? JSON.stringify(one) <= JSON.stringify(other) : one.stage < other.stage;
}
