import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createImageServer } from "../../../src/swarm/images/image_client.ts";
import failing from "../../fixtures/swarm/ws_first_image_fails.json" with { type: "json" };
import interrupted from "../../fixtures/swarm/ws_interrupted.json" with { type: "json" };
import twoImages from "../../fixtures/swarm/ws_two_images.json" with { type: "json" };
import { parametersIn } from "../../../src/generation/pictures/swarm_metadata.ts";
import { waitFor } from "../../support/wait_for.ts";
import { collect, generate, kindsOf } from "../follow.ts";
import { json, ScriptedServer } from "../scripted_server.ts";
import { type ServerSocket, SocketServer } from "../socket_server.ts";
import { optionsFor } from "../swarm_options.ts";

const IDLE = {
  status: { waiting_gens: 0, loading_models: 0, waiting_backends: 0, live_gens: 0 },
};
const WORKING = { status: { ...IDLE.status, waiting_gens: 2, live_gens: 1 } };
const LOST = { error: "Invalid session ID.", error_id: "invalid_session_id" };

/** Sends messages, then waits until the client has left: the server itself never closes. */
function sending(messages: readonly unknown[]): (socket: ServerSocket) => Promise<void> {
  return async (socket) => {
    for (const message of messages) await socket.json(message);
    await socket.untilLeft();
  };
}

Deno.test("generate() follows a recorded run, and does not wait for the server to close", async () => {
  await using server = new SocketServer(sending(twoImages.frames));
  const { events, error } = await collect(
    generate(server.url, { authorization: "key", token: "a.b.c" }),
  );
  assertEquals(error, null);
  assertEquals(events.slice(0, 2), [{ kind: "sent", transport: "websocket" }, {
    kind: "accepted",
  }]);
  assertEquals(events.at(-1), { kind: "over" });
  const images = events.flatMap((event) => event.kind === "image" ? [event.image] : []);
  assertEquals(images.map(({ index, path, seed }) => ({ index, path, seed })), [
    { index: 0, path: "View/local/raw/2026-11-23/0144004-a cat-tiny.png", seed: "100" },
    { index: 1, path: "View/local/raw/2026-11-23/0144004-a cat-tiny-1.png", seed: "101" },
  ]);
  assertEquals(images.map(({ metadata = null }) => parametersIn(metadata).steps), [10, 10]);
  for (const run of [0, 1]) {
    const overall = events.flatMap((event) =>
      event.kind === "progress" && event.index === run ? [event.overall] : []
    );
    assertEquals(overall, overall.toSorted((one, other) => one - other));
    assertEquals([overall[0], overall.at(-1)], [0.125, 1]);
  }
  await waitFor(() => server.received.length === 2, { what: "the goodbye" });
  assertEquals(server.received.map(({ opcode }) => opcode), [1, 8]);
  assertEquals(
    server.received[0]?.text,
    '{"session_id":"53c237","images":2,"prompt":"a cat","model":"tiny"}',
  );
  const [head = ""] = server.heads;
  assertStringIncludes(head, `GET ${server.url}/API/GenerateText2ImageWS HTTP/1.1\r\n`);
  assertStringIncludes(head, "\r\nauthorization: Bearer key\r\n");
  assertStringIncludes(head, "\r\ncookie: swarm_token=a.b.c\r\n");
  assertStringIncludes(head, "\r\nuser-agent: asset-generator\r\n");
});

Deno.test("generate() goes on after an error: live runs still deliver", async () => {
  await using server = new SocketServer(sending(failing.frames));
  const { events, error } = await collect(generate(server.url));
  assertEquals(error, null);
  const told = kindsOf(events.filter(({ kind }) => kind === "error" || kind === "image"));
  assertEquals(told, "error image");
  assertEquals(events.at(-1), { kind: "over" });
});

Deno.test("generate() reports an interrupt as the server does", async () => {
  await using server = new SocketServer(sending(interrupted.frames));
  const { events, error } = await collect(generate(server.url));
  assertEquals(error, null);
  assertEquals(
    events.flatMap((event) => event.kind === "error" ? [event.message] : []),
    ["Generation session interrupted.", "Generation session interrupted."],
  );
  assertEquals(events.at(-1), { kind: "over" });
});

Deno.test("generate() fails if the connection is lost after any frame", async () => {
  const until = twoImages.frames.findIndex((frame) => "socket_intention" in frame);
  for (let count = 0; count <= until; count += count < 6 ? 1 : 9) {
    for (const ending of ["drop", "half a frame", "1011"] as const) {
      await using server = new SocketServer(async (socket) => {
        for (const frame of twoImages.frames.slice(0, count)) await socket.json(frame);
        if (ending === "half a frame") await socket.bytes(new Uint8Array([0x81, 0x10, 0x7b]));
        if (ending === "1011") await socket.closeFrame(1011);
        socket.drop();
      }, { GetCurrentStatus: IDLE });
      const { events, error } = await collect(generate(server.url));
      assert(error instanceof ServerUnreachableError, `${count} ${ending} ${error}`);
      assert(!/\n|53c237/.test(error.message), error.message);
      assertEquals(kindsOf(events.slice(0, 2)), count === 0 ? "sent" : "sent accepted");
      assert(!kindsOf(events).includes("over"));
    }
  }
});

Deno.test("generate() asks the counters if the server closes without saying that it is over", async () => {
  for (
    const [answers, isOver] of [
      [{ GetCurrentStatus: IDLE }, true],
      [{ GetCurrentStatus: LOST }, true],
      [{ GetCurrentStatus: WORKING }, false],
      [{ GetCurrentStatus: {} }, false],
      [{}, false],
    ] as const
  ) {
    await using server = new SocketServer(async (socket) => {
      await socket.json(WORKING);
      await socket.json({ error: "Missing required parameter 'images'" });
      await socket.closeFrame(1000);
      await socket.untilLeft();
    }, answers);
    const { events, error } = await collect(generate(server.url));
    assertEquals(error instanceof ServerUnreachableError, !isOver, JSON.stringify(answers));
    assertEquals(
      kindsOf(events),
      `sent accepted status error${isOver ? " over" : ""}`,
      JSON.stringify(answers),
    );
  }
});

Deno.test("generate() says that the user may not", async () => {
  await using server = new SocketServer(sending([{
    error: "You lack permissions for this route.",
    error_id: "bad_permissions",
  }]));
  const { events, error } = await collect(generate(server.url));
  assert(error instanceof ServerRefusedError);
  assertStringIncludes(error.message, "basic_image_generation");
  assertEquals(kindsOf(events), "sent accepted");
});

Deno.test("generate() throws an abort's reason at once, whatever it is doing", async () => {
  // After how many events the abort comes, and what the server does meanwhile.
  for (
    const [after, messages] of [[1, []], [2, [{ keep_alive: true }]], [3, [WORKING]]] as const
  ) {
    const left = Promise.withResolvers<void>();
    await using server = new SocketServer(async (socket) => {
      for (const message of messages) await socket.json(message);
      await socket.untilLeft();
      left.resolve();
    });
    const stop = new AbortController();
    let seen = 0;
    await assertRejects(
      async () => {
        for await (const _ of generate(server.url, { signal: stop.signal })) {
          seen += 1;
          if (seen === after) stop.abort(new RangeError("enough"));
        }
      },
      RangeError,
      "enough",
    );
    assertEquals(seen, after);
    await left.promise;
  }
});

Deno.test("generate() throws an abort's reason while it waits for a message", async () => {
  const stop = new AbortController();
  await using server = new SocketServer(async (socket) => {
    stop.abort(new RangeError("enough"));
    await socket.untilLeft();
  });
  const { events, error } = await collect(generate(server.url, { signal: stop.signal }));
  assert(error instanceof RangeError);
  assertEquals(kindsOf(events), "sent");
});

Deno.test("generate() drops the connection when its consumer leaves", async () => {
  const left = Promise.withResolvers<void>();
  await using server = new SocketServer(async (socket) => {
    await socket.json(WORKING);
    await socket.untilLeft();
    left.resolve();
  });
  for await (const event of generate(server.url)) {
    if (event.kind === "status") break;
  }
  await left.promise;
});

Deno.test("generate() sends no second request if the first may have left", async () => {
  await using server = new SocketServer((socket) => {
    socket.drop();
    return Promise.resolve();
  }, { GetCurrentStatus: IDLE, GenerateText2Image: { images: [] } });
  const { error } = await collect(generate(server.url));
  assert(error instanceof ServerUnreachableError);
  assertEquals(server.heads.length, 1);
});

Deno.test("generate() sends no session to another server", async () => {
  await using server = new ScriptedServer(() => json(IDLE));
  const events = createImageServer(optionsFor(server.url)).generate(
    new ServerSession("53c237", { serverUrl: "http://127.0.0.1:2", createdAt: 0 }),
    { prompt: "a cat", model: "tiny", images: 2 },
    { transport: "auto", signal: new AbortController().signal },
  );
  const { error } = await collect(events);
  assert(error instanceof Error);
  assertStringIncludes(error.message, "another server");
  assertEquals(server.requests.length, 0);
});
