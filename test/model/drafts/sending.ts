import { executeInPostgres } from "./postgres.ts";
import { executeInRedis } from "./redis.ts";
import type { Command, State, World } from "./state.ts";

/** A command executes, wherever it belongs. */
export function execute(world: World, state: State, command: Command): void {
  executeInRedis(world, state, command);
  executeInPostgres(world, state, command);
}

/** A command will execute later, or never. Whether one or two of a kind are under way makes no difference: all are idempotent. */
export function putOff(state: State, command: Command): void {
  state.lateLeft--;
  const text = JSON.stringify(command);
  if (state.late.some((each) => JSON.stringify(each) === text)) return;
  state.late = [...state.late, command].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}

/** A command in words. */
export function tell(command: Command): string {
  const { script, ...parts } = command;
  return `${script}(${Object.entries(parts)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join() : value}`)
    .join(", ")})`;
}
