/**
 * Redis refused a command, or did not answer. It holds the kind of what happened and nothing else: the client's own errors quote addresses,
 * passwords, keys and bodies.
 */
export class RedisError extends Error {
  override readonly name = "RedisError";
  /** How Redis or the system calls it: `OOM`, `READONLY`, `NOPERM`, `ECONNREFUSED`; `TIMEOUT` or `DISCONNECTED` where they do not. */
  readonly kind: string;

  constructor(kind: string) {
    super(`Redis: ${kind}`);
    this.kind = kind;
  }
}

/** The kind of an error of the client. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code)) return code;
  if (error.message === "Command timed out") return "TIMEOUT";
  return kindInReply(error) ?? "DISCONNECTED";
}

/** A reply begins with its kind. What a script's command was refused with stands there too, or behind the script's name in older servers. */
function kindInReply({ name, message }: Error): string | undefined {
  if (name !== "ReplyError") return undefined;
  const known = /\b(WRONGTYPE|OOM|READONLY|NOPERM|NOSCRIPT|LOADING|MISCONF|BUSY|NOAUTH|WRONGPASS)\b/.exec(message)?.[1];
  return known ?? /^[A-Z]+/.exec(message)?.[0] ?? "ERR";
}
