import type { Visit } from "../explorer.ts";
import { mixtureOf } from "./guarantees.ts";
import { finish, plan } from "./plan.ts";
import { drop, failOver, hasDrafts, leaveDirty, replace, replaceWithHead } from "./redis.ts";
import { execute, putOff, tell } from "./sending.ts";
import { copyOf, copyOfRedis, fail, forkCount, headOf, rest, type Process, type State, type World } from "./state.ts";
import { writerSteps } from "./writers.ts";

/** Offers a step: its words, and how it changes a copy of the state. */
type Offer = (words: () => string, change: (next: State) => void) => void;

/** A process about to do something. Its changes are given its own copy in the next state. */
export interface Actor {
  readonly world: World;
  readonly state: State;
  readonly process: Process;
  /** Offers a step of this process. */
  readonly act: (words: () => string, change: (next: State, process: Process) => void) => void;
}

/** Everything that can happen next. What flushers do is what helps. */
export function steps(world: World, state: State, visit: Visit<State>): void {
  const offerAs =
    (isHelpful: boolean): Offer =>
    (words, change) => {
      const next = copyOf(state);
      change(next);
      visit(next, words, isHelpful);
    };
  const offer = offerAs(false);
  lateSteps(world, state, offer);
  redisSteps(world, state, offer);
  replicaSteps(state, offer);
  deleteSteps(world, state, offer);
  for (const [index, process] of state.processes.entries()) {
    const offerOwn = offerAs(process.kind === "a flusher");
    const act: Actor["act"] = (words, change) =>
      offerOwn(
        () => `${process.kind} ${words()}`,
        (next) => {
          const own = next.processes[index];
          if (own !== undefined) change(next, own);
        },
      );
    processSteps({ world, state, process, act });
  }
}

function lateSteps(world: World, state: State, offer: Offer): void {
  for (const command of state.late) {
    offer(
      () => `the late ${tell(command)} executes`,
      (next) => {
        next.late = next.late.filter((each) => each !== command);
        execute(world, next, command);
      },
    );
  }
}

function redisSteps(world: World, state: State, offer: Offer): void {
  const { redis } = state;
  if (state.evictionsLeft > 0) evictionSteps(world, state, offer);
  if (redis.stamp >= 0 || state.isDeleted) return;
  offer(
    () => "a reader validates the head",
    (next) => replace(world, next, headOf(next)),
  );
}

function evictionSteps(world: World, state: State, offer: Offer): void {
  const { redis } = state;
  const evict = (words: () => string, change: (next: State) => void): void =>
    offer(words, (next) => {
      next.evictionsLeft--;
      change(next);
    });
  if (redis.stamp >= 0) {
    evict(
      () => "Redis evicts the head", // with drafts or without
      (next) => {
        next.redis.stamp = -1;
        next.redis.isDropped = false;
      },
    );
  }
  if (redis.log.length > 0 && (!hasDrafts(world, state, redis) || world.broken.evictDrafts)) {
    evict(
      () => "Redis evicts the log",
      (next) => {
        next.redis.log = [];
      },
    );
  }
  if (state.lateLeft > 0 && !state.isDeleted) {
    evict(
      () => `a reader validates version ${headOf(state)}; its replace is late`,
      (next) => putOff(next, replaceWithHead(next)),
    );
  }
}

function replicaSteps(state: State, offer: Offer): void {
  if (state.replica !== null) {
    offer(
      () => "failover to the replica",
      (next) => failOver(next, (write) => next.rows.includes(write) || forkCount(next, write) > 0),
    );
  } else if (state.failoversLeft > 0) {
    offer(
      () => "the replica stops following",
      (next) => {
        next.replica = copyOfRedis(next.redis);
      },
    );
  }
}

function deleteSteps(world: World, state: State, offer: Offer): void {
  if (state.deletionsLeft > 0) {
    offer(
      () => "the thread is deleted in PostgreSQL",
      (next) => {
        next.deletionsLeft--;
        next.isDeleted = true;
      },
    );
  }
  if (state.isDeleted && !state.redis.isDropped) {
    offer(
      () => "drop executes",
      (next) => drop(world, next),
    );
  }
}

function processSteps(actor: Actor): void {
  if (actor.process.kind === "a reader") readerSteps(actor);
  else if (actor.process.kind === "a flusher") flusherSteps(actor);
  else writerSteps(actor);
  if (actor.process.stage === "planning") {
    actor.act(
      () => "asks PostgreSQL",
      (next, process) => plan(actor.world, next, process),
    );
  }
  sendingSteps(actor);
}

function readerSteps({ world, process: { stage }, act }: Actor): void {
  if (stage === "idle") {
    act(
      () => "reads Redis",
      (next, process) => {
        process.stage = "reading";
        process.shown = copyOfRedis(next.redis);
      },
    );
  } else {
    act(
      () => "asks PostgreSQL and folds",
      (next, process) => {
        const mixture = mixtureOf(world, next, process.shown ?? next.redis, headOf(next));
        if (mixture !== undefined) fail(next, mixture);
        rest(process);
      },
    );
  }
}

function flusherSteps({ world, state, process: { stage }, act }: Actor): void {
  const { redis } = state;
  if (stage !== "idle") {
    act(
      () => "gives up (or dies, and another comes)",
      (_next, process) => rest(process),
    );
    return;
  }
  if (!redis.isDirty) return;
  // The whole log behind its snapshot, not what is past the stamp: a stamp that rose over a lost chain hides its beginning.
  const from = world.broken.pastStamp ? Math.max(0, redis.stamp - redis.first + 1) : 1;
  const drafts = redis.log.slice(from);
  if (hasDrafts(world, state, redis)) {
    if (drafts.length === 0) return;
    act(
      () => `reads the drafts ${drafts.join()}`,
      (_next, process) => {
        process.stage = "planning";
        process.drafts = drafts;
      },
    );
  } else if (world.isDirtyApart) {
    act(
      () => "finds no draft: leave(dirty)",
      (next) => leaveDirty(world, next),
    );
  }
}

function sendingSteps({ world, state, process: { stage, command }, act }: Actor): void {
  if (stage !== "sending" || command === null || command.script === "draft") return;
  act(
    () => tell(command),
    (next, process) => {
      execute(world, next, command);
      goOn(next, process);
    },
  );
  if (state.lateLeft === 0) return;
  act(
    () => `sends ${tell(command)}, which is late`,
    (next, process) => {
      putOff(next, command);
      goOn(next, process);
    },
  );
}

/** After a statement it asks PostgreSQL again, whatever came of it; after a command to Redis it is done. */
function goOn(state: State, process: Process): void {
  const script = process.command?.script;
  if (script === "commit" || script === "fork") {
    process.stage = "planning";
    process.command = null;
  } else if (process.kind === "a flusher") rest(process);
  else finish(state, process);
}
