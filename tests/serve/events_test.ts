/** The events of `serve`: what watchers get, when they come, go, come back, or read too slowly. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventFeed } from "../../src/detection/event_feed.ts";
import { EventSource } from "../../src/detection/generation_events.ts";
import { EventHub } from "../../src/serve/event_hub.ts";
import { EventMemory } from "../../src/serve/event_memory.ts";
import { streamEvents } from "../../src/serve/event_stream.ts";
import { clientHere } from "../support/http_clients.ts";
import { loadSchema } from "../support/json_schema.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { answered, work } from "../support/sample_answers.ts";
import { sampleGeneration, sampleReport } from "../support/sample_report.ts";
import { ServeBench } from "../support/serve_bench.ts";
import { waitFor } from "../support/wait_for.ts";
import { describeEvent, EventReader } from "./event_reader.ts";

/** A WebSocket's messages as they come. */
async function openSocket(url: string, lastId = ""): Promise<{
  readonly socket: WebSocket;
  readonly documents: Readonly<Record<string, unknown>>[];
  readonly closed: Promise<CloseEvent>;
}> {
  const query = lastId === "" ? "" : `?last_event_id=${lastId}`;
  const socket = new WebSocket(
    `${url.replace("http", "ws")}/API/GenerationEventsWS${query}`,
    clientHere(url),
  );
  const documents: Readonly<Record<string, unknown>>[] = [];
  socket.onmessage = ({ data }) => void documents.push(JSON.parse(data));
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await waitFor(() => socket.readyState !== WebSocket.CONNECTING, { what: "the handshake" });
  return { socket, documents, closed };
}

Deno.test("serve sends the same events to all watchers, as events prints them", async () => {
  const validate = await loadSchema("event.v1.json");
  await using serving = await ServeBench.open();
  const { bench, url } = serving;
  await using early = await EventReader.open(url);
  const { socket, documents, closed } = await openSocket(url);
  await early.untilTold(1);
  await bench.publish({ id: "gen-a", status: "pending", progress: 0, imagesDone: 0 });
  await bench.tick();
  await early.untilTold(3);
  await using late = await EventReader.open(url);
  await late.untilTold(2);
  bench.server.counters = answered(work(2));
  bench.server.own.set("gen-a", work(2));
  await bench.publish({ id: "gen-a", progress: 0.5, imagesDone: 1 });
  await bench.tick();
  bench.server.turnOn();
  bench.server.own.clear();
  await bench.end("gen-a", "finished");
  await bench.tick();
  await early.untilTold(6);
  await late.untilTold(5);
  assertEquals(early.told, [
    "verdict.changed idle",
    "generation.started gen-a 0",
    "verdict.changed busy",
    "generation.progress gen-a 0.5",
    "generation.finished gen-a 1",
    "verdict.changed idle",
  ]);
  assertEquals(late.told, [
    "generation.started gen-a 0",
    "verdict.changed busy",
    ...early.told.slice(3),
  ]);
  await waitFor(() => documents.length === 6, { what: "the same over the WebSocket" });
  assertEquals(documents, early.events.map(({ document }) => document));
  for (const { id, document } of [...early.events, ...late.events]) {
    assertEquals(validate(document), []);
    assertEquals(document["id"] ?? null, id);
  }
  socket.close();
  await closed;
});

Deno.test("serve lets a watcher continue where it was, and says which events are lost", async () => {
  await using serving = await ServeBench.open();
  const { bench, url } = serving;
  let lastId: string;
  {
    await using reader = await EventReader.open(url);
    await reader.untilTold(1);
    lastId = reader.lastId;
  }
  await bench.publish({ id: "gen-a", progress: 0.1 });
  bench.server.counters = answered(work(1));
  bench.server.own.set("gen-a", work(1));
  await bench.tick();
  await using again = await EventReader.open(url, lastId);
  await again.untilTold(2);
  assertEquals(again.told, ["generation.started gen-a 0.1", "verdict.changed busy"]);
  const { socket, documents, closed } = await openSocket(url, lastId);
  await waitFor(() => documents.length === 2, { what: "the same" });
  assertEquals(documents.map(describeEvent), again.told);
  socket.close();
  await closed;
  // A client that has all events gets only new ones.
  await using upToDate = await EventReader.open(url, again.lastId);
  for (const strange of ["0badcafe-1", `${lastId}99`, "x".repeat(1_000), ""]) {
    await using reader = await EventReader.open(url, strange);
    await reader.untilTold(3);
    assertEquals(reader.told, ["events.missed", ...again.told], strange);
  }
  assertEquals(upToDate.events, []);
});

Deno.test("serve tells its watchers that it ends, within its last second", async () => {
  const serving = await ServeBench.open();
  const { bench, url, running } = serving;
  await using reader = await EventReader.open(url);
  const { closed } = await openSocket(url);
  await reader.untilTold(1);
  bench.context.interrupt();
  assertEquals(await running.ended, 0);
  await reader.end();
  assert(reader.text.endsWith(": serve ends\n\n"), reader.text);
  assertEquals((await closed).code, 1001);
});

Deno.test("serve refuses a socket of another site, a plain request to it, and what clients say", async () => {
  await using serving = await ServeBench.open();
  const plain = await serving.ask("/API/GenerationEventsWS");
  assertEquals([plain.status, plain.headers.get("upgrade")], [426, "websocket"]);
  const { socket, documents, closed } = await openSocket(serving.url);
  await waitFor(() => documents.length > 0, { what: "the first event" });
  socket.send("hello");
  assertEquals((await closed).code, 1008);
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(serving.url).port),
  });
  const head = [
    "GET /API/GenerationEventsWS HTTP/1.1",
    `Host: ${new URL(serving.url).host}`,
    "Origin: https://evil.example",
    "Connection: Upgrade, close",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  const chunk = new Uint8Array(64);
  await connection.read(chunk);
  assertEquals(new TextDecoder().decode(chunk).slice(0, 12), "HTTP/1.1 403");
});

Deno.test("a watcher that does not read is dropped, and the others are not", async () => {
  const clock = new ManualClock();
  const source = new EventSource(() => Promise.resolve(null));
  const feed = new EventFeed(() => source.now());
  using hub = new EventHub(feed, clock);
  const [slow, quick] = [streamEvents(hub, null), streamEvents(hub, null)];
  let read = 0;
  const reading = (async () => {
    for await (const chunk of quick.body ?? []) read += chunk.length;
  })();
  const events = await source.look(sampleReport({ verdict: "busy" }));
  for (let told = 0; hub.droppedCount === 0; told++) {
    assert(told < 10_000, "it is never dropped");
    feed.tell(events);
    if (told % 50 === 0) await clock.advance(0);
  }
  assertEquals([hub.droppedCount, hub.watcherCount], [1, 1]);
  await assertRejects(() => slow.text(), Error, "it reads too slowly");
  await clock.advance(15_000);
  hub[Symbol.dispose]();
  await reading;
  assert(read > 1_000_000, `${read}`);
});

Deno.test("what a look has found reaches a watcher in one piece", async () => {
  const source = new EventSource(() => Promise.resolve(null));
  const feed = new EventFeed(() => []);
  using hub = new EventHub(feed, new ManualClock());
  const stream = streamEvents(hub, null).body?.pipeThrough(new TextDecoderStream());
  const reader = stream?.getReader();
  assertEquals(await reader?.read(), { done: false, value: "retry: 2000\n\n" });
  const events = await source.look(
    sampleReport({ verdict: "busy", active: [sampleGeneration()] }),
  );
  assertEquals(events.map(({ kind }) => kind), ["generation.started", "verdict.changed"]);
  feed.tell(events);
  const { value = "" } = await reader?.read() ?? {};
  assertEquals(value.match(/^id: |(?<="event":")[^"]+/gm), [
    "id: ",
    "generation.started",
    "id: ",
    "verdict.changed",
  ]);
  await reader?.cancel();
});

Deno.test("EventMemory is bounded, and knows which events it has forgotten", async () => {
  const source = new EventSource(() => Promise.resolve(null));
  const [event] = await source.look(sampleReport({ verdict: "idle" }));
  assert(event !== undefined);
  const memory = new EventMemory();
  const id = memory.add([event], 0).messages[0]?.id ?? null;
  const from = { now: source.now(), nowMs: 0 };
  memory.add(Array(1_000).fill(event), 0);
  assertEquals(memory.since(id, from).messages.length, 1_000);
  memory.add([event], 0);
  const told = memory.since(id, from).messages.map(({ text }) => describeEvent(JSON.parse(text)));
  assertEquals(told, ["events.missed", "verdict.changed idle"]);
});
