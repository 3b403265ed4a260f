import { seededRandom } from "../src/conformance/seeded-random.ts";
import { type AgentState, createState, Message } from "../src/index.ts";

/** What is said: text that repeats itself would be stored in next to nothing, by whoever compresses. */
const WORDS = (
  "reservation flight change fee departure arrival passenger baggage allowance refund policy insurance economy business upgrade seat window " +
  "aisle connection delay cancel confirm payment card certificate balance total nonstop morning evening tomorrow October November airport " +
  "gate terminal itinerary traveller member silver gold regular compensation voucher email address birth date document number could please"
).split(" ");

/** So many words, the same for the same seed. */
function words(seed: number, count: number): string {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => WORDS[random(WORDS.length)]).join(" ");
}

/** A question and an answer with a tool call in it: about 1 KiB, the size of a turn in recorded conversations. */
export function turnOf(turn: number): [Message, Message] {
  const question = Message.text(`Reservation R${turn}: ${words(2 * turn, 18)}?`, {
    messageId: `q${turn}`,
    timestamp: 1_700_000_000_000 + turn,
  });
  const answer = Message.create({
    messageId: `a${turn}`,
    role: "assistant",
    timestamp: 1_700_000_000_500 + turn,
    content: [{ type: "text", text: `${words(2 * turn + 1, 50)}.` }],
    toolCalls: [
      {
        id: `call-${turn}`,
        name: "get_reservation_details",
        args: { reservationId: `R${turn}`, fields: ["fare", "rules"] },
      },
    ],
    usage: { promptTokens: 1200 + turn, completionTokens: 90, totalTokens: 1290 + turn },
  });
  return [question, answer];
}

/** Lets a state take a turn, as an agent does. */
export function takeTurn(state: AgentState, turn: number, messages: readonly Message[] = turnOf(turn)): void {
  state.context.push(...messages);
  state.executionMeta = { ...state.executionMeta, step: turn };
}

/** A state that has had so many turns already. */
export function stateAfter(turns: number): AgentState {
  const state = createState();
  for (let turn = 1; turn <= turns; turn++) takeTurn(state, turn);
  return state;
}

/** A conversation of so many turns, made before anybody looks at the clock: making messages is the agent's work, on either side. */
export function conversation(turns: number): (readonly [Message, Message])[] {
  return Array.from({ length: turns }, (_, turn) => turnOf(turn));
}

/** What a hand-written store would save of a turn: the same bytes as ours. */
export function payloadOf(turn: number, messages: readonly Message[]): string {
  return JSON.stringify({
    set: { executionMeta: { step: turn, status: "running" } },
    splice: { context: [2 * turn, 0, messages] },
  });
}
