import { setTimeout as wait } from "node:timers/promises";
import { PgCheckpointer } from "../../src/index.ts";
import type { AuditedThread } from "./history.ts";
import { nowMs } from "./record-file.ts";
import { KEY_PREFIX, SCHEMA, type Servers } from "./servers.ts";
import { type Fields, OWNER, seen } from "./workload.ts";

/** Drafts of processes that were killed are committed within half a minute. */
const DRAFTS_TIMEOUT_MS = 60_000;

/** Waits until all drafts are committed; answers the keys of those that are not. */
export async function commitDrafts(servers: Servers): Promise<readonly string[]> {
  await using flusher = open(servers, { redisUrl: servers.redis.url, keyPrefix: KEY_PREFIX, durability: "async" });
  await flusher.setup();
  const deadlineMs = nowMs() + DRAFTS_TIMEOUT_MS;
  for (;;) {
    const threads = await flusher.listThreads({ userId: OWNER });
    await Promise.all(threads.map(({ threadId }) => flusher.getState({ threadId, userId: OWNER })));
    const left = await servers.draftKeys();
    if (left.length === 0 || nowMs() > deadlineMs) return left;
    await wait(500);
  }
}

/** What the database has, without a look at Redis. */
export async function auditThreads(servers: Servers): Promise<AuditedThread[]> {
  await using auditor = open(servers, {});
  const threads = await auditor.listThreads({ userId: OWNER });
  return await Promise.all(threads.map(({ threadId }) => auditThread(auditor, threadId)));
}

async function auditThread(auditor: PgCheckpointer<Fields>, threadId: string): Promise<AuditedThread> {
  const config = { threadId, userId: OWNER };
  const state = await auditor.getState(config);
  const infos = (await auditor.listStates(config)).toReversed();
  const written = infos.filter(({ cleared }) => !cleared).map(({ version }) => version);
  const sampled = new Set(
    [written.at(-1), written[written.length >> 1], written[0]].filter((version) => version !== undefined),
  );
  const samples = await Promise.all([...sampled].map((version) => auditor.getState(config, { version })));
  const messages = await auditor.listMessages(config);
  return {
    thread: threadId,
    state: state === null ? null : seen(state),
    versions: infos.map(({ version, metadata, cleared }) => ({
      version,
      write: cleared ? undefined : String(metadata["write"]),
    })),
    samples: samples.flatMap((sample) => (sample === null ? [] : [seen(sample)])),
    messages: messages.map(({ messageId }) => messageId),
  };
}

function open(
  servers: Servers,
  options: Pick<ConstructorParameters<typeof PgCheckpointer>[0] & object, "redisUrl" | "keyPrefix" | "durability">,
): PgCheckpointer<Fields> {
  return new PgCheckpointer<Fields>({ postgresDsn: servers.postgres.url, schema: SCHEMA, ...options });
}
