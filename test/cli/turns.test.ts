import { expect, test } from "vitest";
import { executionMetaAt, snapshotBytesOf, turnsOf } from "../../src/cli/turns.ts";
import { createState, Message, type MessageRole } from "../../src/index.ts";

const letters: Readonly<Record<string, MessageRole>> = { s: "system", u: "user", a: "assistant", t: "tool" };

function conversation(roles: string): Message[] {
  return Array.from(roles, (letter, index) =>
    Message.text(`Zoë says ${index} 🎂`, { role: letters[letter] ?? "user", messageId: `m${index}`, timestamp: 0 }),
  );
}

test.each([
  ["sua", "sua"],
  ["suataua", "sua|ta|ua"],
  ["uatttaua", "ua|ttta|ua"],
  ["aa", "a|a"],
  ["uau", "ua|u"],
  ["uatt", "ua|tt"],
  ["u", "u"],
  ["", ""],
])("the turns of %s are %s", (roles, expected) => {
  const turns = turnsOf(conversation(roles));
  expect(turns.map((turn) => turn.map(({ role }) => role[0]).join("")).join("|")).toBe(expected);
});

test("going on after any whole turn makes the same turns", () => {
  const messages = conversation("suatauaatttau");
  const turns = turnsOf(messages);
  for (let done = 0; done <= turns.length; done++) {
    const found = turns.slice(0, done).flat().length;
    expect([...turns.slice(0, done), ...turnsOf(messages.slice(found))]).toEqual(turns);
  }
});

test("what snapshots would take is what they take", () => {
  const messages = conversation("suatauau");
  const turns = turnsOf(messages);
  let bytes = 0;
  for (let step = 1; step <= turns.length; step++) {
    const context = turns.slice(0, step).flat();
    const state = createState({ context, executionMeta: executionMetaAt(step, step === turns.length) });
    bytes += Buffer.byteLength(JSON.stringify(state));
  }
  expect(snapshotBytesOf(messages)).toBe(bytes);
});
