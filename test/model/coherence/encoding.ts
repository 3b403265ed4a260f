import type { World } from "./configuration.ts";
import { NONE, type Command, type Operation, type Process, type Redis, type Row, type State } from "./state.ts";

// One byte a field, so that a state is a short text. Times may be negative.
const TIME = 16;
const OPERATIONS: readonly Operation[] = ["none", "read", "write", "overwrite", "delete"];
const SCRIPTS: readonly Command["script"][] = ["mark", "unmark", "advance", "replace"];
const PROCESS_BYTES = 15;
const COMMAND_BYTES = 8;

/** Turns states into bytes and back; states between which there is no difference into the same bytes. */
export class Encoding {
  readonly #world: World;
  /** For each process the first one that may do the same. */
  readonly #kinds: readonly number[];
  readonly #bytes = Buffer.alloc(512);
  #at = 0;
  #text = "";

  constructor(world: World) {
    this.#world = world;
    this.#kinds = world.processes.map((abilities) => world.processes.indexOf(abilities));
  }

  /** The bytes are valid until the next call. */
  encode(state: State): Buffer {
    normalise(this.#world, state);
    const { processes, commands, replica } = state;
    this.#at = 0;
    this.#putWorld(state);
    for (const row of state.rows) this.#putRow(row);
    this.#putRedis(state.redis);
    if (replica !== undefined) this.#putRedis(replica);
    for (const process of processes) this.#putProcess(process);
    this.#sortLast(processes.length, PROCESS_BYTES);
    this.#put(commands.length);
    for (const command of commands) this.#putCommand(command);
    this.#sortLast(commands.length, COMMAND_BYTES);
    return this.#bytes.subarray(0, this.#at);
  }

  /** A state from its bytes, as Latin-1 text. */
  decode(text: string): State {
    this.#text = text;
    this.#at = 0;
    const flags = this.#get();
    const flag = (index: number): boolean => ((flags >> index) & 1) === 1;
    return {
      violation: undefined,
      hasLostTail: flag(0),
      isTainted: flag(1),
      slack: Number(flag(2)),
      replicationId: Number(flag(3)),
      head: this.#get(),
      nextWrite: this.#get(),
      faultsLeft: this.#get(),
      promised: this.#get(),
      looksLeft: this.#get(),
      rows: this.#getMany(this.#world.writes + 2, () => this.#getRow()),
      redis: this.#getRedis(),
      replica: flag(4) ? this.#getRedis() : undefined,
      processes: this.#getMany(this.#kinds.length, () => this.#getProcess()),
      commands: this.#getMany(this.#get(), () => this.#getCommand()),
    };
  }

  #put(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #get(): number {
    return this.#text.charCodeAt(this.#at++);
  }

  #getMany<Item>(count: number, get: () => Item): Item[] {
    const items: Item[] = [];
    for (let index = 0; index < count; index++) items.push(get());
    return items;
  }

  #putWorld(state: State): void {
    const flags = Number(state.hasLostTail) | (Number(state.isTainted) << 1);
    this.#put(flags | (state.slack << 2) | (state.replicationId << 3) | (state.replica === undefined ? 0 : 16));
    this.#put(state.head);
    this.#put(state.nextWrite);
    this.#put(state.faultsLeft);
    this.#put(state.promised);
    this.#put(state.looksLeft);
  }

  #putRow({ incarnation, version, after, isSnapshot, isMisapplied, age }: Row): void {
    this.#put(incarnation | (version << 4));
    this.#put(after | (Number(isSnapshot) << 4) | (Number(isMisapplied) << 5));
    this.#put(age);
  }

  #getRow(): Row {
    const [stamp, rest, age] = [this.#get(), this.#get(), this.#get()];
    const flags = { isSnapshot: ((rest >> 4) & 1) === 1, isMisapplied: rest >> 5 === 1 };
    return { incarnation: stamp & 15, version: stamp >> 4, after: rest & 15, ...flags, age };
  }

  #putRedis({ stamp, until, by, pending, writer, others, life, log }: Redis): void {
    this.#put(stamp);
    this.#put(until + TIME);
    this.#put(by);
    this.#put(pending + TIME);
    this.#put(writer);
    this.#put(others + TIME);
    this.#put(life);
    this.#put(log.length);
    for (const entry of log) this.#put(entry);
  }

  #getRedis(): Redis {
    return {
      stamp: this.#get(),
      until: this.#get() - TIME,
      by: this.#get(),
      pending: this.#get() - TIME,
      writer: this.#get(),
      others: this.#get() - TIME,
      life: this.#get(),
      log: this.#getMany(this.#get(), () => this.#get()),
    };
  }

  #putProcess(process: Process): void {
    this.#put(this.#kinds[process.role] ?? process.role);
    this.#put(process.near);
    this.#put(process.floor);
    this.#put(process.floorAge);
    this.#put(process.early + TIME);
    this.#put(process.last);
    this.#put(OPERATIONS.indexOf(process.operation));
    this.#put(process.write);
    this.#put(process.base);
    this.#put(Number(process.isMarked));
    this.#put(process.r0 + TIME);
    this.#put(process.by);
    this.#put(process.seen);
    this.#put(process.result);
    this.#put(Number(process.reaches));
  }

  #getProcess(): Process {
    return {
      role: this.#get(),
      near: this.#get(),
      floor: this.#get(),
      floorAge: this.#get(),
      early: this.#get() - TIME,
      last: this.#get(),
      operation: OPERATIONS[this.#get()] ?? "none",
      write: this.#get(),
      base: this.#get(),
      isMarked: this.#get() === 1,
      r0: this.#get() - TIME,
      by: this.#get(),
      seen: this.#get(),
      result: this.#get(),
      reaches: this.#get() === 1,
    };
  }

  #putCommand({ script, stamp, after, r0, by, seen, write, isHeld }: Command): void {
    this.#put(SCRIPTS.indexOf(script));
    this.#put(stamp);
    this.#put(after);
    this.#put(r0 + TIME);
    this.#put(by);
    this.#put(seen);
    this.#put(write);
    this.#put(Number(isHeld));
  }

  #getCommand(): Command {
    return {
      script: SCRIPTS[this.#get()] ?? "mark",
      stamp: this.#get(),
      after: this.#get(),
      r0: this.#get() - TIME,
      by: this.#get(),
      seen: this.#get(),
      write: this.#get(),
      isHeld: this.#get() === 1,
    };
  }

  /** Interchangeable things have one order: that of their bytes. */
  #sortLast(count: number, size: number): void {
    const first = this.#at - count * size;
    for (let index = 1; index < count; index++) {
      for (let at = first + index * size; at > first && this.#isLess(at, at - size, size); at -= size) {
        for (let byte = at; byte < at + size; byte++) {
          const value = this.#bytes[byte] ?? 0;
          this.#bytes[byte] = this.#bytes[byte - size] ?? 0;
          this.#bytes[byte - size] = value;
        }
      }
    }
  }

  #isLess(left: number, right: number, size: number): boolean {
    for (let byte = 0; byte < size; byte++) {
      const difference = (this.#bytes[left + byte] ?? 0) - (this.#bytes[right + byte] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }
}

/** What can no longer make a difference is written in one way. */
function normalise(world: World, state: State): void {
  if (state.redis.until <= world.distrusted) state.redis.by = 0;
  for (const command of state.commands) normaliseCommand(world, state, command);
  for (const process of state.processes) {
    if (process.operation !== "none" && process.r0 <= world.longAgo) process.by = 0;
    if (state.hasLostTail && process.floor === NONE) process.last = NONE;
  }
}

function normaliseCommand({ broken, faultKinds, longAgo }: World, state: State, command: Command): void {
  if (command.r0 <= longAgo && !broken.lifeFromExecution) command.by = 0;
  // The exception can apply only if PostgreSQL has lost its tail, or still can.
  const seenMatters = state.hasLostTail || (state.faultsLeft > 0 && faultKinds.includes("tail lost"));
  if (!seenMatters && !broken.noSeen) command.seen = NONE;
}
