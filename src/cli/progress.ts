import { SingleBar } from "cli-progress";
import { countText, plural } from "./terminal.ts";

/** Tells how far an import has come. */
export interface Progress {
  /** A part of a line is done: so many of its bytes, so many messages. */
  advance(bytes: number, messages: number): void;
  /** Prints a line that stays. */
  note(line: string): void;
  /** Nothing more comes. */
  stop(): void;
}

/** Without a terminal, a line is printed when a tenth more is done, though never sooner than this after the last one … */
const MIN_LINE_INTERVAL_MS = 500;

/** … and when nothing was told for so long. */
const MAX_LINE_INTERVAL_MS = 10_000;

/** A bar on a terminal, a line now and then elsewhere. `totalBytes` 0: not known. */
export function progressOn(stream: NodeJS.WriteStream, totalBytes: number): Progress {
  return stream.isTTY && totalBytes > 0 ? progressBar(stream, totalBytes) : progressLines(stream, totalBytes);
}

function progressBar(stream: NodeJS.WriteStream, totalBytes: number): Progress {
  // Redrawn even if nothing changed, because notes are written over it.
  const bar = new SingleBar({
    stream,
    forceRedraw: true,
    hideCursor: true,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    format: "{bar} {percentage}%  {messages} messages  {eta_formatted} left",
  });
  let bytes = 0;
  let messages = 0;
  bar.start(totalBytes, 0, { messages: 0 });
  return {
    advance(moreBytes, moreMessages) {
      bytes += moreBytes;
      messages += moreMessages;
      bar.update(Math.min(totalBytes, Math.round(bytes)), { messages: countText(messages) });
    },
    note(line) {
      stream.write(`\r\u001B[K${line}\n`);
    },
    stop() {
      bar.stop();
    },
  };
}

function progressLines(stream: NodeJS.WriteStream, totalBytes: number): Progress {
  let bytes = 0;
  let messages = 0;
  let toldTenths = 0;
  let toldAt = Date.now();
  const tell = (): void => {
    const share = totalBytes > 0 ? `${Math.floor((100 * bytes) / totalBytes)} %, ` : "";
    stream.write(`${share}${plural(messages, "message")}\n`);
    toldAt = Date.now();
  };
  return {
    advance(moreBytes, moreMessages) {
      bytes += moreBytes;
      messages += moreMessages;
      const tenths = totalBytes > 0 ? Math.floor((10 * bytes) / totalBytes) : 0;
      const sinceMs = Date.now() - toldAt;
      if (sinceMs < (tenths > toldTenths ? MIN_LINE_INTERVAL_MS : MAX_LINE_INTERVAL_MS)) return;
      toldTenths = tenths;
      tell();
    },
    note(line) {
      stream.write(`${line}\n`);
    },
    stop() {},
  };
}
