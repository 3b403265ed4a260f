import { InvalidConfigError } from "../../model/errors.ts";
import { isCluster, type RedisClient } from "./redis-client.ts";

/**
 * Makes sure that no server evicts keys without a lifetime: drafts would be lost.
 *
 * @throws InvalidConfigError naming the setting of the server
 */
export async function refuseEviction(client: RedisClient): Promise<void> {
  const servers = isCluster(client) ? client.nodes("master") : [client];
  const policies = await Promise.all(servers.map(policyOf));
  for (const policy of policies) {
    if (policy === undefined) warn();
    else if (policy !== "noeviction" && !policy.startsWith("volatile-")) throw refusal(policy);
  }
}

/** The policy of one server; undefined: it does not tell us. */
async function policyOf(server: Pick<RedisClient, "config" | "info">): Promise<string | undefined> {
  const asked = await server.config("GET", "maxmemory-policy").catch(() => []);
  const [, policy] = asked as readonly unknown[];
  if (typeof policy === "string") return policy;
  const info = await server.info("memory").catch(() => "");
  return /^maxmemory_policy:([\w-]+)/m.exec(info)?.[1];
}

function refusal(policy: string): InvalidConfigError {
  const advice = 'set it to "noeviction" or to a policy that begins with "volatile-", or use durability "sync"';
  return new InvalidConfigError(
    "maxmemory-policy",
    `Redis may evict what is not yet committed under "${policy}"; ${advice}`,
  );
}

let hasWarned = false;

function warn(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    'Redis does not tell its maxmemory-policy. It must be "noeviction" or begin with "volatile-": under any other, what is not yet committed may be lost.',
    { code: "AGENITY_EVICTION_UNKNOWN" },
  );
}
