import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startTcpProxy, type Direction, type TcpProxy } from "../servers/tcp-proxy.ts";

/** Answers what it gets in brackets, and remembers it. */
let server: Server;
let received: string;
let serverSockets: Socket[];
let proxy: TcpProxy;
let clients: Client[];

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly closed: () => boolean;
}

beforeEach(async () => {
  received = "";
  serverSockets = [];
  clients = [];
  server = createServer((socket) => {
    serverSockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received += bytes.toString();
      socket.write(`[${bytes.toString()}]`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startTcpProxy(`tcp://user:secret@127.0.0.1:${serverPort()}/path?query`);
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  proxy.close();
  for (const socket of serverSockets) socket.destroy();
  server.close();
  await once(server, "close");
});

function serverPort(): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function open(): Client {
  const socket = connect(proxy.port, "127.0.0.1");
  let text = "";
  let isClosed = false;
  socket.on("data", (bytes) => (text += bytes.toString()));
  socket.on("close", () => (isClosed = true));
  socket.on("error", () => {});
  const client = { socket, received: () => text, closed: () => isClosed };
  clients.push(client);
  return client;
}

async function openConnected(): Promise<Client> {
  const client = open();
  client.socket.write("hello");
  await seen(client, "[hello]");
  received = "";
  return client;
}

function seen(client: Client, text: string): Promise<void> {
  return vi.waitFor(() => expect(client.received()).toBe(text), 10_000);
}

function serverSaw(text: string): Promise<void> {
  return vi.waitFor(() => expect(received).toBe(text), 10_000);
}

function until(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, 10_000);
}

describe("an undisturbed link", () => {
  test("has the target's address, with its own host and port", () => {
    expect(proxy.url).toBe(`tcp://user:secret@127.0.0.1:${proxy.port}/path?query`);
  });

  test("passes both directions on, and the end of a connection", async () => {
    const client = await openConnected();
    client.socket.end("bye");
    await seen(client, "[hello][bye]");
    await until(client.closed);
    await until(() => proxy.connectionCount === 0);
  });

  test("passes much on", async () => {
    const client = open();
    const much = "0123456789".repeat(100_000);
    client.socket.write(much);
    await serverSaw(much);
    await until(() => client.received().replaceAll(/[[\]]/g, "") === much);
  });

  test("keeps connections apart", async () => {
    const [one, other] = [await openConnected(), await openConnected()];
    one.socket.write("1");
    other.socket.write("2");
    await seen(one, "[hello][1]");
    await seen(other, "[hello][2]");
    expect(proxy.connectionCount).toBe(2);
  });

  test("ends a client's connection when there is no server", async () => {
    server.close();
    await once(server, "close");
    const client = open();
    await until(client.closed);
    server.listen(serverPort());
    await once(server, "listening");
  });
});

describe("delay", () => {
  let client: Client;

  beforeEach(async () => {
    client = await openConnected();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    proxy.delay(1000);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets sockets work while time stands still. */
  async function heldIn(direction: Direction): Promise<void> {
    while (proxy.heldBytes(direction) === 0) await nextTurn();
  }

  test("sends requests on later, and replies later again", async () => {
    client.socket.write("late");
    await heldIn("requests");
    vi.advanceTimersByTime(999);
    expect(proxy.heldBytes("requests")).toBe(4);
    vi.advanceTimersByTime(1);
    await heldIn("replies");
    expect(client.received()).toBe("[hello]");
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await seen(client, "[hello][late]");
  });

  test("keeps the order when it becomes shorter", async () => {
    client.socket.write("first");
    await heldIn("requests");
    proxy.delay(0);
    client.socket.write("second");
    while (proxy.heldBytes("requests") < 11) await nextTurn();
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await serverSaw("firstsecond");
  });
});

describe("cut", () => {
  test("closes both sides and loses what was held, and only that", async () => {
    const client = await openConnected();
    proxy.hold("requests");
    client.socket.write("lost");
    await until(() => proxy.heldBytes("requests") > 0);
    proxy.cut();
    await until(client.closed);
    await until(() => serverSockets.every((socket) => socket.destroyed));
    proxy.release();
    await openConnected();
    expect(received).toBe("");
  });
});

describe("refuse", () => {
  test("refuses new connections, keeps old ones, and takes new ones on the same port again", async () => {
    const old = await openConnected();
    const { port } = proxy;
    proxy.refuse();
    const refused = connect(port, "127.0.0.1");
    const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
    old.socket.write("still here");
    await seen(old, "[hello][still here]");
    await proxy.accept();
    expect(proxy.port).toBe(port);
    await openConnected();
  });
});

describe("blackHole", () => {
  test("swallows both directions and ends, with all sockets open, until the connection is cut", async () => {
    const old = await openConnected();
    const [serverSocket] = serverSockets;
    proxy.blackHole();
    const fresh = open();
    await until(() => !fresh.socket.connecting);
    old.socket.write("swallowed");
    fresh.socket.write("swallowed");
    serverSocket?.write("swallowed");
    await proxy.accept();
    await openConnected();
    old.socket.write("still swallowed");
    await openConnected();
    expect([old.received(), fresh.received()]).toEqual(["[hello]", ""]);
    expect([old.closed(), fresh.closed(), serverSocket?.closed]).toEqual([false, false, false]);
    expect(received).toBe("");
    proxy.cut();
    await until(() => old.closed() && fresh.closed());
  });

  test("keeps the end of a client from the server", async () => {
    const client = await openConnected();
    proxy.blackHole();
    client.socket.destroy();
    await until(client.closed);
    await proxy.accept();
    await openConnected();
    expect(serverSockets.map((socket) => socket.closed)).toEqual([false, false]);
  });
});

describe("hold", () => {
  test("keeps requests back and sends them on in order", async () => {
    const client = await openConnected();
    proxy.hold("requests");
    client.socket.write("one ");
    await until(() => proxy.heldBytes("requests") === 4);
    client.socket.write("two");
    await until(() => proxy.heldBytes("requests") === 7);
    expect(received).toBe("");
    proxy.release("requests");
    await serverSaw("one two");
    expect(proxy.heldBytes("requests")).toBe(0);
  });

  test("lets the request of a client that has died arrive later", async () => {
    const client = await openConnected();
    proxy.hold("requests");
    client.socket.write("testament");
    await until(() => proxy.heldBytes("requests") > 0);
    client.socket.resetAndDestroy();
    await until(client.closed);
    await proxy.accept();
    expect(received).toBe("");
    proxy.release();
    await serverSaw("testament");
    await until(() => proxy.connectionCount === 0);
  });

  test("keeps replies back, while requests pass, also of new connections", async () => {
    proxy.hold("replies");
    const client = open();
    client.socket.write("question");
    await serverSaw("question");
    await until(() => proxy.heldBytes("replies") > 0);
    expect(client.received()).toBe("");
    proxy.release("replies");
    await seen(client, "[question]");
  });

  test("of one direction leaves the other held", async () => {
    const client = await openConnected();
    proxy.hold("requests");
    proxy.hold("replies");
    client.socket.write("question");
    await until(() => proxy.heldBytes("requests") > 0);
    proxy.release("requests");
    await until(() => proxy.heldBytes("replies") > 0);
    expect(client.received()).toBe("[hello]");
    proxy.release();
    await seen(client, "[hello][question]");
  });
});

describe("cutAfterRequest", () => {
  test("lets the server have the request and swallows its reply, once", async () => {
    const [client, other] = [await openConnected(), await openConnected()];
    const cut = proxy.cutAfterRequest((request) => request.toString().includes("commit"));
    client.socket.write("begin ");
    await seen(client, "[hello][begin ]");
    client.socket.write("com");
    await seen(client, "[hello][begin ][com]");
    client.socket.write("mit");
    await cut;
    await until(client.closed);
    expect(received).toBe("begin commit");
    expect(client.received()).toBe("[hello][begin ][com]");
    other.socket.write("commit");
    await seen(other, "[hello][commit]");
  });

  test("waits for a request that is held", async () => {
    const client = await openConnected();
    proxy.hold("requests");
    const cut = proxy.cutAfterRequest(() => true);
    client.socket.write("commit");
    await until(() => proxy.heldBytes("requests") > 0);
    expect(client.closed()).toBe(false);
    proxy.release();
    await cut;
    expect(received).toBe("commit");
    await until(client.closed);
    expect(client.received()).toBe("[hello]");
  });

  test("closes a client whose server has gone before, and of which it has not heard", async () => {
    const client = await openConnected();
    proxy.hold("replies");
    const [serverSocket] = serverSockets;
    serverSocket?.resetAndDestroy(); // as of a process that was killed
    await until(() => serverSocket?.closed === true);
    for (let turn = 0; turn < 10; turn++) await nextTurn(); // the proxy hears of it, where nobody can see it
    expect(client.closed()).toBe(false);
    const cut = proxy.cutAfterRequest(() => true);
    client.socket.write("commit");
    await cut;
    await until(client.closed);
  });
});
