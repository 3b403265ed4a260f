import { createState, Message, PgCheckpointer } from "../../src/index.ts";
import { startTcpProxy } from "../servers/tcp-proxy.ts";

interface Fields {
  writes?: number[];
}

/** Turns under way at a time, each behind a link of its own. */
const LANES = 8;

/** A thread gets so many turns. */
const TURNS_PER_THREAD = 50;

/** What the statements that commit are called. */
const COMMITS = ["agenity_putState_", "agenity_commitTurns_"];

/**
 * Makes turns, and cuts each one's connection between its commit and its reply.
 * @param told - is told how many are done
 * @returns what is wrong with the threads in the end, in words
 */
export async function swallowReplies(
  databaseUrl: string,
  schema: string,
  count: number,
  told: (done: number) => void,
): Promise<string[]> {
  await using reader = new PgCheckpointer<Fields>({ postgresDsn: databaseUrl, schema });
  await reader.setup();
  let done = 0;
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const share = Math.floor(count / LANES) + (lane < count % LANES ? 1 : 0);
    return await swallowInLane(databaseUrl, schema, { name: `lane-${lane}`, share, reader }, () => told(++done));
  });
  return (await Promise.all(lanes)).flat();
}

interface Lane {
  readonly name: string;
  readonly share: number;
  readonly reader: PgCheckpointer<Fields>;
}

async function swallowInLane(databaseUrl: string, schema: string, lane: Lane, told: () => void): Promise<string[]> {
  const proxy = await startTcpProxy(databaseUrl);
  const faults: string[] = [];
  {
    await using checkpointer = new PgCheckpointer<Fields>({ postgresDsn: proxy.url, schema });
    for (let from = 0; from < lane.share; from += TURNS_PER_THREAD) {
      const config = { threadId: `${lane.name}-${from}`, userId: "ada" };
      const turns = Math.min(TURNS_PER_THREAD, lane.share - from);
      let state = await checkpointer.putState(config, createState<Fields>());
      for (let turn = 1; turn <= turns; turn++) {
        const swallowed = proxy.cutAfterRequest((request) => COMMITS.some((name) => request.includes(name)));
        state.writes = [...(state.writes ?? []), turn];
        if (turn % 2 === 0) state = await checkpointer.putState(config, state);
        else state = (await checkpointer.checkpoint(config, { state, messages: [messageOf(turn)] })).state ?? state;
        await swallowed;
        told();
      }
      faults.push(...(await faultsOf(lane.reader, config, turns)));
    }
  }
  proxy.close();
  return faults;
}

function messageOf(turn: number): Message {
  return Message.text(`turn ${turn}`, { messageId: `message-${turn}` });
}

async function faultsOf(
  reader: PgCheckpointer<Fields>,
  config: { readonly threadId: string; readonly userId: string },
  turns: number,
): Promise<string[]> {
  const expected = Array.from({ length: turns }, (_, index) => index + 1);
  const state = await reader.getState(config);
  const versions = await reader.listStates(config);
  const messages = await reader.listMessages(config);
  const found = {
    writes: state?.writes?.join(),
    versions: versions.length,
    messages: messages.map(({ messageId }) => messageId).join(),
  };
  const right = {
    writes: expected.join(),
    versions: turns + 1,
    messages: expected
      .filter((turn) => turn % 2 === 1)
      .map((turn) => `message-${turn}`)
      .join(),
  };
  const isRight = JSON.stringify(found) === JSON.stringify(right);
  return isRight ? [] : [`${config.threadId} has ${JSON.stringify(found)} instead of ${JSON.stringify(right)}`];
}
