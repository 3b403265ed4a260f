import type * as agenity from "../../../src/index.ts";
import {
  createState,
  EngineCheckpointer,
  hotKeyText,
  InMemoryCheckpointer,
  MemoryColdStore,
  MemoryHotLog,
  Message,
  PgCheckpointer,
  versionOf,
  versionToken,
} from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import { everyRead } from "../postgres/every-call.ts";
import type { Checkpointer, Ground } from "./ground.ts";
import { content, contents, holding, saying } from "./planted.ts";
import type { ErrorName } from "./provocations.ts";

/** Something that a program may come to print. */
export interface Exhibit {
  /** What it is, and of when. */
  readonly what: string;
  /** The thing itself. */
  readonly value: unknown;
  /** Whether it is made to show what users said and kept: a state is. Nothing is made to show a password. */
  readonly showsContent?: boolean;
}

/** Shows something at once, before it becomes another. */
type Show = (exhibit: Exhibit) => void;

/** What comes of an export. */
type Exhibition = (ground: Ground, show: Show) => Promise<void>;

let lives = 0;

/** A whole life of a checkpointer, from which nothing must be seen of what goes through it. */
async function lifeOf(checkpointer: Checkpointer | InMemoryCheckpointer<AnyFields>, show: Show): Promise<void> {
  const name = checkpointer.constructor.name;
  const look = (when: string): void => show({ what: `${name} ${when}`, value: checkpointer });
  look("before");
  await checkpointer.setup();
  const config = { threadId: `life ${++lives}`, userId: "owner" };
  const call = checkpointer.checkpoint(config, { state: holding(), messages: [saying()] });
  look("during a call");
  show({ what: "a call under way", value: call });
  show({ what: "what a turn answers", value: await call, showsContent: true });
  await checkpointer.putStateCache(config, holding({ more: content.value }), { onConflict: "overwrite" });
  await checkpointer.putThread(config, { threadName: content.name, metadata: { note: content.metadata } });
  for (const [method, read] of Object.entries(everyRead(checkpointer as Checkpointer, config.threadId))) {
    show({
      what: method,
      value: await read(),
      showsContent: !["stats", "warmCache", "stopRequested"].includes(method),
    });
  }
  show({ what: "health", value: await checkpointer.health() });
  show({ what: "stats", value: await checkpointer.stats() });
  show({ what: "listStates", value: await checkpointer.listStates(config) });
  look("after use");
  const lease = await checkpointer.acquireRun(config);
  show({ what: "a lease", value: lease });
  show({ what: "a lease's signal", value: lease.signal });
  const stop = new AbortController();
  const watch = checkpointer.watch(config, { signal: stop.signal });
  show({ what: "a watch", value: watch });
  const next = watch[Symbol.asyncIterator]().next();
  show({ what: "a watch under way", value: watch });
  await checkpointer.putMessages(lease.config, [saying("next")]);
  show({ what: "an event of a watch", value: await next, showsContent: true });
  stop.abort();
  await lease.release();
  show({ what: "a lease that was given back", value: lease });
  look("with all of it");
  await checkpointer.release();
  look("after its release");
}

const onServers: Exhibition = async (ground, show) => await lifeOf(ground.open(), show);

const inMemory: Exhibition = async (_ground, show) => {
  const [store, hotLog] = [new MemoryColdStore(), new MemoryHotLog()];
  await lifeOf(new InMemoryCheckpointer<AnyFields>({ store, hotLog, durability: "async" }), (exhibit) => {
    show(exhibit);
    show({ what: `the store: ${exhibit.what}`, value: store });
    show({ what: `the hot log: ${exhibit.what}`, value: hotLog });
  });
};

/** Seen elsewhere: errors where each class is provoked, and constants hold nothing. */
const elsewhere: Exhibition = async () => {};

/** What comes of every export. The compiler misses one that is new. */
export const exhibitions = {
  BaseCheckpointer: onServers,
  EngineCheckpointer: async (_ground, show) => {
    const engine = new EngineCheckpointer<AnyFields>({
      coldStore: new MemoryColdStore(),
      state: undefined,
      hot: null,
      idType: "string",
      userIdType: "string",
      requireUserId: false,
      maxCachedThreads: 10,
      maxCachedBytes: 100_000,
    });
    await engine.putState({ threadId: "t" }, holding());
    await engine.getState({ threadId: "t" });
    show({ what: "an engine", value: engine });
    await engine.release();
  },
  PgCheckpointer: async (ground, show) => {
    show({ what: "its class", value: PgCheckpointer });
    show({ what: "its SQL", value: PgCheckpointer.setupSql() });
    await lifeOf(ground.open({ durability: "async", cacheTtl: 60, nearTtlMs: 1_000 }), show);
    const wrong = ground.open({ redisUrl: ground.redisUrl(`not ${ground.cachePassword}`), redisTimeoutMs: 500 });
    await lifeOf(wrong, show);
  },
  InMemoryCheckpointer: inMemory,
  MemoryColdStore: inMemory,
  MemoryHotLog: inMemory,
  RunLease: onServers,
  createState: async (_ground, show) => show({ what: "a state", value: createState(holding()), showsContent: true }),
  versionOf: async (_ground, show) => show({ what: "a version", value: versionOf(holding()) }),
  versionToken: async (ground, show) => {
    const checkpointer = ground.open();
    const config = await ground.filled(checkpointer);
    const state = await checkpointer.getState(config);
    show({ what: "a state that was read", value: state, showsContent: true });
    show({ what: "its token", value: state === null ? null : versionToken(state) });
  },
  Message: async (_ground, show) => {
    show({ what: "the maker of messages", value: Message });
    show({ what: "a message", value: saying(), showsContent: true });
  },
  hotKeyText: async (_ground, show) => show({ what: "a key", value: hotKeyText({ threadId: "t", namespace: "" }) }),
  MARK_MS: elsewhere,
  DELETED: elsewhere,
  CheckpointerError: elsewhere,
  InvalidConfigError: elsewhere,
  ValidationError: elsewhere,
  SerializationError: elsewhere,
  ConflictError: elsewhere,
  NotFoundError: elsewhere,
  AccessDeniedError: elsewhere,
  RunHeldError: elsewhere,
  RunLostError: elsewhere,
  StorageUnavailableError: elsewhere,
  SchemaVersionError: elsewhere,
  ReleasedError: elsewhere,
} satisfies Readonly<Record<keyof typeof agenity | ErrorName, Exhibition>>;

/** What an exhibit must not show. */
export function secretsOf(exhibit: Exhibit, ground: Ground): readonly string[] {
  return exhibit.showsContent === true ? ground.passwords : [...ground.passwords, ...contents];
}
