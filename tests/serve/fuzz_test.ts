/**
 * `serve` survives requests that no client sends; `deno task soak:serve` sends far more of them.
 */
import { assert, assertEquals } from "@std/assert";
import { ServeBench } from "../support/serve_bench.ts";
import { sendStrange, strangeRequests } from "./fuzz_requests.ts";

/** The statuses that may be answered; 500 would be a bug. */
const BY_DESIGN = [
  100,
  101,
  200,
  303,
  400,
  401,
  403,
  404,
  405,
  413,
  414,
  415,
  421,
  426,
  429,
  431,
  503,
];

for (const token of [undefined, "0123456789abcdef0123456789abcdef"]) {
  const name = token === undefined ? "without a token" : "with a token";
  Deno.test(`serve answers strange requests as it is designed, ${name}`, async () => {
    await using serving = await ServeBench.open(token === undefined ? {} : { token });
    const port = Number(new URL(serving.url).port);
    const statuses = new Set<number>();
    for (const request of strangeRequests(300, 15)) {
      const status = await sendStrange(port, request);
      if (status === null) continue;
      statuses.add(status);
      assert(BY_DESIGN.includes(status), `${status}: ${new TextDecoder().decode(request)}`);
      await serving.bench.clock.advance(10);
    }
    assert(statuses.has(421) && statuses.has(405), [...statuses].join());
    assertEquals((await serving.ask("/healthz")).status, 200);
    assertEquals(serving.bench.err, "Press Ctrl-C to stop\n");
  });
}

Deno.test("serve refuses bodies and handshakes that are not whole, and prints nothing of them", async () => {
  await using serving = await ServeBench.open();
  const { port, host } = new URL(serving.url);
  const socket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const get = "GET /API/GenerationEventsWS HTTP/1.1";
  const requests: readonly (readonly [text: string, status: number])[] = [
    [`${get}\r\nHost: ${host}\r\nConnection: Upgrade\r\n${socket}\r\n`, 400],
    [`${get}\r\nHost: ${host}\r\nConnection: close\r\n${socket}${key}\r\n`, 400],
    [`POST /hooks/queue-start HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 99\r\n\r\nabc`, 413],
  ];
  for (const [text, status] of requests) {
    assertEquals(await sendStrange(Number(port), new TextEncoder().encode(text)), status, text);
  }
  assertEquals(serving.bench.err, "Press Ctrl-C to stop\n");
});
