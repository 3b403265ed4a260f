import type { Visit } from "../explorer.ts";
import { UNLIMITED, type World } from "./configuration.ts";
import { faultSteps, moveTimes } from "./faults.ts";
import { answer, beginRead, commit, look, markOf, send, settles, validate } from "./processes.ts";
import { execute } from "./scripts.ts";
import { isGone, nameOf, tell } from "./stamps.ts";
import { copyOf, emptyRedis, fail, NONE, newProcess, type Operation, type Process, type State } from "./state.ts";

/** Offers a step: its words, and how it changes a copy of the state. */
export type Offer = (words: () => string, change: (next: State) => void) => void;

/** Everything that can happen next. */
export function steps(world: World, state: State, visit: Visit<State>): void {
  const offer: Offer = (words, change) => {
    const next = copyOf(state);
    change(next);
    visit(next, words);
  };
  offer(
    () => "time passes",
    (next) => passTime(world, next),
  );
  commandSteps(world, state, offer);
  for (const [index, process] of state.processes.entries()) {
    const actor: Actor = { world, state, index, process, name: "ABCDEF"[process.role] ?? "?", offer };
    if (process.operation === "none") idleSteps(actor);
    else busySteps(actor);
  }
  keySteps(world, state, offer);
  faultSteps(world, state, offer);
}

/** A process about to do something, in the state it is in. */
interface Actor {
  readonly world: World;
  readonly state: State;
  readonly index: number;
  readonly process: Process;
  readonly name: string;
  readonly offer: Offer;
}

function passTime(world: World, state: State): void {
  const old = world.trustTicks + 1;
  state.rows = state.rows.map((row) => (row.age < old ? { ...row, age: row.age + 1 } : row));
  for (const process of state.processes) ageFloor(world, process);
  for (const redis of [state.redis, state.replica]) if (redis !== undefined && redis.life > 0) redis.life--;
  moveTimes(world, state, -1);
  if (world.broken.headDiesWithTrust && state.redis.until <= 0) state.redis.stamp = NONE;
}

function ageFloor({ floorTicks, floorsLiveFrom }: World, process: Process): void {
  if (process.floor === NONE || process.floorAge >= floorTicks) return;
  if (process.near === NONE || floorsLiveFrom === "answer") process.floorAge++;
}

function commandSteps(world: World, state: State, offer: Offer): void {
  for (const [index, command] of state.commands.entries()) {
    if (command.isHeld) {
      const release = (next: State): void => {
        next.commands[index] = { ...command, isHeld: false };
      };
      offer(() => `${tell(state, command)} is sent only now, with the time of now`, release);
      continue;
    }
    offer(
      () => `Redis executes ${tell(state, command)}`,
      (next) => {
        next.commands.splice(index, 1);
        const following = execute(world, next, command);
        if (following !== undefined) send(world, next, following);
      },
    );
    // One that waits for ever is lost as well, so this makes a difference only where it makes room.
    if (state.commands.length < world.inFlight) continue;
    offer(
      () => `${tell(state, command)} is lost`,
      (next) => next.commands.splice(index, 1),
    );
  }
}

function busySteps(actor: Actor): void {
  const { world, state, index, process, name, offer } = actor;
  const { operation, write } = process;
  if (operation === "read") {
    offer(
      () => `${name} reads ${nameOf(state, state.head)} from PostgreSQL`,
      by(index, (next, reader) => {
        const told = validate(world, next, reader);
        if (next.redis.pending <= 0 && !settles(world, next, index)) {
          fail(next, "P5: two undisturbed validations later the cache still does not serve");
        }
        send(world, next, told);
      }),
    );
  } else {
    offer(
      () => `${name}'s ${operation} w${write} executes on ${nameOf(state, state.head)}`,
      by(index, (next, writer) => commit(world, next, writer)),
    );
  }
  offer(
    () => `${name} dies, its statement with it`,
    (next) => {
      next.processes[index] = newProcess(world, process.role);
    },
  );
}

function idleSteps(actor: Actor): void {
  const { world, process } = actor;
  const abilities = world.processes[process.role] ?? "";
  if (abilities.includes("r")) readSteps(actor);
  beginSteps(actor, abilities);
  if (process.near !== NONE) evictNearStep(actor);
  else if (process.floor !== NONE) forgetStep(actor);
}

function readSteps({ world, state, index, process, name, offer }: Actor): void {
  const { result, isTrusted } = look(world, state, process);
  if (isTrusted) {
    offer(
      () => `${name} answers ${nameOf(state, result)} from the cache`,
      by(index, (next, reader) => {
        answer(world, next, reader, { stamp: result, isCached: true, isRollback: false });
      }),
    );
  } else if (state.looksLeft > 0) {
    const shown = (): string => `stamp ${nameOf(state, state.redis.stamp)}, result ${nameOf(state, result)}`;
    offer(
      () => `${name} looks into the cache (${shown()}) and asks PostgreSQL`,
      by(index, (next, reader) => {
        if (next.looksLeft !== UNLIMITED) next.looksLeft--;
        beginRead(next, reader, result);
      }),
    );
  }
}

function beginSteps({ world, state, index, process, name, offer }: Actor, abilities: string): void {
  const write = state.nextWrite;
  if (write >= state.rows.length - (world.exists ? 0 : 1)) return;
  const begin = (operation: Operation, base: number): ((next: State) => void) =>
    by(index, (next, writer) => {
      next.nextWrite++;
      writer.operation = operation;
      writer.write = write;
      writer.base = base;
      writer.by = next.replicationId;
      send(world, next, markOf("mark", write));
    });
  const base = baseOf(state, process, abilities);
  if (abilities.includes("w") && base !== NONE) {
    offer(() => `${name} begins write w${write} on ${nameOf(state, base)}`, begin("write", base));
  }
  if (abilities.includes("o")) offer(() => `${name} begins overwrite w${write}`, begin("overwrite", NONE));
  if (abilities.includes("d")) offer(() => `${name} begins delete w${write}`, begin("delete", NONE));
}

/** What a write builds on. A process without memory has just called `getState`. */
function baseOf(state: State, { near, floor }: Process, abilities: string): number {
  if (!abilities.includes("m")) return state.head;
  if (near !== NONE) return near;
  return isGone(state, floor) ? floor : NONE;
}

function evictNearStep({ world, index, name, offer }: Actor): void {
  offer(
    () => `${name}'s near copy is evicted`,
    by(index, (_next, process) => {
      process.near = NONE;
      process.floorAge = world.floorsLiveFrom === "answer" ? process.floorAge : 0;
      if (world.broken.floorsWithNear) process.floor = NONE;
    }),
  );
}

function forgetStep({ world, index, process, name, offer }: Actor): void {
  const forget = (early: Partial<Process>): ((next: State) => void) =>
    by(index, (_next, forgetful) => Object.assign(forgetful, { floor: NONE, floorAge: 0, ...early }));
  if (process.floorAge >= world.floorTicks) {
    const since = world.floorsLiveFrom === "answer" ? "its last answer" : "the eviction";
    offer(() => `${name} forgets its floor, ${world.floorTicks} ticks after ${since}`, forget({}));
  } else if (world.forgetsEarly) {
    offer(() => `${name} forgets its floor early`, forget({ early: 0 }));
  }
}

function keySteps(world: World, state: State, offer: Offer): void {
  const { log, life, stamp, pending } = state.redis;
  if (log.length > 0) {
    offer(
      () => "Redis evicts the log",
      (next) => {
        next.redis.log = [];
      },
    );
  }
  if (world.keyTicks !== undefined && life === 0 && (stamp !== NONE || pending > world.longAgo)) {
    offer(
      () => "both keys expire",
      (next) => {
        next.redis = emptyRedis(world);
      },
    );
  }
}

/** A change that one process makes. */
function by(index: number, make: (next: State, process: Process) => void): (next: State) => void {
  return (next) => {
    const process = next.processes[index];
    if (process !== undefined) make(next, process);
  };
}
