import { assert, assertEquals, assertRejects } from "@std/assert";
import { createDirectClient, isDirect } from "../../src/swarm/direct_client.ts";
import type { HttpAnswer } from "../../src/swarm/http_client.ts";
import { openStage } from "../support/stage.ts";
import { closeQuietly, RawServer, ScriptedServer, writeAll } from "./scripted_server.ts";

const client = createDirectClient();
const signal = new AbortController().signal;

/** What is read of these bytes, each sent by itself; then the server closes, if it is to. */
async function answerTo(
  pieces: readonly (string | Uint8Array)[],
  { isClosed = false, maxBytes = 1000 } = {},
): Promise<HttpAnswer | null> {
  await using server = new RawServer(async (conn) => {
    for (const piece of pieces) await writeAll(conn, piece);
    if (isClosed) closeQuietly(conn);
  });
  const request = { url: `${server.url}/a`, headers: {}, body: "{}" };
  return await client.send(request, { maxBytes, signal });
}

async function textOf(pieces: readonly string[], options = {}): Promise<string | null> {
  const answer = await answerTo(pieces, options);
  return answer === null ? null : new TextDecoder().decode(answer.body);
}

Deno.test("isDirect() means plain HTTP of this machine", () => {
  const direct = [
    "http://localhost",
    "http://LOCALHOST:7801/swarm",
    "http://127.0.0.1:7801",
    "http://127.1",
    "http://127.9.9.9",
    "http://[::1]:7801",
  ];
  const other = [
    "https://localhost",
    "http://127.0.0.1.example",
    "http://127.example",
    "http://localhost.example",
    "http://10.0.0.1",
    "http://[::2]",
  ];
  assertEquals([direct.every(isDirect), other.some(isDirect)], [true, false]);
});

Deno.test("send() sends what was asked, to IPv6 too, and nothing of it elsewhere", async () => {
  const seen: { readonly line: string; readonly headers: Headers; readonly body: string }[] = [];
  await using server = Deno.serve(
    { hostname: "::1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const line = `${request.method} ${pathname}${search}`;
      seen.push({ line, headers: new Headers(request.headers), body: await request.text() });
      return new Response("ö", { headers: { "X-Made-By": "test" } });
    },
  );
  const url = `http://[::1]:${server.addr.port}/View/a%20b?x=1#not-sent`;
  const posted = await client.send(
    { url, headers: { cookie: "swarm_token=abc" }, body: "öö" },
    { maxBytes: 2, signal },
  );
  const got = await client.send({ url, headers: {}, body: null }, { maxBytes: 2, signal });
  for (const answer of [posted, got]) {
    assertEquals([answer?.status, answer?.headers.get("x-made-by")], [200, "test"]);
    assertEquals(answer?.body, new TextEncoder().encode("ö"));
  }
  assertEquals(seen.map(({ line, body }) => [line, body]), [
    ["POST /View/a%20b?x=1", "öö"],
    ["GET /View/a%20b?x=1", ""],
  ]);
  const names = ["host", "content-length", "cookie", "accept-encoding"];
  assertEquals(
    names.map((name) => seen[0]?.headers.get(name)),
    [`[::1]:${server.addr.port}`, "4", "swarm_token=abc", "identity"],
  );
});

const OK = "HTTP/1.1 200 OK\r\n";

const bodies: readonly (readonly [string, readonly string[], boolean?])[] = [
  ["of a known length", [`${OK}Content-Length: 5\r\n\r\nhello`]],
  ["of a known length said twice", [`${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`]],
  ["in pieces", [`${OK}content-`, "length: 5\r", "\n\r", "\nhe", "llo"]],
  ["with more behind it", [`${OK}content-length: 5\r\n\r\nhello and more`]],
  ["in chunks", [`${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n03;a=b\r\nllo\r\n0\r\n\r\n`]],
  ["in broken chunks", [`${OK}transfer-encoding: chunked\r\n\r\n`, "5\r", "\nhel", "lo\r\n0\r\n"]],
  ["until the end", ["HTTP/1.0 200\r\n\r\nhel", "lo"], true],
  ["after interim answers", [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: </a>\r\n\r\n${OK}`,
    "content-length: 5\r\n\r\nhello",
  ]],
];

for (const [what, pieces, isClosed = false] of bodies) {
  Deno.test(`send() reads a body ${what}`, async () => {
    assertEquals(await textOf(pieces, { isClosed, maxBytes: 5 }), "hello");
    assertEquals(await textOf(pieces, { isClosed, maxBytes: 4 }), null);
  });
}

Deno.test("send() expects no body where there can be none", async () => {
  const head = "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n";
  assertEquals(await textOf([head]), "");
});

Deno.test("send() joins the values of a header that comes twice", async () => {
  const answer = await answerTo([`${OK}A: 1\r\na:2 \r\nB:\r\ncontent-length: 0\r\n\r\n`]);
  assertEquals(["a", "b", "c"].map((name) => answer?.headers.get(name)), ["1, 2", "", null]);
});

const unreadable: readonly (readonly [string, string])[] = [
  ["another version", "HTTP/2 200 OK\r\n\r\n"],
  ["no status", "HTTP/1.1 OK\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching\r\n\r\n"],
  ["a line that is no header", `${OK}what is this\r\n\r\n`],
  ["a folded header", `${OK}a: b\r\n c\r\n\r\n`],
  ["two lengths", `${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!`],
  ["a negative length", `${OK}content-length: -1\r\n\r\n`],
  ["a chunk without a size", `${OK}transfer-encoding: chunked\r\n\r\nhello\r\n`],
  ["a chunk that is too long", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`],
  ["an unknown transfer encoding", `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["a compressed body", `${OK}content-encoding: gzip\r\ncontent-length: 1\r\n\r\nx`],
];

for (const [what, bytes] of unreadable) {
  Deno.test(`send() does not take ${what} for an answer`, async () => {
    await assertRejects(() => answerTo([bytes]), Deno.errors.InvalidData, "cannot be read: ");
  });
}

Deno.test("send() reads the answer of a server that does not want the whole body", async () => {
  await using server = new RawServer(async (conn) => {
    await writeAll(conn, `HTTP/1.1 401 Unauthorized\r\ncontent-length: 5\r\n\r\nhello`);
    await conn.closeWrite();
    // Long enough for the client to write into it, and then no more is taken.
    await conn.read(new Uint8Array(1024));
  });
  const request = { url: server.url, headers: {}, body: "x".repeat(20_000_000) };
  const answer = await client.send(request, { maxBytes: 1000, signal });
  assertEquals(answer?.status, 401);
});

Deno.test("open() gives the body as it comes, and closes when it ends or is not wanted", async () => {
  const more = Promise.withResolvers<void>();
  await using server = new RawServer(async (conn) => {
    await writeAll(conn, `${OK}content-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n`);
    await writeAll(conn, "3\r\none\r\n");
    await more.promise;
    await writeAll(conn, "3\r\ntwo\r\n0\r\n\r\n");
  });
  const request = { url: server.url, headers: {}, body: null };
  const read = await client.open(request, signal);
  assertEquals([read.status, read.headers.get("content-type")], [200, "image/png"]);
  const reader = read.body?.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader?.read())?.value, "one");
  more.resolve();
  assertEquals((await reader?.read())?.value, "two");
  assertEquals((await reader?.read())?.done, true);
  // What stays open would fail the test.
  const unwanted = await client.open(request, signal);
  await unwanted.body?.cancel();
});

Deno.test("open() gives no body where there is none", async () => {
  await using server = new ScriptedServer(() => new Response(null, { status: 204 }));
  const response = await client.open({ url: server.url, headers: {}, body: null }, signal);
  assertEquals([response.status, response.body], [204, null]);
});

Deno.test("open() ends with its signal, before the answer and in the middle of it", async () => {
  await using server = new RawServer(async (conn, head) => {
    if (head.startsWith("GET /late")) await writeAll(conn, `${OK}content-length: 9\r\n\r\n1`);
  });
  const early = new AbortController();
  const opening = client.open({ url: server.url, headers: {}, body: null }, early.signal);
  early.abort();
  await assertRejects(() => opening);
  const late = new AbortController();
  const url = `${server.url}/late`;
  const response = await client.open({ url, headers: {}, body: null }, late.signal);
  const reader = response.body?.getReader();
  assert(reader !== undefined);
  assertEquals((await reader.read()).value, new TextEncoder().encode("1"));
  const rest = reader.read();
  late.abort();
  await assertRejects(() => rest);
});

Deno.test("a proxy does not come between the program and a server on this machine", async () => {
  await using proxy = new ScriptedServer(() => new Response("I am the proxy", { status: 502 }));
  await using stage = await openStage();
  const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: "", no_proxy: "" };
  assertEquals((await stage.status({ env })).verdict, "idle");
  assertEquals(proxy.requests.length, 0);
});
