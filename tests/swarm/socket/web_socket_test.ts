import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ServerUnreachableError } from "../../../src/errors.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createImageServer } from "../../../src/swarm/images/image_client.ts";
import { collect, generate, kindsOf } from "../follow.ts";
import { RawServer, writeAll } from "../scripted_server.ts";
import { agreement, type ServerSocket, SocketServer } from "../socket_server.ts";
import { optionsFor } from "../swarm_options.ts";

const OVER = { socket_intention: "close" };

Deno.test("generate() passes over garbage, but not for ever", async () => {
  const garbage = ["", "{", "[]", '{"image":5}', '{"gen_progress":{}}', '{"status":{}}'];
  await using server = new SocketServer(async (socket) => {
    for (const text of garbage) await socket.frame(0x81, text);
    await socket.frame(0x82, new Uint8Array([1, 2, 3]));
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

const TOO_LONG = "a message is too long";
const NO_FRAME = "a WebSocket frame is malformed";

const broken: readonly (readonly [string, (socket: ServerSocket) => Promise<void>, string])[] = [
  ["other bytes", (socket) => socket.bytes("HTTP/1.1 500 Oops\r\n\r\n"), NO_FRAME],
  ["a reserved bit", (socket) => socket.frame(0xc1, "x"), NO_FRAME],
  ["an unknown kind of frame", (socket) => socket.frame(0x83, "x"), NO_FRAME],
  ["a ping in parts", (socket) => socket.frame(0x09, "x"), NO_FRAME],
  ["a long ping", (socket) => socket.frame(0x89, "x".repeat(200)), NO_FRAME],
  ["half a close code", (socket) => socket.frame(0x88, "x"), NO_FRAME],
  [
    "the end of no message",
    (socket) => socket.frame(0x80, "x"),
    "a message is missing its beginning",
  ],
  ["a message within another", async (socket) => {
    await socket.frame(0x01, "one");
    await socket.frame(0x81, "two");
  }, "a message began before the previous one ended"],
  [
    "what is not UTF-8",
    (socket) => socket.frame(0x81, new Uint8Array([0xff])),
    "a message is not UTF-8",
  ],
  ["a long message", (socket) => socket.json({ a: "x".repeat(1000) }), TOO_LONG],
  ["a long message in parts", async (socket) => {
    await socket.frame(0x01, "x".repeat(600));
    await socket.frame(0x80, "x".repeat(600));
  }, TOO_LONG],
  [
    "a length of exabytes",
    (socket) => socket.bytes(new Uint8Array([0x81, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255])),
    TOO_LONG,
  ],
  [
    "a length that Deno does not read",
    (socket) => socket.bytes(new Uint8Array([0x81, 127, 0, 0, 0, 0, 4, 0, 0, 0])),
    TOO_LONG,
  ],
];

for (const [what, script, found] of broken) {
  Deno.test(`generate() ends with one clear line at ${what}`, async () => {
    await using server = new SocketServer(async (socket) => {
      await script(socket);
      await socket.untilLeft();
    });
    const { events, error } = await collect(generate(server.url, { maxAnswerBytes: 1000 }));
    assert(error instanceof ServerUnreachableError, `${error}`);
    assertEquals(
      error.message,
      `Cannot follow the generation: ${found} before the server said that it is over`,
    );
    assertEquals(kindsOf(events), "sent");
  });
}

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
