import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../../src/errors.ts";
import { collect, generate, serverOf } from "../follow.ts";
import {
  closeQuietly,
  deadUrl,
  type Handler,
  html,
  json,
  RawServer,
  recorded,
  redirect,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";
import { agreement } from "../socket_server.ts";

const refusals: readonly (readonly [string, Handler, number])[] = [
  ["401 for the header", () => recorded("headerLock"), 401],
  ["a redirect", () => redirect("/Error/404"), 302],
  ["a page", () => html("<html>"), 200],
  ["a page that is not there", () => html("", 404), 404],
  ["an error", () => html("", 502), 502],
];

for (const [name, refuse, status] of refusals) {
  Deno.test(`generate() uses HTTP if the handshake is answered with ${name}`, async () => {
    await using server = serverOf(() => json({ images: ["a"] }), { GenerateText2ImageWS: refuse });
    const { events, error } = await collect(generate(server.url));
    assertEquals(error, null);
    assertEquals(events.map(({ kind }) => kind), ["sent", "image", "over"]);
    const noSocket = `the WebSocket was refused with HTTP status ${status}`;
    assertEquals(events[0], { kind: "sent", transport: "http", noSocket });
    assertEquals(server.asked, ["GenerateText2ImageWS", "GetCurrentStatus", "GenerateText2Image"]);
  });
}

Deno.test("generate() says why where the server refuses both ways", async () => {
  for (
    const [refuse, errorClass, says] of [
      [() => recorded("headerLock"), ServerRefusedError, "give it with --api-key"],
      [() => html("", 502), ServerUnreachableError, "HTTP status 502"],
      [() => html("", 404), ServerUnreachableError, "give SwarmUI's own address with --api-url"],
    ] as const
  ) {
    await using server = new ScriptedServer(refuse);
    const { events, error } = await collect(generate(server.url));
    assertEquals(events, []);
    assert(error instanceof errorClass, `${error}`);
    assertStringIncludes(error.message, says);
    assertEquals(server.asked, ["GenerateText2ImageWS", "GetCurrentStatus"]);
  }
});

Deno.test("generate() uses HTTP if the handshake is broken, cut off or never answered", async () => {
  for (
    const answer of [
      "",
      "HTTP/1.1 101 Switch",
      "SSH-2.0\r\n\r\n",
      "x".repeat(70_000),
      null,
    ]
  ) {
    await using server = new RawServer(async (conn, head) => {
      const body = head.includes("GetCurrentStatus") ? '{"status":{}}' : '{"images":["a"]}';
      const isUpgrade = head.startsWith("GET");
      if (isUpgrade && answer === null) return;
      await writeAll(
        conn,
        isUpgrade ? answer ?? "" : "HTTP/1.1 200 OK\r\nconnection: close\r\n" +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      closeQuietly(conn);
    });
    // It also bounds the question over HTTP, for which a busy machine must have the time.
    const requestTimeoutMs = answer === null ? 2_000 : 20_000;
    const { events, error } = await collect(
      generate(server.url, { requestTimeoutMs }),
    );
    assertEquals(error, null, answer ?? "never");
    assertEquals(events.map(({ kind }) => kind), ["sent", "image", "over"]);
  }
});

Deno.test("generate() does not send again what went to a socket that the server never agreed to", async () => {
  const wrongKey = await agreement("another key");
  let requests = 0;
  await using server = new RawServer(async (conn) => {
    requests += 1;
    await writeAll(conn, wrongKey);
    // The request: Deno takes any agreement for one.
    await conn.read(new Uint8Array(1024));
    closeQuietly(conn);
  });
  const { events, error } = await collect(generate(server.url));
  assert(error instanceof ServerUnreachableError);
  assertEquals(
    error.message,
    "Cannot follow the generation: the connection ended before the server said that it is over",
  );
  assertEquals([events.map(({ kind }) => kind), requests], [["sent"], 1]);
});

Deno.test("generate() throws an abort's reason in the middle of a handshake", async () => {
  const stop = new AbortController();
  await using server = new RawServer(() => {
    stop.abort(new RangeError("enough"));
    return Promise.resolve();
  });
  const { events, error } = await collect(
    generate(server.url, { signal: stop.signal }),
  );
  assert(error instanceof RangeError);
  assertEquals(events, []);
});

Deno.test("generate() gives up on TLS that is never answered", async () => {
  await using server = new RawServer(() => Promise.resolve());
  const url = server.url.replace("http:", "https:");
  const { events, error } = await collect(
    generate(url, { requestTimeoutMs: 40 }),
  );
  assert(error instanceof ServerUnreachableError, `${error}`);
  assertEquals(events, []);
});

Deno.test("generate() says that nobody listens, or that Deno was not allowed", async () => {
  const dead = await collect(generate(deadUrl()));
  assert(dead.error instanceof ServerUnreachableError);
  await using server = serverOf(() => json({ images: [] }));
  const { error } = await collect(
    generate(server.url, { netPermission: () => "--allow-net=127.0.0.1:1" }),
  );
  assert(error instanceof PermissionError);
  assertEquals(error.needs, "--allow-net=127.0.0.1:1");
  assertStringIncludes(error.message, "--allow-net=127.0.0.1:1");
  assertEquals(server.requests.length, 0);
});
