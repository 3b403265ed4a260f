import { writeFileSync } from "node:fs";
import type { BaseCheckpointer, Message } from "../../src/index.ts";
import { fromOpenAiChat } from "../../src/cli/openai-chat.ts";
import { turnsOf } from "../../src/cli/turns.ts";
import type { Conversation } from "../../src/cli/import-file.ts";
import { expect } from "vitest";

/** A recorded conversation of so many rounds of four messages: a question, a call, its result, an answer. */
export function recorded(id: string, rounds: number): { readonly id: string; readonly messages: object[] } {
  const messages: object[] = [{ role: "system", content: `You answer for ${id}. ${"Be kind. ".repeat(20)}` }];
  for (let round = 0; round < rounds; round++) {
    const callId = `call-${round}`;
    const call = { id: callId, type: "function", function: { name: "look_up", arguments: JSON.stringify({ round }) } };
    messages.push(
      { role: "user", content: `Question ${round} of ${id}: where is the Café? 🎂` },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: callId, name: "look_up", content: `{"street":"天気 ${round}"}` },
      { role: "assistant", content: `Answer ${round} of ${id}. ${"It is around the corner. ".repeat(8)}` },
    );
  }
  return { id, messages };
}

/** The same as an import reads it. */
export function conversationOf(source: { readonly id: string; readonly messages: object[] }): Conversation {
  return { id: source.id, messages: fromOpenAiChat(source.messages), extra: {} };
}

/** Writes conversations as JSON lines. */
export function writeLines(path: string, conversations: readonly object[]): void {
  writeFileSync(path, conversations.map((conversation) => `${JSON.stringify(conversation)}\n`).join(""));
}

/** Holds a thread against its record: every message once and in order, and every version the state after one turn more. */
export async function expectStored(checkpointer: BaseCheckpointer, { id, messages }: Conversation): Promise<void> {
  const config = { threadId: id };
  const turns = turnsOf(messages);
  const state = await checkpointer.getState(config);
  expect(state?.context).toEqual(messages);
  expect(state?.executionMeta).toEqual({ step: turns.length, status: "completed" });
  expect(await checkpointer.listMessages(config)).toEqual(messages);
  const versions = await checkpointer.listStates(config);
  expect(versions.map(({ version }) => version)).toEqual(turns.map((_, index) => turns.length - index));
  for (const [index] of turns.entries()) {
    const before: Message[] = turns.slice(0, index + 1).flat();
    expect((await checkpointer.getState(config, { version: index + 1 }))?.context).toEqual(before);
  }
}
