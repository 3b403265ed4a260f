import { inTurn, openSides, type Prepared } from "../compare.ts";
import { type Answer, type Question, rowsOf } from "../question.ts";
import { openAgenity, openAgenityWithRedis } from "../sides/agenity.ts";
import { openBare, openBareRedis } from "../sides/bare.ts";
import { openLangGraphPostgres, openLangGraphSqlite } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { openSeedPattern } from "../sides/seed-pattern.ts";
import { conversation } from "../turns.ts";

const MESSAGES = 800;
const ROUNDS = { warmUp: 5, counted: 40 } as const;

/** What it costs to go on with a conversation somewhere else. */
export const resume: Question = {
  name: "resume",
  title: `What does it cost a new process to open a conversation of ${MESSAGES} messages?`,
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openBare, openBareRedis, openAgenity, openAgenityWithRedis, openSeedPattern],
      [openLangGraphPostgres, openLangGraphSqlite, openMastra],
    );
    const turns = conversation(MESSAGES / 2);
    const calls: Record<string, Prepared> = {};
    for (const side of opened.sides) {
      told(`${side.name}: the conversations`);
      // One for each round: what a process has read before, it may hold.
      for (let round = -ROUNDS.warmUp; round < ROUNDS.counted; round++) await side.begin(`resume-${round}`, turns);
      const read = await side.reopen();
      calls[side.name] = async (round) => async () => {
        const found = await read(`resume-${round}`);
        if (found !== MESSAGES) throw new Error(`${side.name} answered ${found} of ${MESSAGES} messages`);
      };
    }
    told("the reads");
    const read = await inTurn(ROUNDS, calls);
    const of = (side: string): number => read[side]?.p50Ms ?? Number.NaN;
    const saver = of("LangGraph PostgresSaver");
    return {
      figures: [
        {
          what: "LangGraph PostgresSaver ÷ agenity with Redis (hot)",
          value: saver / of("agenity with Redis"),
          aim: { atLeast: 30 },
        },
        {
          what: "LangGraph PostgresSaver ÷ agenity from PostgreSQL (cold)",
          value: saver / of("agenity"),
          aim: { atLeast: 20 },
        },
      ],
      charts: [
        {
          name: "",
          unit: "ms to have the conversation (median)",
          rows: rowsOf(read),
        },
      ],
      missing: opened.missing,
    };
  },
};
