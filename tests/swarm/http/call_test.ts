import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServerSession } from "../../../src/generation/session.ts";
import { call } from "../../../src/swarm/http/call.ts";
import { Transport } from "../../../src/swarm/http/transport.ts";
import type { RouteName } from "../../../src/swarm/wire/routes.ts";
import {
  closeQuietly,
  deadUrl,
  html,
  json,
  RawServer,
  recorded,
  type RecordedName,
  redirect,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";
import { optionsFor } from "../swarm_options.ts";

interface Expected {
  readonly reason: string;
  readonly errorId?: string;
  readonly needs?: string;
  /** Part of the message. */
  readonly says?: string;
}

async function assertFails(
  respond: () => Response,
  expected: Expected,
  route: RouteName = "GetGlobalStatus",
): Promise<void> {
  await using server = new ScriptedServer(respond);
  await assertFailsAt(server.url, expected, route);
  assertEquals(server.requests.length, 1);
}

async function assertFailsAt(
  url: string,
  expected: Expected,
  route: RouteName = "GetGlobalStatus",
): Promise<void> {
  const session = new ServerSession("53c237", { serverUrl: url, createdAt: 0 });
  const transport = new Transport(optionsFor(url));
  const outcome = await call(transport, route, { session, timeoutMs: 20_000 });
  assert(!outcome.ok, JSON.stringify(outcome));
  assertEquals(
    [outcome.reason, outcome.errorId, outcome.needs],
    [expected.reason, expected.errorId ?? null, expected.needs],
    outcome.message,
  );
  assert(outcome.message.includes(expected.says ?? ""), outcome.message);
  assert(!/\n|53c237/.test(outcome.message), outcome.message);
}

const todaysServer: readonly (readonly [RecordedName, Expected, RouteName?])[] = [
  ["headerLock", { reason: "refused", says: "--api-key" }],
  ["badContentLength", { reason: "server_error", errorId: "basic_api" }],
  ["internalError", { reason: "server_error", errorId: "internal_error" }],
  ["missingSessionId", { reason: "server_error", errorId: "basic_api", says: "missing session" }],
  ["invalidSession", { reason: "server_error", errorId: "invalid_session_id" }],
  ["badRoute", { reason: "not_supported", errorId: "bad_route" }],
  ["badRequestMethod", { reason: "server_error", errorId: "bad_request_method" }],
  ["badPermissions", {
    reason: "not_permitted",
    errorId: "bad_permissions",
    needs: "permission read_server_info_panels",
    says: "You lack permissions",
  }],
  ["missingParameter", { reason: "server_error", says: "Missing required parameter 'images'" }],
  ["wrongType", { reason: "server_error", says: "must be type 'Int32'" }],
  ["unknownModel", { reason: "server_error", says: "'nosuchmodel'" }],
  ["loginWanted", { reason: "refused", says: "Invalid or unauthorized" }, "GetNewSession"],
  ["loginFailed", { reason: "server_error", errorId: "invalid_login", says: "invalid_login" }],
  [
    "wrongPath",
    { reason: "not_swarmui", says: "there is no SwarmUI API at this path" },
    "GetNewSession",
  ],
  // A server that is stopping answers this too, and so does SwarmUI itself.
  ["originNull", { reason: "unreachable", says: "stopped" }],
];

for (const [name, expected, route] of todaysServer) {
  Deno.test(`call() understands the recorded answer ${name}`, async () => {
    await assertFails(() => recorded(name), expected, route);
  });
}

Deno.test("call() takes an empty 200 for a server that stopped", async () => {
  await assertFails(
    () => new Response("", { headers: { "content-type": "application/json" } }),
    { reason: "unreachable", says: "stopped" },
  );
});

Deno.test("call() takes a bare 500 for a server that stopped, and no other empty answer", async () => {
  await assertFails(
    () => new Response(new Uint8Array(0), { status: 500 }),
    { reason: "unreachable", says: "stopped" },
  );
  await assertFails(
    () => new Response(new Uint8Array(0), { status: 404 }),
    { reason: "not_swarmui" },
  );
  await assertFails(() => html("", 500), { reason: "unreachable", says: "a proxy answered" });
});

const olderServer: readonly (readonly [string, Expected, RouteName?])[] = [
  ["/Error/BasicAPI", { reason: "protocol" }],
  ["/Error/NoGetAPI", { reason: "protocol" }],
  ["/Error/Internal", { reason: "server_error" }],
  ["/Error/404", { reason: "not_supported" }],
  ["/Error/404", { reason: "not_swarmui" }, "ListBackends"],
  ["/swarm/Error/Permissions", {
    reason: "not_permitted",
    errorId: "bad_permissions",
    needs: "permission view_backends_list",
  }, "ListBackends"],
  ["Text2Image", { reason: "not_swarmui" }],
];

for (const [location, expected, route] of olderServer) {
  Deno.test(`call() understands an older server's redirect of ${route ?? "GetGlobalStatus"} to ${location}`, async () => {
    await assertFails(() => redirect(location), expected, route);
  });
}

Deno.test("call() follows no redirect: credentials and session stay where they belong", async () => {
  await using thief = new ScriptedServer(() => json({}));
  await assertFails(
    () => redirect(`${thief.url}/API/GetGlobalStatus?x=secret`),
    { reason: "not_swarmui", says: thief.url },
  );
  await assertFails(() => Response.redirect(thief.url, 307), { reason: "not_swarmui" });
  assertEquals(thief.requests.length, 0);
});

const others: readonly (readonly [string, () => Response, Expected])[] = [
  ["a web page", () => html("<html>"), { reason: "not_swarmui", says: "text/html" }],
  ["a page that is not there", () => html("", 404), { reason: "not_swarmui", says: "404" }],
  ["another program's JSON", () => json({ detail: "Not Found" }, 404), { reason: "not_swarmui" }],
  ["no content type", () => new Response(new Uint8Array([123, 125])), { reason: "not_swarmui" }],
  ["a proxy's login", () => html("", 401), { reason: "refused" }],
  ["a proxy's refusal", () => html("", 403), { reason: "refused" }],
  ["a proxy without a server", () => html("", 502), { reason: "unreachable" }],
  ["half JSON", () => recordedText('{"status":{"wait'), { reason: "protocol" }],
  ["an array", () => json([]), { reason: "protocol" }],
  ["null", () => json(null), { reason: "protocol" }],
  ["an error that is an object", () => json({ error: { a: [1] } }), {
    reason: "server_error",
    says: '{"a":[1]}',
  }],
  ["an error that repeats the session", () => json({ error: "bad 53c237!" }), {
    reason: "server_error",
    says: "bad <session>!",
  }],
  ["an endless error", () => json({ error: "x".repeat(5000) }), {
    reason: "server_error",
    says: `${"x".repeat(2000)}…`,
  }],
];

for (const [name, respond, expected] of others) {
  Deno.test(`call() is not fooled by ${name}`, async () => {
    await assertFails(respond, expected);
  });
}

Deno.test("call() does not take an error of null for an error", async () => {
  await using server = new ScriptedServer(() => json({ error: null, error_id: null, a: 1 }));
  const outcome = await call(new Transport(optionsFor(server.url)), "GetGlobalStatus", {
    timeoutMs: 20_000,
  });
  assert(outcome.ok);
  assertEquals(outcome.value["a"], 1);
});

Deno.test("call() says that nobody listens", async () => {
  await assertFailsAt(deadUrl(), { reason: "unreachable", says: "refused" });
});

Deno.test("call() gives up on a server that hangs", async () => {
  await using server: ScriptedServer = new ScriptedServer(() => server.hang());
  const transport = new Transport(optionsFor(server.url));
  const outcome = await call(transport, "GetNewSession", { timeoutMs: 40 });
  assert(!outcome.ok);
  assertEquals(outcome.reason, "timeout");
});

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";

Deno.test("call() gives up on a server that hangs in the middle of a body", async () => {
  await using server = new RawServer((conn) => writeAll(conn, `${HEAD}{"status":`));
  const transport = new Transport(optionsFor(server.url));
  const outcome = await call(transport, "GetNewSession", { timeoutMs: 40 });
  assert(!outcome.ok);
  assertEquals(outcome.reason, "timeout");
});

for (
  const [when, bytes] of [
    ["before its answer", ""],
    ["in the middle of a head", "HTTP/1.1 200 OK\r\ncontent-"],
    ["in the middle of a body", `${HEAD}{"status":`],
    ["in the middle of a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"],
  ] as const
) {
  Deno.test(`call() says that the server closed ${when}`, async () => {
    await using server = new RawServer(async (conn) => {
      await writeAll(conn, bytes);
      closeQuietly(conn);
    });
    await assertFailsAt(server.url, { reason: "unreachable" });
  });
}

Deno.test("call() says that what answers is not HTTP", async () => {
  await using server = new RawServer(async (conn) => {
    await writeAll(conn, "SSH-2.0-OpenSSH_9.2\r\n");
    closeQuietly(conn);
  });
  await assertFailsAt(server.url, { reason: "unreachable" });
});

Deno.test("call() says that a compressed body cannot be read", async () => {
  await using server = new ScriptedServer(() =>
    new Response("not brotli", {
      headers: { "content-type": "application/json", "content-encoding": "br" },
    })
  );
  await assertFailsAt(server.url, { reason: "unreachable" });
});

Deno.test("call() does not read more than its bound, compressed or not", async () => {
  const text = JSON.stringify({ a: "x".repeat(100_000) });
  const zipped = await new Response(
    new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  assert(zipped.length < 1000);
  const headers = { "content-type": "application/json" };
  const plain = (): Response => new Response(text, { headers });
  const compressed = (): Response =>
    new Response(zipped, { headers: { ...headers, "content-encoding": "gzip" } });
  for (const respond of [plain, compressed]) {
    await using server = new ScriptedServer(respond);
    for (
      const [maxAnswerBytes, isRead] of [[text.length, true], [text.length - 1, false]] as const
    ) {
      const transport = new Transport(optionsFor(server.url, { maxAnswerBytes }));
      const outcome = await call(transport, "ListModels", { timeoutMs: 20_000 });
      assertEquals(outcome.ok, isRead);
      if (!outcome.ok) assertEquals(outcome.reason, "protocol");
    }
  }
});

Deno.test("call() ends with the reason of its signal", async () => {
  await using server: ScriptedServer = new ScriptedServer(() => server.hang());
  const transport = new Transport(optionsFor(server.url));
  const stop = new AbortController();
  const under = call(transport, "GetNewSession", { timeoutMs: 20_000, signal: stop.signal });
  stop.abort(new RangeError("enough"));
  await assertRejects(() => under, RangeError, "enough");
  await assertRejects(
    () => call(transport, "GetNewSession", { timeoutMs: 20_000, signal: stop.signal }),
    RangeError,
    "enough",
  );
});

function recordedText(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}
