import { afterAll, describe, test } from "vitest";
import { hotLogConformance } from "../../src/conformance/hot-log-conformance.ts";
import { RedisHotLog } from "../../src/hot/redis/redis-hot-log.ts";
import { startRedisCluster } from "../servers/redis-cluster.ts";

const { server, connect } = await startRedisCluster();
const client = connect();

hotLogConformance({
  test,
  describe,
  async make() {
    const hotLog = new RedisHotLog({
      source: { kind: "client", client },
      keyPrefix: "kit:",
      lifeMs: 3_600_000,
      timeoutMs: 30_000,
    });
    await hotLog.setup(true);
    return hotLog;
  },
});

afterAll(async () => {
  client.disconnect();
  await server.stop();
});
