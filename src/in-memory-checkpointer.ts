import * as v from "valibot";
import { type CheckpointerOptions, checkOptions, checkpointerShape, engineOptions } from "./checkpointer-options.ts";
import { EngineCheckpointer } from "./engine/engine-checkpointer.ts";
import type { IdKind, IdOf } from "./model/config.ts";
import { optional } from "./model/id-shape.ts";
import type { NoCustomFields } from "./model/state.ts";
import { MemoryColdStore } from "./stores/memory/index.ts";

/** Options of {@link InMemoryCheckpointer}. */
export interface InMemoryCheckpointerOptions<
  Custom extends object,
  ThreadIdKind extends IdKind = "string",
  UserIdKind extends IdKind = "string",
> extends CheckpointerOptions<Custom, ThreadIdKind, UserIdKind> {
  /** The store to keep sessions in, to share it between checkpointers of one process. @defaultValue a new one */
  readonly store?: MemoryColdStore | undefined;
}

const shape = v.strictObject({ ...checkpointerShape, store: optional(v.instance(MemoryColdStore)) });

/**
 * Sessions in this process's memory, for development and tests: the same engine as {@link PgCheckpointer}, so the same answers. Nothing
 * survives the process.
 */
export class InMemoryCheckpointer<
  Custom extends object = NoCustomFields,
  ThreadIdKind extends IdKind = "string",
  UserIdKind extends IdKind = "string",
> extends EngineCheckpointer<Custom, IdOf<ThreadIdKind>, IdOf<UserIdKind>> {
  /** @throws InvalidConfigError naming the option that is wrong or unknown */
  constructor(options: InMemoryCheckpointerOptions<Custom, ThreadIdKind, UserIdKind> = {}) {
    checkOptions(shape, options);
    super({ ...engineOptions(options), coldStore: options.store ?? new MemoryColdStore() });
  }
}
