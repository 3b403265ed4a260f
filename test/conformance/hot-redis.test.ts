import { afterAll, describe, test } from "vitest";
import { Redis } from "ioredis";
import { hotLogConformance } from "../../src/conformance/hot-log-conformance.ts";
import { RedisHotLog } from "../../src/hot/redis/redis-hot-log.ts";
import { startRedisServer } from "../servers/redis.ts";

const server = await startRedisServer({ configuration: { "enable-debug-command": "local" } });

hotLogConformance({
  test,
  describe,
  async make() {
    const source = { kind: "url", url: server.url } as const;
    // What the kit asks must not depend on how busy the machine is.
    const hotLog = new RedisHotLog({ source, keyPrefix: "kit:", lifeMs: 3_600_000, timeoutMs: 30_000 });
    await hotLog.setup(true);
    return hotLog;
  },
  // What a promotion does: another name for the history, and clients that must connect again.
  async failOver() {
    const control = new Redis(server.url);
    await control.call("DEBUG", "CHANGE-REPL-ID");
    await control.call("CLIENT", "KILL", "TYPE", "normal");
    control.disconnect();
  },
});

afterAll(() => server.stop());
