import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a client and a server that ends connections in the very packet in which it answers. */
export class LastWordsProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #last: { readonly end: Buffer; readonly words: Buffer; readonly done: () => void } | undefined;

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#pass(client, target));
  }

  /** A proxy on a free port of 127.0.0.1. */
  static async to(target: URL): Promise<LastWordsProxy> {
    const proxy = new LastWordsProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Its host and port. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /**
   * The server's next answer that ends like this is its last: these words follow in the same packet, and the connection ends.
   * @returns when that has happened
   */
  endAfter(end: Buffer, words: Buffer): Promise<void> {
    return new Promise((done) => (this.#last = { end, words, done }));
  }

  /** Ends all connections, and listens no longer. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #pass(client: Socket, target: URL): void {
    const server = connect(Number(target.port), target.hostname);
    const end = (): void => {
      for (const socket of [client, server]) {
        socket.destroy();
        this.#sockets.delete(socket);
      }
    };
    for (const socket of [client, server]) this.#sockets.add(socket.on("error", end));
    client.on("close", end);
    server.on("end", () => client.end());
    client.on("data", (bytes: Buffer) => server.write(bytes));
    server.on("data", (bytes: Buffer) => {
      const last = this.#last;
      if (last !== undefined && bytes.subarray(-last.end.length).equals(last.end)) {
        this.#last = undefined;
        server.destroy();
        client.end(Buffer.concat([bytes, last.words]), last.done);
      } else {
        client.write(bytes);
      }
    });
  }
}
