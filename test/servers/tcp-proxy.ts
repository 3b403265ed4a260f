import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { TcpLane } from "./tcp-lane.ts";

/** A direction through a link: requests go to the server, replies come from it. */
export type Direction = "requests" | "replies";

/** A link to a server that a test can disturb. All that it does holds for the connections that are open and for those to come. */
export interface TcpProxy {
  /** The address to connect to: the target's, through this link. */
  readonly url: string;
  /** The port of 127.0.0.1 that it listens on. */
  readonly port: number;
  /** How many connections there are, including those of which only one side is left. */
  readonly connectionCount: number;
  /** Sends everything on this much later, in both directions and in order; 0 ends that for what comes next. */
  delay(milliseconds: number): void;
  /** Closes all connections, on both sides. Bytes that were kept back are lost. */
  cut(): void;
  /** Refuses new connections, as a server that is not running does. */
  refuse(): void;
  /** Takes new connections again, after {@link refuse} or {@link blackHole}. */
  accept(): Promise<void>;
  /**
   * Swallows all bytes and the ends of connections in both directions, while every socket stays open. A connection that has lost bytes
   * stays useless until {@link cut}; {@link accept} serves new ones again.
   */
  blackHole(): void;
  /** Keeps bytes of one direction back, also when their sender has closed the connection or died. */
  hold(direction: Direction): void;
  /** How many bytes of one direction are being kept back: what to wait for before the next step. */
  heldBytes(direction: Direction): number;
  /** Sends on what was held, in order, and holds no more; without a direction, in both. */
  release(direction?: Direction): void;
  /**
   * Swallows a reply, once: when the bytes that a client has sent from now on fulfil the predicate, they reach the server, which does what
   * they ask for; the client gets nothing more, and its connection closes.
   *
   * @returns what is fulfilled when the server has done it and the connection is closed
   */
  cutAfterRequest(predicate: (request: Buffer) => boolean): Promise<void>;
  /** Closes everything. */
  close(): void;
}

/**
 * Starts a link to a server.
 *
 * @param targetUrl - an address with host and port, of any protocol over TCP
 */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const link = new Link(new URL(targetUrl));
  await link.accept();
  return link;
}

/** A client's socket, and the one to the server that stands for it. */
class Connection {
  readonly lanes: Readonly<Record<Direction, TcpLane>>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #link: Link;
  /** Directions that carry nothing any more. */
  readonly #dead = new Set<Direction>();

  constructor(client: Socket, server: Socket, link: Link) {
    this.#client = client;
    this.#server = server;
    this.#link = link;
    this.lanes = {
      requests: new TcpLane(server, link.isHeld("requests")),
      replies: new TcpLane(client, link.isHeld("replies")),
    };
    this.#listen(client, "requests");
    this.#listen(server, "replies");
  }

  blackHole(): void {
    this.#dead.add("requests").add("replies");
    for (const lane of Object.values(this.lanes)) lane.clear();
  }

  cut(): void {
    this.blackHole();
    this.#client.destroy();
    this.#server.destroy();
  }

  #listen(sender: Socket, direction: Direction): void {
    sender.on("data", (bytes) => this.#pass(direction, bytes));
    sender.on("end", () => this.#pass(direction, undefined));
    sender.on("close", () => this.#pass(direction, undefined)); // one that was reset has no end
    sender.on("error", () => {}); // it closes, too
  }

  #pass(direction: Direction, bytes: Buffer | undefined): void {
    if (this.#dead.has(direction)) return;
    this.lanes[direction].pass(bytes, this.#link.delayMs);
    if (bytes === undefined) this.#dead.add(direction);
    else if (direction === "requests") this.#link.watch(this, bytes);
  }

  /**
   * The server sees the end of the connection behind the request: that it closes its own side shows that it has done what it was asked.
   */
  swallowReply(done: () => void): void {
    this.#pass("requests", undefined);
    this.#dead.add("replies");
    this.lanes.replies.clear();
    const end = (): void => {
      this.#client.destroy();
      done();
    };
    // One that is gone already does not close again, and what the client should have heard of that was swallowed with its replies.
    if (this.#server.closed) end();
    else this.#server.once("close", end);
  }
}

/** A port, and what is to be done with the connections that it takes. */
class Link implements TcpProxy {
  delayMs = 0;
  /** Is shown what clients have sent. */
  watch: (connection: Connection, bytes: Buffer) => void = () => {};
  readonly #target: URL;
  readonly #connections = new Set<Connection>();
  readonly #held = new Set<Direction>();
  #swallows = false;
  #port = 0;
  #listener: Server | undefined;

  constructor(target: URL) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String(this.#port);
    return url.href;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  async accept(): Promise<void> {
    this.#swallows = false;
    if (this.#listener !== undefined) return;
    // An end does not answer an end by itself: each has its place in its direction.
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#connect(client));
    this.#listener = listener;
    listener.listen(this.#port, "127.0.0.1");
    await once(listener, "listening");
    const address = listener.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
  }

  blackHole(): void {
    this.#swallows = true;
    for (const connection of this.#connections) connection.blackHole();
  }

  hold(direction: Direction): void {
    this.#held.add(direction);
    for (const { lanes } of this.#connections) lanes[direction].hold();
  }

  isHeld(direction: Direction): boolean {
    return this.#held.has(direction);
  }

  heldBytes(direction: Direction): number {
    return [...this.#connections].reduce((sum, { lanes }) => sum + lanes[direction].byteCount, 0);
  }

  release(direction?: Direction): void {
    const released = direction === undefined ? (["requests", "replies"] as const) : [direction];
    for (const each of released) {
      this.#held.delete(each);
      for (const { lanes } of this.#connections) lanes[each].release();
    }
  }

  cutAfterRequest(predicate: (request: Buffer) => boolean): Promise<void> {
    const sent = new Map<Connection, Buffer>(); // a request may come in pieces
    return new Promise((done) => {
      this.watch = (connection, bytes) => {
        const request = Buffer.concat([sent.get(connection) ?? Buffer.alloc(0), bytes]);
        sent.set(connection, request);
        if (!predicate(request)) return;
        this.watch = () => {};
        connection.swallowReply(done);
      };
    });
  }

  close(): void {
    this.refuse();
    this.cut();
  }

  #connect(client: Socket): void {
    const { hostname, port, protocol } = this.#target;
    const server = connect({
      host: hostname.replaceAll(/^\[|\]$/g, ""),
      port: port === "" ? defaultPort(protocol) : Number(port),
      allowHalfOpen: true,
    });
    const connection = new Connection(client, server, this);
    this.#connections.add(connection);
    // Not before both are gone: what a client has sent may still be held when it is gone itself.
    let open = 2;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.once("close", () => --open === 0 && this.#connections.delete(connection));
    }
    if (this.#swallows) connection.blackHole();
  }
}

function defaultPort(protocol: string): number {
  return protocol.startsWith("redis") ? 6379 : 5432;
}
