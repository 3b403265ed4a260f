import { execFileSync } from "node:child_process";
import { chownSync } from "node:fs";
import { isRoot } from "./local-server.ts";

// PostgreSQL and its poolers refuse to run as root. There they run as the user that PostgreSQL's package made.

/** The user's name, and that of its group. */
const SERVER_USER = "postgres";

/** A program with its arguments, such that it runs as somebody whom it does not refuse. */
export function asServerUser(program: string, programArguments: readonly string[]): [string, string[]] {
  if (!isRoot()) return [program, [...programArguments]];
  const { uid, gid } = serverIds();
  // Not through a login: the process must be our own child, so that signals reach the server itself.
  return ["setpriv", [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--", program, ...programArguments]];
}

/** Gives a file or a folder to whoever runs the server. */
export function giveToServerUser(path: string): void {
  if (!isRoot()) return;
  const { uid, gid } = serverIds();
  chownSync(path, uid, gid);
}

function serverIds(): { readonly uid: number; readonly gid: number } {
  const id = (option: string): number => Number(execFileSync("id", [option, SERVER_USER], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
