import type { FaultKind, World } from "./configuration.ts";
import { nameOf, rowOf } from "./stamps.ts";
import type { Offer } from "./steps.ts";
import { ABSENT, copyOfRedis, emptyRedis, HEAD, NONE, type State, type WriteId } from "./state.ts";

/** Every Redis time moves by so much against Redis's now. */
export function moveTimes(world: World, state: State, ticks: number): void {
  const { longAgo } = world;
  const moved = (time: number): number => Math.max(time + ticks, longAgo);
  for (const redis of [state.redis, state.replica]) {
    if (redis === undefined) continue;
    redis.until = Math.max(redis.until + ticks, world.distrusted);
    if (redis.pending > longAgo) redis.pending = moved(redis.pending);
    if (redis.others > longAgo) redis.others = moved(redis.others);
    if (redis.pending === longAgo) redis.writer = 0;
  }
  for (const process of state.processes) {
    if (process.operation !== "none") process.r0 = moved(process.r0);
    if (process.early > longAgo) process.early = moved(process.early);
  }
  for (const command of state.commands) {
    if (command.script !== "unmark" && !command.isHeld) command.r0 = moved(command.r0);
  }
}

/** What goes wrong beyond the usual, as often as the world allows. */
export function faultSteps(world: World, state: State, offer: Offer): void {
  if (state.replica !== undefined) failoverSteps(world, offer);
  if (state.faultsLeft === 0) return;
  const fault: Offer = (words, change) =>
    offer(words, (next) => {
      next.faultsLeft--;
      change(next);
    });
  for (const kind of world.faultKinds) faults[kind](world, state, fault);
}

const faults: Readonly<Record<FaultKind, (world: World, state: State, fault: Offer) => void>> = {
  "head evicted": (world, state, fault) => {
    if (isEmpty(world, state)) return;
    fault(
      () => "Redis evicts the head",
      (next) => forget(world, next, next.redis.log),
    );
  },
  emptied: (world, state, fault) => {
    if (isEmpty(world, state)) return;
    fault(
      () => "Redis is emptied",
      (next) => forget(world, next, []),
    );
  },
  failover: (_world, state, fault) => {
    if (state.replica !== undefined || state.replicationId !== 0) return;
    fault(
      () => "a replica stops following",
      (next) => {
        next.replica = copyOfRedis(next.redis);
      },
    );
  },
  "clock set back": (world, state, fault) => {
    if (state.slack !== 0) return;
    fault(
      () => "Redis's clock is set back by 1",
      (next) => {
        taint(next);
        next.slack = 1;
        moveTimes(world, next, 1);
      },
    );
  },
  "tail lost": (world, state, fault) => {
    for (const head of lostTails(world, state)) {
      fault(
        () => `PostgreSQL loses its tail: the head is ${nameOf(state, head)} again`,
        (next) => loseTail(next, head),
      );
    }
  },
};

function isEmpty(world: World, { redis }: State): boolean {
  return redis.stamp === NONE && redis.pending <= world.longAgo;
}

/** From now on only the bound holds. */
function taint(state: State): void {
  state.isTainted = true;
  state.promised = ABSENT;
}

function forget(world: World, state: State, log: WriteId[]): void {
  taint(state);
  state.redis = { ...emptyRedis(world), log };
}

function failoverSteps(world: World, offer: Offer): void {
  for (const skew of [-1, 0, 1]) {
    offer(
      () => `failover to the replica, whose clock is ${skew} off`,
      (next) => {
        next.redis = next.replica ?? next.redis;
        next.replica = undefined;
        if (world.hasReplicationIds) next.replicationId = 1;
        else {
          taint(next);
          if (skew < 0) next.slack = 1;
        }
        for (const process of next.processes) if (process.operation !== "read") process.isMarked = false;
        moveTimes(world, next, -skew);
      },
    );
  }
}

/** The versions that PostgreSQL may fall back to: one or two before the head, but not before the beginning. */
function lostTails(world: World, state: State): WriteId[] {
  const heads: WriteId[] = [];
  for (let head = state.head; head !== ABSENT && heads.length < 2;) {
    head = rowOf(state, head).after;
    if (head === ABSENT && world.exists) break;
    heads.push(head);
  }
  return heads;
}

function loseTail(state: State, head: WriteId): void {
  taint(state);
  state.hasLostTail = true;
  state.head = head;
  state.rows = state.rows.map((row, stamp) => {
    if (stamp === head) return { ...row, age: HEAD };
    return row.age === HEAD ? { ...row, age: 0 } : row;
  });
}
