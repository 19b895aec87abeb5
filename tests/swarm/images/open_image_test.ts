import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../../src/errors.ts";
import type { ImageBody } from "../../../src/generation/server/image_server.ts";
import type { SwarmOptions } from "../../../src/swarm/http/swarm_options.ts";
import { createImageServer } from "../../../src/swarm/images/image_client.ts";
import {
  closeQuietly,
  deadUrl,
  html,
  json,
  RawServer,
  recorded,
  redirect,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";
import { optionsFor } from "../swarm_options.ts";

const BYTES = new Uint8Array(100_000).map((_, at) => at % 251);
const PATH = "View/local/raw/a cat.png";

interface Open extends Partial<SwarmOptions> {
  readonly path?: string;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

function open(url: string, options: Open = {}): Promise<ImageBody> {
  const { path = PATH, maxBytes = BYTES.length, signal = new AbortController().signal } = options;
  return createImageServer(optionsFor(url, options)).openImage(path, { maxBytes, signal });
}

async function bytesOf({ body }: ImageBody): Promise<Uint8Array> {
  return await new Response(body).bytes();
}

function picture(): Response {
  return new Response(BYTES, { headers: { "content-type": "image/png" } });
}

Deno.test("openImage() fetches a picture with the credentials", async () => {
  await using server = new ScriptedServer(picture);
  const image = await open(server.url, { authorization: "key", token: "a.b.c" });
  assertEquals(image.contentType, "image/png");
  assertEquals(await bytesOf(image), BYTES);
  const [request] = server.requests;
  assertEquals(
    [
      request?.method,
      request?.path,
      request?.headers.get("authorization"),
      request?.headers.get("cookie"),
    ],
    ["GET", "/View/local/raw/a%20cat.png", "Bearer key", "swarm_token=a.b.c"],
  );
});

Deno.test("openImage() reads a data: URL, and asks nobody for it", async () => {
  await using server = new ScriptedServer(picture);
  const path = "data:image/webp;base64,aGVsbG8=";
  const image = await open(server.url, { path, netPermission: () => "--allow-net" });
  assertEquals(image.contentType, "image/webp");
  assertEquals(new TextDecoder().decode(await bytesOf(image)), "hello");
  await assertRejects(
    async () => await bytesOf(await open(server.url, { path, maxBytes: 4 })),
    ServerError,
    "longer than 4 bytes",
  );
  await assertRejects(
    () => open(server.url, { path: "data:image/png;base64,@@@" }),
    ServerError,
    "not a data: URL",
  );
  assertEquals(server.requests.length, 0);
});

Deno.test("openImage() gives JSON that is called so by its name", async () => {
  await using server = new ScriptedServer(() => json({ error: "a text in it" }));
  const image = await open(server.url, { path: "View/local/raw/a.json" });
  assertEquals(await new Response(image.body).json(), { error: "a text in it" });
});

Deno.test("openImage() gives what its bound allows, then fails", async () => {
  await using server = new ScriptedServer(picture);
  assertEquals((await bytesOf(await open(server.url, { maxBytes: BYTES.length }))).length, 100_000);
  await assertRejects(
    async () => await bytesOf(await open(server.url, { maxBytes: BYTES.length - 1 })),
    ServerError,
    "longer than 99999 bytes",
  );
});

Deno.test("openImage() follows no redirect: credentials stay where they belong", async () => {
  await using thief = new ScriptedServer(picture);
  await using server = new ScriptedServer(() => redirect(`${thief.url}/x.png`));
  await assertRejects(() => open(server.url, { token: "a.b.c" }), ServerError, "not followed");
  assertEquals(thief.requests.length, 0);
});

Deno.test("openImage() says why there is no picture", async () => {
  for (
    const [answer, errorClass, says] of [
      [() => recorded("missingFile"), ServerError, "404, file not found."],
      [() => recorded("badPath"), ServerError, "prefix"],
      [() => recorded("viewTraversal"), ServerError, "redirects"],
      [() => recorded("viewNoLogin"), ServerRefusedError, "--token"],
      [() => recorded("headerLock"), ServerRefusedError, "--api-key"],
      [() => html("Log in", 200), ServerUnreachableError, "text/html"],
      [() => html("", 502), ServerUnreachableError, "502"],
      [() => json({ images: [] }), ServerError, "200"],
    ] as const
  ) {
    await using server = new ScriptedServer(answer);
    const error = await assertRejects(() => open(server.url));
    assert(error instanceof errorClass, `${error}`);
    assert(error.message.startsWith(`Cannot fetch "${PATH}": `), error.message);
    assert(error.message.includes(says), error.message);
  }
  await assertRejects(() => open(deadUrl()), ServerUnreachableError, "refused");
  const headers = { "retry-after": "7" };
  await using busy = new ScriptedServer(() => new Response("", { status: 503, headers }));
  const error = await assertRejects(() => open(busy.url), ServerUnreachableError, "again in 7 s");
  assertEquals(error.retryAfterMs, 7_000);
});

Deno.test("openImage() asks for nothing outside the base URL, or without permission", async () => {
  await using server = new ScriptedServer(picture);
  for (const path of ["../x.png", "View/%2e%2e/x.png", "View\\x.png", "http://h/x.png"]) {
    await assertRejects(() => open(server.url, { path }), ServerError, "does not lie below");
  }
  const error = await assertRejects(
    () => open(server.url, { netPermission: () => "--allow-net=h:1" }),
    PermissionError,
  );
  assertEquals(error.needs, "--allow-net=h:1");
  assertEquals(server.requests.length, 0);
});

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 100\r\n\r\n";

Deno.test("openImage() gives up on a server that hangs, before and in the picture", async () => {
  for (const bytes of ["", HEAD, `${HEAD}half`]) {
    await using server = new RawServer((conn) => writeAll(conn, bytes));
    await assertRejects(
      async () => await bytesOf(await open(server.url, { requestTimeoutMs: 40 })),
      ServerUnreachableError,
    );
  }
});

Deno.test("openImage() says that the server closed in the picture", async () => {
  await using server = new RawServer(async (conn) => {
    await writeAll(conn, `${HEAD}half`);
    closeQuietly(conn);
  });
  await assertRejects(
    async () => await bytesOf(await open(server.url)),
    ServerUnreachableError,
    "Cannot fetch",
  );
});

Deno.test("openImage() throws an abort's reason, before and in the picture", async () => {
  const aborted = AbortSignal.abort(new RangeError("enough"));
  for (const path of [PATH, "data:,x"]) {
    await assertRejects(() => open(deadUrl(), { path, signal: aborted }), RangeError, "enough");
  }
  await using server = new RawServer((conn) => writeAll(conn, `${HEAD}half`));
  const stop = new AbortController();
  const image = await open(server.url, { signal: stop.signal });
  const reading = bytesOf(image);
  stop.abort(new RangeError("enough"));
  await assertRejects(() => reading, RangeError, "enough");
});

Deno.test("openImage() lets go of a picture that nobody reads on", async () => {
  await using server = new RawServer((conn) => writeAll(conn, `${HEAD}half`));
  const { body } = await open(server.url);
  const reader = body.getReader();
  assertEquals((await reader.read()).value?.length, 4);
  await reader.cancel();
  await (await open(server.url)).body.cancel();
});
