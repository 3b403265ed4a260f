import type { HotKey, HotLog } from "../../../src/hot/hot-log.ts";
import { RedisHotLog } from "../../../src/hot/redis/redis-hot-log.ts";
import { keyNames, type KeyNames } from "../../../src/hot/redis/key-names.ts";

/** What the keys of these tests begin with. */
export const PREFIX = "test:";

/** Longer than a test takes. */
export const LIFE_MS = 600_000;

/** How long the hot logs of these tests wait for an answer. */
export const TIMEOUT_MS = 400;

/** A hot log on a server. The caller releases it. */
export function hotLogOn(url: string, lifeMs: number = LIFE_MS): RedisHotLog {
  return new RedisHotLog({ source: { kind: "url", url }, keyPrefix: PREFIX, lifeMs, timeoutMs: TIMEOUT_MS });
}

/** The keys that it uses for a thread. */
export function keysOf(key: HotKey): KeyNames {
  return keyNames(PREFIX, key);
}

/** Waits until a hot log is answered. */
export async function untilAnswered(hotLog: HotLog, key: HotKey): Promise<void> {
  for (;;) {
    const isAnswered = await hotLog.read(key, null, 0).then(
      () => true,
      () => false,
    );
    if (isAnswered) return;
    // A command that is refused at once gives the reconnection no turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
