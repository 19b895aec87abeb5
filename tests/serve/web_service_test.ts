/** What `serve` answers over HTTP, to whom, and what it costs the server. */
import { assertEquals, assertMatch } from "@std/assert";
import { startWebService } from "../../src/serve/web_service.ts";
import { loadSchema, readBy } from "../support/json_schema.ts";
import { answered, unanswered, work } from "../support/sample_answers.ts";
import { ServeBench } from "../support/serve_bench.ts";
import { waitFor } from "../support/wait_for.ts";
import { WatchBench } from "../support/watch_bench.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

Deno.test("serve prints its address first, and ends with exit code 0 at Ctrl-C", async () => {
  const serving = await ServeBench.open();
  const { bench, running } = serving;
  assertMatch(bench.out, /^Serving at http:\/\/127\.0\.0\.1:\d+\n$/);
  assertEquals(bench.err, "Press Ctrl-C to stop\n");
  bench.context.interrupt();
  assertEquals(await running.ended, 0);
  assertEquals(bench.context.listenerCount(), 0);
});

Deno.test("serve ends at Ctrl-C although somebody still waits for an answer", async () => {
  const serving = await ServeBench.open();
  const { bench, running } = serving;
  const hanging = Promise.withResolvers<void>();
  bench.server.gate = hanging.promise;
  await bench.clock.advance(100);
  const { looks } = bench;
  const waiting = serving.ask("/status?max_age=0");
  await waitFor(() => bench.looks > looks, { what: "the look" });
  bench.context.interrupt();
  await waitFor(async () => {
    await bench.clock.advance(100);
    return running.hasEnded;
  }, { what: "the end" });
  assertEquals(await running.ended, 0);
  hanging.resolve();
  await waiting.catch(() => {});
});

Deno.test("serve answers /status and /API/ListActiveGenerations as their schemas say", async () => {
  await using serving = await ServeBench.open();
  const { bench } = serving;
  await bench.publish({ id: "gen-a", progress: 0.5, imagesDone: 1 });
  bench.server.counters = answered(work(2));
  bench.server.own.set("gen-a", work(2));
  const status = await serving.askAnew("/status");
  const document = readBy(await loadSchema("status.v1.json"), status.text);
  assertEquals([status.status, status.headers.get("content-type"), status.headers.get("age")], [
    200,
    "application/json; charset=utf-8",
    "0",
  ]);
  assertEquals(Object.entries(document as object).filter(([name]) => name === "verdict"), [
    ["verdict", "busy"],
  ]);
  const active = await serving.ask("/API/ListActiveGenerations");
  const listed = readBy(await loadSchema("active.v1.json"), active.text) as {
    verdict: string;
    generations_running: number;
    active_generations: { session_id: string; progress: number }[];
  };
  assertEquals([listed.verdict, listed.generations_running], ["busy", 1]);
  assertEquals(listed.active_generations.map((one) => [one.session_id, one.progress]), [
    ["gen-a", 0.5],
  ]);
});

Deno.test("serve answers /idle so that curl -f needs no more than HTTP's status", async () => {
  await using serving = await ServeBench.open();
  const { server } = serving.bench;
  const told: unknown[] = [];
  for (
    const change of [
      () => server.turnOn(),
      () => server.counters = answered(work(2)),
      () => server.counters = unanswered("not_permitted"),
      () => server.turnOff(),
    ]
  ) {
    change();
    const { status, text } = await serving.askAnew("/idle");
    told.push([status, text]);
  }
  assertEquals(told, [
    [200, "Idle\n"],
    [409, "Busy: 2 images started elsewhere\n"],
    [503, "Unknown (likely idle): this account may not see other people's work\n"],
    [503, "Unreachable: http://127.0.0.1:7801: connection refused\n"],
  ]);
  const head = await serving.ask("/idle", { method: "HEAD" });
  assertEquals([head.status, head.text], [503, ""]);
});

Deno.test("serve looks once, however many ask, and anew only for those who want that", async () => {
  await using serving = await ServeBench.open();
  const { server, clock } = serving.bench;
  await Promise.all(Array.from({ length: 50 }, () => serving.ask("/status")));
  assertEquals(server.looks, 1);
  // All who ask during a look wait together for one more.
  const gate = Promise.withResolvers<void>();
  server.gate = gate.promise;
  const first = serving.askAnew("/status");
  await waitFor(() => server.looks === 2, { what: "the look" });
  const more = Array.from({ length: 20 }, () => serving.ask("/status?max_age=0"));
  let answers = 0;
  for (const one of more) void one.then(() => answers++);
  // Whatever follows these requests is asked later than they are.
  await serving.ask("/healthz");
  gate.resolve();
  await first;
  await waitFor(async () => {
    await clock.advance(10);
    return answers === more.length;
  }, { what: "the look after it" });
  assertEquals(server.looks <= 4, true, `${server.looks} looks`);
  assertEquals((await serving.ask("/status?max_age=1h")).status, 400);
  assertEquals((await serving.ask("/status?max_age=3601")).status, 400);
});

Deno.test("serve gives no answer that is older than an interval, also while the server hangs", async () => {
  await using serving = await ServeBench.open();
  const { server, clock } = serving.bench;
  assertEquals((await serving.ask("/idle")).text, "Idle\n");
  const gate = Promise.withResolvers<void>();
  server.gate = gate.promise;
  await clock.advance(4_000);
  server.counters = answered(work(1));
  let isAnswered = false;
  const late = serving.ask("/idle").finally(() => isAnswered = true);
  assertEquals((await serving.ask("/healthz")).text, "ok\n");
  assertEquals(isAnswered, false);
  gate.resolve();
  await waitFor(async () => {
    await clock.advance(100);
    return isAnswered;
  }, { what: "the answer" });
  assertEquals((await late).status, 409);
});

Deno.test("serve refuses other methods, other addresses, and names that are not its own", async () => {
  await using serving = await ServeBench.open({ line: "--allow-host gpu.example" });
  const validate = await loadSchema("error.v1.json");
  async function ask(path: string, init: RequestInit): Promise<readonly [number, string]> {
    const { status, text } = await serving.ask(path, init);
    if (status < 400) return [status, text];
    const { error } = readBy(validate, text) as { error: { message: string } };
    return [status, error.message];
  }
  assertEquals(await ask("/idle", { method: "POST" }), [405, "Cannot answer: use GET"]);
  assertEquals(await ask("/nothing", {}), [404, "Cannot answer: there is nothing at /nothing"]);
  assertEquals(
    await ask("/idle", { method: "POST", headers: { origin: "https://evil.example" } }),
    [
      403,
      "Cannot answer: the request comes from a page of another site",
    ],
  );
  for (const name of ["localhost", "localhost:1", "127.0.0.1:7802", "[::1]", "GPU.example:80"]) {
    assertEquals(await asHost(serving.url, name), 200, name);
  }
  for (const name of ["evil.example", "127.0.0.1.evil.example", "gpu.example.evil.example"]) {
    assertEquals(await asHost(serving.url, name), 421, name);
  }
  assertEquals([400, 421].includes(await asHost(serving.url, "a@127.0.0.1")), true);
});

/** HTTP's status for a request with a Host header that `fetch()` would not send. */
async function asHost(url: string, host: string): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const request = `GET /idle HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const text = await new Response(connection.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

Deno.test("serve answers other machines only with a token, unless all are meant", async () => {
  const bench = new WatchBench();
  assertEquals(await bench.run("serve --host 0.0.0.0 --port 0"), 2);
  assertEquals(
    bench.err,
    "Error: Cannot serve on 0.0.0.0 without a token: every machine that reaches it could ask " +
      "(give --access-token-file, or --insecure if that is meant)\n",
  );
  // Here Deno does not allow it.
  const open = new WatchBench({
    adapters: { webService: () => Promise.resolve({ start: startWebService }) },
  });
  assertEquals(await open.run("serve --host 0.0.0.0 --port 7802 --insecure"), 4);
  assertEquals(
    open.err,
    "Error: Cannot listen on 0.0.0.0:7802: Deno does not allow it (add --allow-net=0.0.0.0:7802)\n",
  );
});

Deno.test("serve requires its token for everything but /healthz, and limits guessing", async () => {
  await using serving = await ServeBench.open({ token: TOKEN });
  const none = await serving.ask("/idle");
  assertEquals([none.status, none.headers.get("www-authenticate")], [
    401,
    'Bearer realm="asset-generator"',
  ]);
  assertEquals((await serving.ask("/nothing")).status, 401);
  assertEquals((await serving.ask("/healthz")).status, 200);
  const shown = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  assertEquals((await serving.ask("/idle", shown(TOKEN))).status, 200);
  for (let guess = 0; guess < 10; guess++) {
    assertEquals((await serving.ask("/idle", shown(`${TOKEN}${guess}`))).status, 401);
  }
  const late = await serving.ask("/idle", shown(TOKEN));
  assertEquals([late.status, late.headers.get("retry-after")], [429, "60"]);
  await serving.bench.clock.advance(6_000);
  assertEquals((await serving.ask("/idle", shown(TOKEN))).status, 200);
  assertEquals(serving.bench.out.includes(TOKEN) || serving.bench.err.includes(TOKEN), false);
});

Deno.test("serve refuses a token that can be guessed, without showing it", async () => {
  const bench = new WatchBench({ secretFile: "hunter2" });
  assertEquals(await bench.run("serve --access-token-file t"), 2);
  assertEquals(
    bench.err,
    "Error: Cannot use --access-token-file: the token must have at least 16 characters and no " +
      "spaces (make one with: openssl rand -hex 32)\n",
  );
});

Deno.test("serve says that its port is in use", async () => {
  await using serving = await ServeBench.open();
  const { port } = new URL(serving.url);
  const failed = await ServeBench.open({ line: `--port ${port}` }).catch(String);
  assertEquals(
    failed,
    `Error: It does not serve: Error: Cannot listen on 127.0.0.1:${port}: the port is in use ` +
      "(choose another with --port; 0 takes any that is free)\n",
  );
});

Deno.test("serve answers no address that asks without end", async () => {
  await using serving = await ServeBench.open();
  const statuses = new Set<number>();
  for (let round = 0; round < 22; round++) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => serving.ask("/healthz")),
    );
    for (const { status } of answers) statuses.add(status);
  }
  assertEquals([...statuses], [200, 429]);
  await serving.bench.clock.advance(1_000);
  assertEquals((await serving.ask("/healthz")).status, 200);
});
