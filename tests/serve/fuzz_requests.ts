/** Requests that no client sends, to `serve`: what comes back must be by design. */
import fc from "fast-check";

/** Addresses that `serve` knows, and some that it does not. */
const PATHS = [
  "/",
  "/status",
  "/idle",
  "/API/ListActiveGenerations",
  "/events",
  "/API/GenerationEventsWS",
  "/metrics",
  "/healthz",
  "/openapi.json",
  "/page.js",
  "/login",
  "/hooks/queue-start",
  "/API/CancelGeneration",
  "*",
  "http://evil.example/idle",
  "//evil.example",
  "/../../etc/passwd",
  "/%2e%2e/%00",
  "/%ff%zz",
  "/constructor",
  "/__proto__",
];

const METHODS = [
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "PRI",
  "get",
];

const HEADERS = [
  "Host: evil.example",
  "Host: 127.0.0.1, evil.example",
  "Host: [::1",
  "Origin: https://evil.example",
  "Origin: null",
  "Sec-Fetch-Site: cross-site",
  "Authorization: Bearer x",
  "Authorization: Basic eDp5",
  "Cookie: asset_generator_access=; asset_generator_access=x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Key: x",
  "Last-Event-ID: 0badcafe-999999999999999",
  "Last-Event-ID: " + "9".repeat(5_000),
  "Content-Type: application/json",
  "Content-Length: -1",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip",
  "Expect: 100-continue",
  "Accept-Encoding: gzip",
  "Range: bytes=0-1",
];

const QUERIES = [
  "",
  "?max_age=0",
  "?max_age=-1",
  "?max_age=1e9",
  "?max_age=%00",
  "?last_event_id=x-1",
];

const BODIES = [
  "",
  "{}",
  '{"session_id":"gen-a"}',
  '{"session_id":{"toString":1}}',
  `${"[".repeat(4_000)}`,
  "token=x&token=y",
  "x".repeat(9_000),
  "5\r\nhello\r\n0\r\n\r\n",
  "zz\r\n",
];

/** A request as bytes, and whether it is a handshake whose frames follow. */
const REQUEST: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.record({
  method: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...METHODS) },
    fc.string({ maxLength: 20 }),
  ),
  path: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...PATHS) },
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constant(`/${"x".repeat(20_000)}`),
  ),
  query: fc.constantFrom(...QUERIES),
  version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9"),
  hosts: fc.constantFrom(["Host: 127.0.0.1"], ["Host: localhost"], [], ["Host: a", "Host: b"]),
  headers: fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...HEADERS) }, fc.string({ maxLength: 100 })),
    { maxLength: 8 },
  ),
  body: fc.oneof(fc.constantFrom(...BODIES), fc.string({ unit: "binary", maxLength: 300 })),
  isMeasured: fc.boolean(),
}).map(({ method, path, query, version, hosts, headers, body, isMeasured }) => {
  const bytes = new TextEncoder().encode(body);
  const length = isMeasured ? [`Content-Length: ${bytes.length}`] : [];
  const head = [`${method} ${path}${query} ${version}`, ...hosts, ...headers, ...length];
  const start = new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`);
  return new Uint8Array([...start, ...bytes]);
});

/** A handshake, and frames that are none, or not allowed. */
const SOCKET: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.uint8Array({ maxLength: 300 }).map(
  (frames) => {
    const head = [
      "GET /API/GenerationEventsWS HTTP/1.1",
      "Host: 127.0.0.1",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    const start = new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`);
    return new Uint8Array([...start, ...frames]);
  },
);

/** Makes requests; the same ones for the same seed. */
export function strangeRequests(count: number, seed: number): readonly Uint8Array<ArrayBuffer>[] {
  const any = fc.oneof({ weight: 4, arbitrary: REQUEST }, SOCKET);
  return fc.sample(any, { numRuns: count, seed });
}

/** HTTP's status of the first answer; `null`: the connection was closed without one. */
export async function sendStrange(
  port: number,
  request: Uint8Array<ArrayBuffer>,
): Promise<number | null> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    for (let sent = 0; sent < request.length;) {
      sent += await connection.write(request.subarray(sent));
    }
    // Nothing more comes: what waits for more need not.
    await connection.closeWrite();
    const chunk = new Uint8Array(256);
    const read = await connection.read(chunk);
    const line = new TextDecoder().decode(chunk.subarray(0, read ?? 0));
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
    return status === undefined ? null : Number(status);
  } catch (error) {
    // It is refused while it is still being sent.
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
      return null;
    }
    throw error;
  }
}
