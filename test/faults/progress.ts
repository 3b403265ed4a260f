import { SingleBar } from "cli-progress";

/** Tells how far something is. */
export interface Progress {
  /** So much of it is done. */
  update(done: number, note: string): void;
  /** It is over. */
  stop(): void;
}

/** Where there is no terminal, a line is printed so often. */
const LINE_INTERVAL_MS = 10_000;

/** A bar on a terminal, a line now and then elsewhere. */
export function progressOn(stream: NodeJS.WriteStream, total: number): Progress {
  if (stream.isTTY) {
    const bar = new SingleBar({
      stream,
      hideCursor: true,
      format: "{bar} {percentage}%  {note}  {eta_formatted} left",
    });
    bar.start(total, 0, { note: "" });
    return { update: (done, note) => bar.update(done, { note }), stop: () => bar.stop() };
  }
  let toldAtMs = performance.now();
  return {
    update(done, note) {
      if (performance.now() - toldAtMs < LINE_INTERVAL_MS) return;
      toldAtMs = performance.now();
      stream.write(`${Math.floor((100 * done) / total)} %, ${note}\n`);
    },
    stop() {},
  };
}
