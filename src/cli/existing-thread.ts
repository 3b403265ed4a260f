import type { BaseCheckpointer, ThreadConfig, ThreadInfo } from "../index.ts";
import { CliError } from "./cli-error.ts";

/**
 * The thread that the user named.
 * @throws CliError if there is none, or it is another user's
 */
export async function existingThread(checkpointer: BaseCheckpointer, config: ThreadConfig): Promise<ThreadInfo> {
  const thread = await checkpointer.getThread(config);
  if (thread !== null) return thread;
  const whose = config.userId === undefined ? "" : ` of user ${JSON.stringify(config.userId)}`;
  throw new CliError(
    `there is no thread ${JSON.stringify(config.threadId)}${whose}; "agenity threads" lists what there is`,
  );
}
