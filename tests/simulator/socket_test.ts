/** The generation socket, where the recordings do not go (`swarmui-protocol.md §4`). */
import { assert, assertEquals } from "@std/assert";
import { clientHere } from "../support/http_clients.ts";
import { type Bench, bench, openSocket, type TestSocket } from "./client.ts";
import { nextTurn } from "../support/manual_clock.ts";

const REQUEST = { images: 1, model: "tiny", steps: 2 };

function kinds(socket: TestSocket): readonly string[] {
  return socket.frames.map((frame) => Object.keys(frame)[0] ?? "");
}

/** Opens a socket whose request has begun. */
async function startImages(b: Bench): Promise<TestSocket> {
  const session_id = await b.session();
  const socket = openSocket(`${b.simulator.url}/API/GenerateText2ImageWS`, {
    session_id,
    ...REQUEST,
  });
  await b.simulator.until(({ live_gens }) => live_gens === 1);
  return socket;
}

Deno.test("a client's close is answered only when the work is over", async () => {
  await using b = await bench();
  const socket = await startImages(b);
  socket.socket.close();
  await b.clock.advance(1_900);
  for (let count = 0; count < 10; count++) await nextTurn();
  assertEquals(socket.socket.readyState, WebSocket.CLOSING);
  assertEquals(await b.settle(socket.closed), 1_000);
  assert(kinds(socket).includes("image"), kinds(socket).join());
});

Deno.test("a client that vanishes stops nothing", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const { port } = b.simulator;
  const text = JSON.stringify({ session_id, ...REQUEST });
  const head = `POST /API/GenerateText2Image HTTP/1.1\r\nhost: x\r\n` +
    `content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(head + text));
  await b.simulator.until(({ live_gens }) => live_gens === 1);
  connection.close();
  await b.settle(b.simulator.idle());
  const listed = await b.call("ListImages", { session_id, path: "", depth: 4 });
  assertEquals(Array.isArray(listed.body.files) && listed.body.files.length, 1);
});

Deno.test("a socket without a first message is dropped after a minute", async () => {
  await using b = await bench();
  const socket = new WebSocket(
    `${b.simulator.url.replace("http", "ws")}/API/GenerateText2ImageWS`,
    clientHere(b.simulator.url),
  );
  socket.onerror = () => {};
  const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
  await new Promise((resolve) => socket.onopen = resolve);
  while (b.clock.sleeperCount === 0) await nextTurn();
  await b.clock.advance(60_000);
  assertEquals(await closed, 0);
});

Deno.test("a further message that is not JSON ends the listening, not the work", async () => {
  await using b = await bench();
  const socket = await startImages(b);
  socket.socket.send("nonsense");
  socket.socket.send(JSON.stringify(REQUEST));
  assertEquals(await b.settle(socket.closed), 1_000);
  assertEquals(kinds(socket).filter((kind) => kind === "image").length, 1);
});

Deno.test("keep_alive comes also when nothing ends for half a minute", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const socket = openSocket(`${b.simulator.url}/API/GenerateText2ImageWS`, {
    session_id,
    ...REQUEST,
    steps: 70,
  });
  await b.simulator.until(({ live_gens }) => live_gens === 1);
  await b.settle(socket.closed);
  assertEquals(kinds(socket).filter((kind) => kind === "keep_alive").length, 3);
});

Deno.test("failNext() makes fewer images than requested, with and without an error", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const run = async (): Promise<TestSocket> => {
    const socket = openSocket(`${b.simulator.url}/API/GenerateText2ImageWS`, {
      session_id,
      ...REQUEST,
      images: 2,
      nopreviews: true,
    });
    await b.settle(socket.closed);
    return socket;
  };
  b.simulator.failNext("lost");
  const lost = await run();
  assertEquals(lost.frames.filter((frame) => "image" in frame).length, 1);
  assertEquals(lost.frames.filter((frame) => "error" in frame), []);
  b.simulator.failNext("discarded");
  const discarded = await run();
  assertEquals(discarded.frames.find((frame) => "discard_indices" in frame), {
    discard_indices: [0],
  });
  b.simulator.failNext("save_failed");
  const unsaved = await run();
  assertEquals(unsaved.frames.find((frame) => "error" in frame), {
    error: "Server failed to save an image.",
  });
});
