import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { fromOpenAiChat } from "../../src/cli/openai-chat.ts";
import { turnsOf } from "../../src/cli/turns.ts";
import { type BaseCheckpointer, createState, type Message, versionOf } from "../../src/index.ts";

/** Recorded conversations, one a line. They stand beside the repository, not in it. */
export const recordedFile = fileURLToPath(new URL("../../../shared/data/airline-conversations.jsonl", import.meta.url));

/** A recorded conversation. */
export interface Recording {
  /** Its id. */
  readonly id: string;
  /** What was said. */
  readonly messages: readonly Message[];
}

/** Reads a file of recorded conversations. */
export async function readRecordings(file: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { id, messages } = JSON.parse(line) as { id: string; messages: unknown[] };
    recordings.push({ id, messages: fromOpenAiChat(messages) });
  }
  return recordings;
}

/** What came of writing a conversation and reading it back. */
export interface RoundTrip {
  /** Versions that were written, one a turn. */
  readonly versions: number;
  /** Versions that were read back as something else. */
  readonly differences: number;
}

/** Writes a conversation with one checkpointer, one version a turn, and reads every version with another one over the same store. */
export async function roundTrip(
  { id, messages }: Recording,
  writer: BaseCheckpointer,
  reader: BaseCheckpointer,
): Promise<RoundTrip> {
  const config = { threadId: id, userId: "airline" };
  const expected = await write(writer, config, messages);
  let differences = 0;
  for (const [index, fields] of expected.entries()) {
    const version = index + 1;
    const isNewest = version === expected.length;
    const reads = isNewest ? [await reader.getState(config)] : [];
    reads.push(await reader.getState(config, { version }));
    const isSame = (state: object | null): boolean =>
      state !== null && versionOf(state) === version && isDeepStrictEqual(fieldsOf(state), fields);
    if (!reads.every(isSame)) differences++;
  }
  return { versions: expected.length, differences };
}

/** Answers what each version holds, from copies that were made before it was written. */
async function write(
  writer: BaseCheckpointer,
  config: { readonly threadId: string; readonly userId: string },
  messages: readonly Message[],
): Promise<object[]> {
  let state = createState();
  const expected: object[] = [];
  for (const [index, turn] of turnsOf(messages).entries()) {
    state.context.push(...turn);
    state.executionMeta = { step: index + 1, status: "running" };
    expected.push(structuredClone(fieldsOf(state)));
    state = await writer.putState(config, state);
  }
  return expected;
}

/** A state without its version. */
function fieldsOf(state: object): object {
  return Object.fromEntries(Object.entries(state));
}
