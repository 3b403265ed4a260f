import { type PutStateOptions, type ThreadFields, ValidationError } from "../../../src/index.ts";

const LAST_VERSION = 2 ** 31 - 1;

/** Refuses what is no version. */
export function requireVersion(version: number | undefined, field: string, from = 1, to = LAST_VERSION): void {
  if (version !== undefined && (version < from || version > to)) refuse(field);
}

/** Refuses options that contradict each other, or name a version that none can follow. */
export function requirePutOptions(options: PutStateOptions | undefined): void {
  requireVersion(options?.ifVersion, "options.ifVersion", 0, LAST_VERSION - 1);
  if (options?.ifVersion !== undefined && options.onConflict === "overwrite") refuse("options.onConflict");
}

/** Refuses a state whose summary is none. */
export function requireState(state: { readonly contextSummary?: unknown }): void {
  if (state.contextSummary !== null && typeof state.contextSummary !== "string") refuse("state.contextSummary");
}

/** Refuses a title that cannot be kept everywhere. */
export function requireFields(fields: ThreadFields | undefined, name: string): void {
  const threadName = fields?.threadName ?? "";
  if (threadName.startsWith("\uFEFF") || /\0|\p{Surrogate}/u.test(threadName)) refuse(`${name}.threadName`);
}

/** Input is wrong here, whatever the words for it. */
export function refuse(field: string): never {
  throw new ValidationError(field, "the model refuses it");
}
