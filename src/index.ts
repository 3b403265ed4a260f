/**
 * Session memory for agents: state as a log of deltas, messages and threads.
 *
 * @packageDocumentation
 */
export type { CheckpointerOptions } from "./checkpointer-options.ts";
export {
  BaseCheckpointer,
  type CheckpointResult,
  type StateChange,
  type StateChangeResult,
} from "./engine/base-checkpointer.ts";
export { EngineCheckpointer, type EngineOptions, type HotOptions } from "./engine/engine-checkpointer.ts";
export type { HotEvent, HotEventName } from "./engine/hot-layer/hot-events.ts";
export type { IdRules } from "./engine/call-scope.ts";
export type { NearCacheLimits } from "./engine/near-cache.ts";
export { RunLease, type LeaseActions, type LeaseTerms } from "./engine/run-lease.ts";
export type { OperationEvent } from "./engine/operations.ts";
export * from "./hot/hot-log.ts";
export { MemoryHotLog, type MemoryHotLogOptions } from "./hot/memory/memory-hot-log.ts";
export { InMemoryCheckpointer, type InMemoryCheckpointerOptions } from "./in-memory-checkpointer.ts";
export type { EntryKind, StoredEntry } from "./log/entry.ts";
export * from "./model/index.ts";
export {
  type LentPglite,
  type LentPool,
  type LentRedis,
  PgCheckpointer,
  type PgCheckpointerOptions,
  type SetupSqlOptions,
} from "./pg-checkpointer.ts";
export type * from "./stores/cold-store.ts";
export { MemoryColdStore } from "./stores/memory/index.ts";
