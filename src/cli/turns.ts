import type { AgentState, Message } from "../index.ts";
import { createState } from "../index.ts";

/**
 * A conversation's turns. A turn is what happens between two answers of the model: all messages since its last one (instructions, what
 * the user said, what tools answered), and the answer. Messages after the last answer are a turn too. So a version of the state is
 * written after every step of the agent, which is where a running agent would have written one.
 */
export function turnsOf<T extends Pick<Message, "role">>(messages: readonly T[]): T[][] {
  const turns: T[][] = [];
  let turn: T[] = [];
  for (const message of messages) {
    turn.push(message);
    if (message.role !== "assistant") continue;
    turns.push(turn);
    turn = [];
  }
  if (turn.length > 0) turns.push(turn);
  return turns;
}

/** How far a replay is once a turn is stored. */
export function executionMetaAt(step: number, isLast: boolean): AgentState["executionMeta"] {
  return { step, status: isLast ? "completed" : "running" };
}

/**
 * What the conversation would take if each turn stored the whole state: the sum, over its turns, of the state's length as JSON text.
 * Each message is measured once.
 */
export function snapshotBytesOf(messages: readonly Message[]): number {
  const turns = turnsOf(messages);
  let sum = 0;
  let contextBytes = 0;
  let messageCount = 0;
  for (const [index, turn] of turns.entries()) {
    for (const message of turn) contextBytes += jsonBytesOf(message);
    messageCount += turn.length;
    const rest = createState({ executionMeta: executionMetaAt(index + 1, index + 1 === turns.length) });
    sum += jsonBytesOf(rest) + contextBytes + (messageCount - 1);
  }
  return sum;
}

function jsonBytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
