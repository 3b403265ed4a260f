import type { Redis } from "ioredis";

/** Writes a log again, with another body in its last entry. */
export async function spoil(redis: Redis, log: string, body: string): Promise<void> {
  const entries = await redis.xrange(log, "-", "+");
  await redis.del(log);
  for (const [index, [id, values]] of entries.entries()) {
    const isLast = index === entries.length - 1;
    const kept = pairsOf(values).map(([name, value]) => [
      name,
      isLast && name === "j" ? value.replace(/"b":.*$/s, () => `"b":${body}}`) : value,
    ]);
    await redis.xadd(log, id, ...kept.flat());
  }
}

function pairsOf(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [String(list[2 * index]), String(list[2 * index + 1])]);
}
