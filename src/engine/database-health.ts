import type { Health } from "../model/health.ts";
import type { ColdStore, ThreadQuery } from "../stores/cold-store.ts";

/** Whether the cold store answers, by the cheapest question that reaches the tables. */
export async function databaseHealth(store: ColdStore, nothing: ThreadQuery): Promise<Health["database"]> {
  try {
    await store.listThreads(null, nothing);
    return { isAvailable: true, errorCode: null };
  } catch (error) {
    return { isAvailable: false, errorCode: (error as { code?: string }).code ?? "UNKNOWN" };
  }
}
