/** What a restart of the server does and does not change (`swarmui-protocol.md §1.3, §2.2`). */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { bench, openSocket } from "./client.ts";
import { sendRaw } from "./raw_http.ts";

Deno.test("restart() keeps sessions and pictures, and forgets work, models and ages", async () => {
  await using b = await bench();
  const { serverId } = b.simulator;
  const session = await b.session();
  const done = await b.settle((await b.begin({ session_id: session })).answer);
  const running = await b.begin({ session_id: session, images: 2 });
  await b.simulator.restart();
  assertEquals((await running.answer).text, "");
  assertNotEquals(b.simulator.serverId, serverId);
  assertEquals(await b.counters(session), "0,0,0,0");
  const { text } = await b.call("ListBackends", { session_id: session, full_data: true });
  assert(text.includes('"time_since_used":"Never"') && text.includes('"current_model":null'), text);
  const [image] = Array.isArray(done.body.images) ? done.body.images : [];
  const picture = await fetchHere(`${b.simulator.url}/${image}`);
  await picture.body?.cancel();
  assertEquals(picture.status, 200);
});

Deno.test("stop() answers a generation under way with 200 and an empty body", async () => {
  await using b = await bench();
  const running = await b.begin({ session_id: await b.session() });
  await b.simulator.stop();
  const { status, headers, text } = await running.answer;
  assertEquals([status, headers.get("content-type"), text], [200, "application/json", ""]);
});

Deno.test("stop() breaks a WebSocket without a close frame", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const socket = openSocket(`${b.simulator.url}/API/GenerateText2ImageWS`, {
    session_id,
    images: 1,
    model: "tiny",
  });
  await b.simulator.until(({ live_gens }) => live_gens === 1);
  await b.simulator.stop();
  assertEquals(await socket.closed, 0);
});

Deno.test("stop() as killed cuts every connection", async () => {
  await using b = await bench();
  const running = await b.begin({ session_id: await b.session() });
  const failure = assertRejects(() => running.answer, TypeError);
  await b.simulator.stop({ isKilled: true });
  await failure;
  await assertRejects(() => b.session(), TypeError);
  await b.simulator.start();
  assertEquals(b.allCounters(), "0,0,0,0");
  assertEquals((await b.session()).length, 40);
});

Deno.test("start() waits for a port that is about to be free", async () => {
  await using b = await bench();
  await b.simulator.stop();
  const other = Deno.listen({ hostname: "127.0.0.1", port: b.simulator.port });
  const started = b.simulator.start();
  other.close();
  await started;
  assertEquals((await b.session()).length, 40);
});

Deno.test("restart() lets a surviving ComfyUI finish work that is no longer counted", async () => {
  await using b = await bench();
  const session = await b.session();
  const running = await b.begin({ session_id: session });
  await b.simulator.restart({ comfySurvives: true });
  await running.answer;
  assertEquals([b.allCounters(), b.simulator.comfyJobs(0)], ["0,0,0,0", 1]);
  await b.settle(b.simulator.idle());
  const listed = await b.call("ListImages", { session_id: session, path: "", depth: 4 });
  assertEquals(listed.body.files, [], "nobody saved the picture");
});

Deno.test("forgetSessions() makes old sessions invalid", async () => {
  await using b = await bench();
  const session = await b.session();
  b.simulator.forgetSessions();
  const { status, body } = await b.call("GetCurrentStatus", { session_id: session });
  assertEquals([status, body.error_id], [401, "invalid_session_id"]);
});

Deno.test("stop() answers 500 without a type to a client that accepts no compression", async () => {
  await using b = await bench();
  const body = JSON.stringify({ session_id: await b.session(), images: 1, model: "tiny" });
  const answer = sendRaw(
    b.simulator.port,
    "POST /API/GenerateText2Image HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  await b.simulator.until(({ live_gens }) => live_gens === 1);
  await b.simulator.stop();
  const { status, headers, body: text } = await answer;
  assertEquals([status, headers.get("content-length"), headers.get("content-type"), text], [
    500,
    "0",
    null,
    "",
  ]);
});

Deno.test("stop() that lingers answers a request on an open connection once, with an empty body", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const stopped = b.simulator.stop({ lingerMs: 100 });
  const { status, text } = await b.call("GetCurrentStatus", { session_id });
  assertEquals([status, text], [200, ""]);
  await assertRejects(() => b.call("GetCurrentStatus", { session_id }), TypeError);
  await b.clock.advance(100);
  await stopped;
});
