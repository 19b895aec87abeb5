import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerUnreachableError } from "../../src/errors.ts";
import { ServerSession } from "../../src/generation/session.ts";
import { createImageServer } from "../../src/swarm/image_client.ts";
import { WebSocketConnection } from "../../src/swarm/web_socket.ts";
import { collect, generate, kindsOf } from "./follow.ts";
import { RawServer, writeAll } from "./scripted_server.ts";
import { agreement, frameOf, type ServerSocket, SocketServer } from "./socket_server.ts";
import { optionsFor } from "./swarm_options.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const OVER = { socket_intention: "close" };

Deno.test("generate() passes over garbage, but not for ever", async () => {
  const garbage = ["", "{", "[]", '{"image":5}', '{"gen_progress":{}}', '{"status":{}}'];
  await using server = new SocketServer(async (socket) => {
    for (const text of garbage) await socket.frame(0x81, text);
    await socket.frame(0x82, new Uint8Array([1, 2, 3]));
    await socket.frame(0x81, new Uint8Array([0xff, 0xfe]));
    await socket.json({ something: "new" });
    await socket.json(OVER);
    await socket.untilLeft();
  });
  assertEquals(kindsOf((await collect(generate(server.url))).events), "sent accepted over");

  await using babbler = new SocketServer(async (socket) => {
    for (let i = 0; i < 101; i++) await socket.frame(0x81, "?");
    await socket.untilLeft();
  });
  const { error } = await collect(generate(babbler.url));
  assert(error instanceof ServerUnreachableError);
  assertStringIncludes(error.message, "make no sense");
});

Deno.test("generate() reads messages in parts, and answers pings between them", async () => {
  await using server = new SocketServer(async (socket) => {
    await socket.frame(0x8a, "");
    await socket.frame(0x01, '{"image":"Vi\u00e9w"');
    await socket.frame(0x89, "beat");
    await socket.frame(0x00, "");
    await socket.frame(0x80, ',"batch_index":"0"}');
    assertEquals(await socket.receive(), { opcode: 10, text: "beat" });
    await socket.json(OVER);
    await socket.untilLeft();
  });
  const { events } = await collect(generate(server.url));
  assertEquals(events[2], { kind: "image", image: { index: 0, path: "Vi\u00e9w", seed: null } });
  assertEquals(kindsOf(events), "sent accepted image over");
});

Deno.test("receive() gives what came before the server left, though no ping can be answered", async () => {
  const bytes = [frameOf(0x89, bytesOf("beat")), frameOf(0x81, bytesOf("last words"))].flatMap((
    each,
  ) => [...each]);
  const source = {
    take: (length: number) => {
      const taken = Uint8Array.from(bytes.splice(0, length));
      return Promise.resolve(taken.length === length ? taken : null);
    },
  };
  const gone = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)")),
    close: () => {},
  };
  const socket = new WebSocketConnection(gone, { source, maxMessageBytes: 100 });
  assertEquals(await socket.receive(), { kind: "text", text: "last words" });
  assertEquals((await socket.receive()).kind, "lost");
});

Deno.test("generate() refuses what breaks the rules of WebSockets", async () => {
  const endless = async (socket: ServerSocket): Promise<void> => {
    await socket.frame(0x01, "");
    for (let i = 0; i < 2000; i++) await socket.frame(0x00, "");
  };
  for (
    const script of [
      (socket) => socket.bytes("HTTP/1.1 500 Oops\r\n\r\n"),
      (socket) => socket.frame(0x80, "the middle"),
      async (socket) => {
        await socket.frame(0x01, "one");
        await socket.frame(0x81, "two");
      },
      (socket) => socket.json({ a: "x".repeat(1000) }),
      async (socket) => {
        await socket.frame(0x01, "x".repeat(600));
        await socket.frame(0x80, "x".repeat(600));
      },
      endless,
    ] satisfies ((socket: ServerSocket) => Promise<void>)[]
  ) {
    await using server = new SocketServer(async (socket) => {
      await script(socket);
      await socket.untilLeft();
    });
    const { events, error } = await collect(generate(server.url, { maxAnswerBytes: 1000 }));
    assert(error instanceof ServerUnreachableError, `${error}`);
    assertEquals(kindsOf(events), "sent");
  }
});

Deno.test("generate() reads a message of its bound", async () => {
  const message = JSON.stringify({ image: `data:image/png;base64,${"A".repeat(3_000_000)}` });
  await using server = new SocketServer(async (socket) => {
    await socket.frame(0x81, message);
    await socket.json(OVER);
    await socket.untilLeft();
  });
  const { events } = await collect(generate(server.url, { maxAnswerBytes: message.length }));
  assertEquals(kindsOf(events), "sent accepted image over");
});

Deno.test("generate() ends at an abort while the server does not take the request", async () => {
  const stop = new AbortController();
  await using server = new RawServer(async (conn, head) => {
    await writeAll(conn, await agreement(/^sec-websocket-key: (.*)\r$/im.exec(head)?.[1] ?? ""));
    stop.abort(new RangeError("enough"));
  });
  const events = createImageServer(optionsFor(server.url)).generate(
    new ServerSession("53c237", { serverUrl: server.url, createdAt: 0 }),
    { prompt: "x".repeat(30_000_000), model: "tiny", images: 2 },
    { transport: "auto", signal: stop.signal },
  );
  const { error } = await collect(events);
  assert(error instanceof RangeError, `${error}`);
});
