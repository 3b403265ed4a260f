import type { Socket } from "node:net";

/** What passes through in one direction: bytes, or the sender's end of the connection. */
interface Passage {
  readonly bytes: Buffer | undefined;
  readonly dueAtMs: number;
}

/** One direction of one connection through a proxy: sends on what it is given, later or when it is told to, and always in order. */
export class TcpLane {
  readonly #to: Socket;
  readonly #waiting: Passage[] = [];
  #isHeld: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(to: Socket, isHeld: boolean) {
    this.#to = to;
    this.#isHeld = isHeld;
  }

  /** How many bytes wait here. */
  get byteCount(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  }

  /** Takes bytes, or the end of the connection. */
  pass(bytes: Buffer | undefined, delayMs: number): void {
    this.#waiting.push({ bytes, dueAtMs: performance.now() + delayMs });
    this.#sendDue();
  }

  /** Keeps everything until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Sends on what is due. */
  release(): void {
    this.#isHeld = false;
    this.#sendDue();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
    clearTimeout(this.#timer);
  }

  /** Only the first one's time counts: what came later does not overtake it when the delay has become shorter. */
  #sendDue(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#isHeld) return;
      const leftMs = first.dueAtMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#sendDue(), leftMs);
        return;
      }
      this.#waiting.shift();
      if (first.bytes === undefined) this.#to.end();
      else this.#to.write(first.bytes);
    }
  }
}
