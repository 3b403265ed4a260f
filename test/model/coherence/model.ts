import type { Model } from "../explorer.ts";
import { worldOf, type Configuration } from "./configuration.ts";
import { Encoding } from "./encoding.ts";
import type { Rule } from "./rules.ts";
import { initialState, type State } from "./state.ts";
import { steps } from "./steps.ts";

/**
 * The protocol between PostgreSQL, Redis and a process's near copy, without drafts: a few processes on one thread, with commands that wait
 * in sockets for any time, deaths, evictions, failovers, and a PostgreSQL that loses its tail. A lost command is one that is never
 * executed, and a writer's death after its commit is the loss of its *advance*.
 *
 * What must hold at every answer:
 *
 * - P1, the bound: what the cache answers was PostgreSQL's head at some moment of the last T (T + d if Redis's clock was set back by d).
 * - P2, one history: it is one committed version, whole; no delta ever lands on another base than its own, in Redis, near copy or PostgreSQL.
 * - P3, per process: it is never older than what this process answered or wrote before, unless the answer reports a rollback.
 * - P4, rollback: that is reported only if PostgreSQL has lost its tail.
 * - P5, settling: after two undisturbed validations the cache serves again.
 * - Z, no staleness: while nothing but delays, lost commands, deaths, a lost log, or a failover between known servers has happened, the
 *   cache never answers older than a stamp that a command has stored, nor than a commit whose mark had arrived before it.
 */
export function coherenceModel(configuration: Configuration, broken: readonly Rule[] = []): Model<State> {
  const world = worldOf(configuration, broken);
  const encoding = new Encoding(world);
  return {
    initial: initialState(world),
    encode: (state) => encoding.encode(state),
    decode: (text) => encoding.decode(text),
    steps: (state, visit) => steps(world, state, visit),
  };
}
