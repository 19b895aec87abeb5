/** Faults on request: what a client of a bad server must expect. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Fault } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import { waitFor } from "../support/wait_for.ts";
import { type Bench, bench, openSocket, type TestSocket } from "./client.ts";

const ROUTE = "GetCurrentStatus";

Deno.test("fault() cuts, breaks off or garbles the answers of one route, once", async () => {
  await using b = await bench();
  const body = { session_id: await b.session() };
  b.simulator.fault({ route: ROUTE, kind: "close", times: Infinity });
  await assertRejects(() => b.call(ROUTE, body), TypeError);
  b.simulator.clearFaults();
  b.simulator.fault({ route: ROUTE, kind: "close_mid_body" });
  await assertRejects(() => b.call(ROUTE, body), TypeError);
  b.simulator.fault({ route: ROUTE, kind: "html" });
  assertEquals((await b.call(ROUTE, body)).text.includes("<html>"), true);
  b.simulator.fault({ route: ROUTE, kind: "status", status: 503 });
  assertEquals((await b.call(ROUTE, body)).status, 503);
  b.simulator.fault({ route: ROUTE, kind: "redirect", location: "/Error/404" });
  assertEquals((await b.call(ROUTE, body)).headers.get("location"), "/Error/404");
  b.simulator.fault({ route: ROUTE, kind: "json", body: { status: 5 } });
  assertEquals((await b.call(ROUTE, body)).body, { status: 5 });
  b.simulator.fault({ route: ROUTE, kind: "empty" });
  assertEquals((await b.call(ROUTE, body)).text, "");
  b.simulator.fault({ route: ROUTE, kind: "garbage_json" });
  await assertRejects(() => b.call(ROUTE, body), SyntaxError);
  assertEquals(await b.counters(body.session_id), "0,0,0,0");
});

Deno.test("fault() lets a route hang until the client gives up or the server stops", async () => {
  await using b = await bench();
  const body = JSON.stringify({ session_id: await b.session() });
  for (const kind of ["hang", "hang_mid_body"] as const) {
    b.simulator.fault({ route: ROUTE, kind });
    const stop = new AbortController();
    const known = b.simulator.requests.length;
    const asked = fetchHere(`${b.simulator.url}/API/${ROUTE}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: stop.signal,
    }).then((response) => response.text());
    const failure = assertRejects(() => asked, DOMException);
    while (b.simulator.requests.length === known) await new Promise((go) => setTimeout(go, 1));
    stop.abort();
    await failure;
  }
});

Deno.test("fault() answers more than a client should accept", async () => {
  await using b = await bench();
  b.simulator.fault({ route: "GetNewSession", kind: "huge", mebibytes: 3 });
  assertEquals(await b.session().catch((error) => error.name), "SyntaxError");
  b.simulator.fault({ route: "*", kind: "huge", mebibytes: 3 });
  const response = await fetchHere(`${b.simulator.url}/View/local/x.png`);
  assertEquals((await response.bytes()).length, 3 * 1_048_576);
});

Deno.test("fault() happens as often as ordered, and clearFaults() ends it", async () => {
  await using b = await bench();
  const body = { session_id: await b.session() };
  b.simulator.fault({ route: ROUTE, kind: "status", status: 500, times: 2 });
  b.simulator.fault({ route: ROUTE, kind: "status", status: 502, times: Infinity });
  const seen = [];
  for (let call = 0; call < 4; call++) seen.push((await b.call(ROUTE, body)).status);
  assertEquals(seen, [500, 500, 502, 502]);
  b.simulator.clearFaults();
  assertEquals((await b.call(ROUTE, body)).status, 200);
});

Deno.test("fault() delays an answer by the simulator's clock", async () => {
  await using b = await bench();
  const session_id = await b.session();
  b.simulator.fault({ route: ROUTE, kind: "slow", delayMs: 60_000 });
  const { answer } = await b.start(ROUTE, { session_id });
  await b.clock.advance(60_000);
  assertEquals((await answer).status, 200);
});

async function generate(b: Bench, fault: Fault): Promise<TestSocket> {
  b.simulator.fault(fault);
  const session_id = await b.session();
  const socket = openSocket(`${b.simulator.url}/API/GenerateText2ImageWS`, {
    session_id,
    images: 1,
    model: "tiny",
    steps: 2,
  });
  await b.simulator.until(({ waiting_gens }) => waiting_gens === 1);
  return socket;
}

const WS = "GenerateText2ImageWS";

Deno.test("fault() refuses a WebSocket handshake, or lets it hang", async () => {
  await using b = await bench();
  b.simulator.fault({ route: WS, kind: "status", status: 502 });
  const refused = openSocket(`${b.simulator.url}/API/${WS}`, {});
  assertEquals(await refused.closed, 0);
  b.simulator.fault({ route: WS, kind: "hang" });
  const hanging = openSocket(`${b.simulator.url}/API/${WS}`, {});
  const known = b.simulator.requests.length;
  while (b.simulator.requests.length === known) await new Promise((go) => setTimeout(go, 1));
  assertEquals(hanging.socket.readyState, WebSocket.CONNECTING);
  await b.simulator.stop();
  assertEquals(await hanging.closed, 0);
});

Deno.test("fault() breaks a WebSocket after a frame, and the work goes on", async () => {
  await using b = await bench();
  const socket = await generate(b, { route: WS, kind: "drop_socket_after_frame", frames: 2 });
  assertEquals([await socket.closed, socket.frames.length], [0, 2]);
  assertEquals(b.simulator.counters.waiting_gens, 1);
  await b.settle(b.simulator.idle());
});

Deno.test("fault() closes a WebSocket politely in the middle of the work", async () => {
  await using b = await bench();
  const socket = await generate(b, {
    route: WS,
    kind: "close_socket_after_frame",
    frames: 3,
    code: 1_011,
  });
  assertEquals([await socket.closed, socket.frames.length], [1_011, 3]);
  assertEquals(b.simulator.counters.waiting_gens, 1);
});

Deno.test("fault() puts other frames between the real ones", async () => {
  await using b = await bench({ closePauseMs: 10 });
  const garbage = await generate(b, { route: WS, kind: "garbage_frame", frames: 1 });
  assertEquals(await b.settle(garbage.closed), 1_000);
  assertEquals(garbage.texts[1], '{"gen_progress": ');
  assert(garbage.frames.some((frame) => "image" in frame));
  const text = '{"later":"a kind that nobody knows"}';
  const extra = await generate(b, { route: WS, kind: "extra_frame", text });
  assertEquals(await b.settle(extra.closed), 1_000);
  assertEquals(extra.texts[0], text);
});

Deno.test("fault() sends bytes that are not a frame", async () => {
  await using b = await bench();
  const socket = await generate(b, { route: WS, kind: "broken_frame", frames: 1 });
  assertEquals(await socket.closed, 0);
});

Deno.test("fault() makes a socket silent, or never close it, until the server stops", async () => {
  for (const kind of ["silent_after_frame", "never_close_socket"] as const) {
    await using b = await bench();
    const socket = await generate(b, { route: WS, kind });
    await b.settle(b.simulator.idle());
    await b.clock.advance(10_000);
    const hasImage = (): boolean => socket.frames.some((frame) => "image" in frame);
    if (kind === "never_close_socket") await waitFor(hasImage, { what: "the image" });
    assertEquals(socket.socket.readyState, WebSocket.OPEN);
    assertEquals(hasImage(), kind === "never_close_socket");
    await b.simulator.stop();
    assertEquals(await socket.closed, 0);
  }
});

Deno.test("a client that resets its connection before it is accepted does not end the simulator", async () => {
  await using b = await bench();
  const reset = `import { connect } from "node:net";
    const socket = connect(${
    new URL(b.simulator.url).port
  }, "127.0.0.1", () => socket.resetAndDestroy());`;
  // Synchronously, so that nothing is accepted meanwhile.
  new Deno.Command(Deno.execPath(), { args: ["eval", "--no-config", reset] }).outputSync();
  assertEquals((await b.session()).length > 0, true);
});
