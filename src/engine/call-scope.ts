import * as v from "valibot";
import { checkShape } from "../model/check-shape.ts";
import type { AnyId, IdKind } from "../model/config.ts";
import { InvalidConfigError } from "../model/errors.ts";
import { idShapes, idText, namespaceText, optional } from "../model/id-shape.ts";
import type { Scope } from "../stores/cold-store.ts";

/** Which ids a checkpointer takes. */
export interface IdRules {
  /** Of threads. */
  readonly idType: IdKind;
  /** Of users. */
  readonly userIdType: IdKind;
  /** Whether a call without `userId` is an error. */
  readonly requireUserId: boolean;
}

/** A checked config. */
export interface CallScope extends Scope {
  /** The run that makes the call; null: not told. */
  readonly runId: string | null;
  /** The token of the lease that it is made under; null: none. */
  readonly lease: string | null;
}

interface ConfigFields {
  readonly threadId?: AnyId | undefined;
  readonly userId?: AnyId | undefined;
  readonly namespace?: string | undefined;
  readonly runId?: string | undefined;
  readonly lease?: string | undefined;
}

interface WarmFields extends ConfigFields {
  readonly limit?: number | undefined;
}

/** Checks the configs of calls: which thread is meant, and who calls. */
export class ConfigReader {
  readonly #thread: v.GenericSchema<unknown, ConfigFields>;
  readonly #user: v.GenericSchema<unknown, ConfigFields>;
  readonly #stats: v.GenericSchema<unknown, ConfigFields>;
  readonly #warm: v.GenericSchema<unknown, WarmFields>;

  constructor(rules: IdRules) {
    const threadId = idShapes[rules.idType]("threadId");
    const user = idShapes[rules.userIdType]("userId");
    const userId = rules.requireUserId ? user : optional(user);
    const fields = { threadId, userId, namespace: optional(namespaceText), runId: optional(idText("runId")) };
    const lease = v.pipe(v.string(), v.uuid("expected the token of a lease, as acquireRun() puts it into its config"));
    this.#thread = v.strictObject({ ...fields, lease: optional(lease) }) as v.GenericSchema<unknown, ConfigFields>;
    this.#user = v.strictObject({ userId }) as v.GenericSchema<unknown, ConfigFields>;
    this.#stats = v.strictObject({ userId, threadId: optional(threadId) }) as v.GenericSchema<unknown, ConfigFields>;
    const limit = v.pipe(v.number(), v.check(isWarmLimit, "expected a whole number from 1 to 10000"));
    this.#warm = v.strictObject({ userId, namespace: fields.namespace, limit: optional(limit) }) as v.GenericSchema<
      unknown,
      WarmFields
    >;
  }

  /**
   * @param field - what the config is called in errors
   * @throws InvalidConfigError naming the field
   */
  thread(config: unknown, field = "config"): CallScope {
    const given = checkShape(this.#thread, config, field, invalidConfig);
    const { threadId, userId = null, namespace = "", runId = null, lease = null } = given;
    return { threadId: threadId as AnyId, userId, namespace, runId, lease };
  }

  /** The caller of a call that means no single thread. */
  user(config: unknown): AnyId | null {
    return checkShape(this.#user, config ?? {}, "config", invalidConfig).userId ?? null;
  }

  /** The caller of `warmCache`, and what to load. */
  warm(config: unknown): { readonly userId: AnyId | null; readonly namespace: string; readonly limit: number } {
    const { userId, namespace, limit } = checkShape(this.#warm, config ?? {}, "config", invalidConfig);
    return { userId: userId ?? null, namespace: namespace ?? "", limit: limit ?? 100 };
  }

  /** The caller of `stats`, and the thread if one is meant. */
  stats(config: unknown): { readonly userId: AnyId | null; readonly threadId: AnyId | null } {
    const { userId, threadId } = checkShape(this.#stats, config ?? {}, "config", invalidConfig);
    return { userId: userId ?? null, threadId: threadId ?? null };
  }
}

function isWarmLimit(limit: number): boolean {
  return Number.isSafeInteger(limit) && limit >= 1 && limit <= 10_000;
}

function invalidConfig(field: string, problem: string): InvalidConfigError {
  return new InvalidConfigError(field, problem);
}
