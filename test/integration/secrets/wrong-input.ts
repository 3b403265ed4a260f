import type { PgCheckpointerOptions } from "../../../src/index.ts";
import type { Ground } from "./ground.ts";
import { content, holding, saying } from "./planted.ts";

/** An address with a password. */
export const address = (scheme: string, password: string): string =>
  `${scheme}://user:${encodeURIComponent(password)}@host/x`;

/** Every option as it must not be, with a secret in it; the compiler misses one that is new. */
export function wrongOptions({ databasePassword, cachePassword }: Ground): Readonly<Record<string, unknown>> {
  const { value } = content;
  return {
    postgresDsn: address("mysql", databasePassword),
    pgPool: { password: databasePassword },
    dataDir: address("postgresql", databasePassword),
    schema: value.repeat(10),
    tablePrefix: value.repeat(10),
    releaseResources: value,
    preparedStatements: value,
    rowLevelSecurity: value,
    redisUrl: address("http", cachePassword),
    redis: { password: cachePassword },
    keyPrefix: value.repeat(10),
    redisTimeoutMs: value,
    state: { value },
    idType: value,
    userIdType: value,
    requireUserId: value,
    maxCachedThreads: value,
    maxCachedBytes: value,
    hotLog: { value },
    maxStalenessMs: value,
    cacheTtl: value,
    nearTtlMs: value,
    durability: value,
  } satisfies Readonly<Record<keyof PgCheckpointerOptions<object>, unknown>>;
}

/** Every field of a config as it must not be. */
export const wrongConfigs: readonly unknown[] = [
  content.value,
  { threadId: { value: content.value } },
  { threadId: content.value.repeat(20) },
  { threadId: `${content.value}\0` },
  { threadId: "t", userId: [content.value] },
  { threadId: "t", userId: content.value.repeat(20) },
  { threadId: "t", namespace: { value: content.value } },
  { threadId: "t", namespace: content.value.repeat(10) },
  { threadId: "t", runId: { value: content.value } },
  { threadId: "t", lease: content.value },
];

/** States as they must not be. */
export const wrongStates: readonly unknown[] = [
  content.value,
  [content.value],
  { value: content.value },
  { ...holding(), context: content.said },
  { ...holding(), context: [content.said] },
  { ...holding(), context: [{ ...saying(), role: content.said }] },
  { ...holding(), context: [{ ...saying(), content: [{ type: content.said }] }] },
  { ...holding(), contextSummary: { value: content.said } },
  { ...holding(), executionMeta: { step: content.value, status: "running" } },
  { ...holding(), executionMeta: { step: 1, status: content.value } },
];

/** Messages as they must not be. */
export const wrongMessages: readonly unknown[] = [
  content.said,
  [content.said],
  [{ ...saying(), messageId: content.said.repeat(20) }],
  [{ ...saying(), role: content.said }],
  [{ ...saying(), content: content.said }],
  [{ ...saying(), content: [{ type: "text", text: { value: content.said } }] }],
  [{ ...saying(), usage: { promptTokens: content.value } }],
  [{ ...saying(), metadata: content.metadata }],
  [{ ...saying(), timestamp: content.value }],
];

/** What cannot be stored, with a secret in it. */
export function unstorableWith(secret: string): readonly unknown[] {
  class Account {
    readonly password = secret;
  }
  const cycle: unknown[] = [secret];
  cycle.push(cycle);
  const getter = {
    get field(): never {
      throw new Error(secret);
    },
  };
  return [
    () => secret,
    Symbol(secret),
    new Map<unknown, unknown>([[secret, () => secret]]),
    new Map<unknown, unknown>([[() => secret, secret]]),
    new Set<unknown>([secret, () => secret]),
    new Account(),
    getter,
    Object.assign([secret], { 3: secret }),
    Object.assign([secret], { field: secret }),
    cycle,
  ];
}

/** Tags of the codec that hold what is none of ours: what JavaScript says of it quotes it. */
export function foreignTags(secret: string): readonly unknown[] {
  return [
    { $: secret, v: 1 },
    { $: "url", v: `:${secret}` },
    { $: "regexp", v: [`(${secret}`, secret] },
    { $: "bigint", v: secret },
    { $: "map", v: [secret] },
    { $: "date", v: secret },
  ];
}
