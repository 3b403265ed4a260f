import { InvalidConfigError } from "../../model/errors.ts";
import { isCluster, type RedisClient } from "./redis-client.ts";
import { kindOf, RedisError } from "./redis-error.ts";

/**
 * Makes sure that no server evicts keys without a lifetime: drafts would be lost.
 *
 * @throws InvalidConfigError naming the setting of the server
 * @throws RedisError if it cannot be asked now
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
  const asked = await unlessForbidden(server.config("GET", "maxmemory-policy"));
  const [, policy] = (asked ?? []) as readonly unknown[];
  if (typeof policy === "string") return policy;
  const info = await unlessForbidden(server.info("memory"));
  return /^maxmemory_policy:([\w-]+)/m.exec(info ?? "")?.[1];
}

/** What is not allowed, or is a command that the server does not know, will not be answered later either; all else may be. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const kind = kindOf(error);
    if (kind === "NOPERM" || kind === "ERR") return undefined;
    throw new RedisError(kind);
  }
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
