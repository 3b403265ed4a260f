import { type ListMessagesOptions, type Message, PgCheckpointer } from "../../src/index.ts";
import { load, sideBySide, type Summary } from "../measure.ts";
import { type Answer, type Question, rowsOf } from "../question.ts";
import type { BenchServers } from "../servers.ts";
import { conversation } from "../turns.ts";

const ROUNDS = 15;
const MANY = 1_000;
const LONG = 1_000_000;
const PAGE = 100;
const PAGES = LONG / PAGE;
const CALLS = 20;

/** What messages cost by themselves, without a state. */
export const messages: Question = {
  name: "messages",
  title:
    "What do 1,000 messages in one call cost, and does a page of a long conversation cost what the first one does?",
  async ask(servers, told): Promise<Answer> {
    const { pool, schema } = servers.database;
    await using checkpointer = new PgCheckpointer({ pgPool: pool, schema });
    await checkpointer.setup();
    told(`${MANY} messages in one call`);
    const puts = await putting(servers, checkpointer);
    told(`a conversation of ${LONG} messages`);
    await makeLong(servers, checkpointer);
    told("its pages");
    const pages = await paging(checkpointer);
    const p50Of = (measured: Readonly<Record<string, Summary>>, name: string): number =>
      measured[name]?.p50Ms ?? Number.NaN;
    return {
      figures: [
        {
          what: `a bare insert of ${MANY} rows ÷ putMessages of ${MANY}`,
          value: p50Of(puts, "bare insert") / p50Of(puts, "putMessages"),
          aim: { atLeast: 0.8 },
        },
        {
          what: `page ${PAGES} by cursor ÷ page 1`,
          value: p50Of(pages, `page ${PAGES} by cursor`) / p50Of(pages, "page 1"),
          aim: { atMost: 1.2 },
        },
      ],
      charts: [
        { name: "", unit: `ms for ${MANY} messages (median)`, rows: rowsOf(puts) },
        { name: "pages", unit: `ms for ${PAGE} messages (median)`, rows: rowsOf(pages) },
      ],
      missing: [],
    };
  },
};

/** New conversations each round, on either side. */
async function putting({ database }: BenchServers, checkpointer: PgCheckpointer): Promise<Record<string, Summary>> {
  const { pool, schema } = database;
  await pool.query(
    `create table ${schema}.bare_messages (thread_id text, message_id text, role text not null, body json not null, primary key (thread_id, message_id))`,
  );
  const insert = {
    name: "bare-messages",
    text: `insert into ${schema}.bare_messages (thread_id, message_id, role, body)
      select $1, * from unnest($2::text[], $3::text[], $4::json[])`,
  };
  const said: Message[] = conversation(MANY / 2).flat();
  const putBare = (round: number, call: number): Promise<unknown> => {
    const [ids, roles] = [said.map(({ messageId }) => messageId), said.map(({ role }) => role)];
    const bodies = said.map((message) => JSON.stringify(message));
    return pool.query({ ...insert, values: [`bare-${round}-${call}`, ids, roles, bodies] });
  };
  const putOurs = (round: number, call: number): Promise<unknown> =>
    checkpointer.putMessages({ threadId: `many-${round}-${call}`, userId: "alice" }, said);
  await putBare(-1, 0);
  await putOurs(-1, 0);
  return await sideBySide(ROUNDS, {
    "bare insert": (round) => load(1, 3, (_, call) => putBare(round, call)),
    putMessages: (round) => load(1, 3, (_, call) => putOurs(round, call)),
  });
}

const config = { threadId: "long", userId: "alice" };

/** Inside the database: a million calls would say nothing that one does not. */
async function makeLong({ database }: BenchServers, checkpointer: PgCheckpointer): Promise<void> {
  const { pool, schema } = database;
  const [first] = conversation(1).flat();
  await checkpointer.putMessages(config, [{ ...(first as Message), messageId: "m1" }]); // the turn has two
  await pool.query(
    `insert into ${schema}.agent_messages (thread_id, message_id, seq, role, body, search_text, sent_at_ms, write_id)
     select thread_id, 'm' || place, place, role, replace(body::text, '"m1"', '"m' || place || '"')::json, search_text, sent_at_ms, write_id
     from ${schema}.agent_messages, generate_series(2, ${LONG}) as place where thread_id = $1`,
    [config.threadId],
  );
  await pool.query(`update ${schema}.agent_threads set next_seq = ${LONG + 1} where thread_id = $1`, [config.threadId]);
  await pool.query(`vacuum analyze ${schema}.agent_messages`);
}

async function paging(checkpointer: PgCheckpointer): Promise<Record<string, Summary>> {
  const before = LONG - PAGE;
  const page = async (first: number, options: ListMessagesOptions): Promise<void> => {
    const found = await checkpointer.listMessages(config, { limit: PAGE, ...options });
    if (found.length !== PAGE || found[0]?.messageId !== `m${first}`) throw new Error("not the page asked for");
  };
  const calls: Readonly<Record<string, () => Promise<void>>> = {
    "page 1": () => page(1, {}),
    [`page ${PAGES} by cursor`]: () => page(before + 1, { after: `m${before}` }),
    "the newest page": () => page(LONG, { order: "desc" }),
  };
  for (const call of Object.values(calls)) await load(1, CALLS, call);
  const measured = await sideBySide(
    ROUNDS,
    Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, () => load(1, CALLS, call)])),
  );
  // By itself, for it fills the server's memory with what it passes over.
  const offset = await sideBySide(3, {
    [`page ${PAGES} by offset`]: () => load(1, 1, () => page(before + 1, { offset: before })),
  });
  return { ...measured, ...offset };
}
