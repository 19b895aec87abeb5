import { assertEquals, assertRejects } from "@std/assert";
import type { GenerationEvent } from "../../src/generation/image_server.ts";
import { EventQueue } from "../../src/swarm/event_queue.ts";

function progress(index: number, overall: number): GenerationEvent {
  return { kind: "progress", index, overall, current: 0 };
}

function status(waitingGens: number): GenerationEvent {
  const counters = { waitingGens, loadingModels: 0, waitingBackends: 0, liveGens: 0 };
  return { kind: "status", counters };
}

function image(path: string): GenerationEvent {
  return { kind: "image", image: { index: 0, path, seed: null } };
}

/** All that is in a queue that has been closed. */
async function drain(queue: EventQueue): Promise<readonly GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for (let event = await queue.next(); event !== null; event = await queue.next()) {
    events.push(event);
  }
  return events;
}

Deno.test("EventQueue lets newer progress and counters replace unread ones, and nothing else", async () => {
  const queue = new EventQueue();
  for (let step = 1; step <= 10_000; step++) {
    queue.push(progress(step % 2, step / 10_000));
    queue.push(status(step));
  }
  queue.push(image("a"));
  queue.push(image("a"));
  queue.push(progress(0, 1));
  queue.close();
  assertEquals(await drain(queue), [
    progress(1, 0.9999),
    status(10_000),
    progress(0, 1),
    image("a"),
    image("a"),
  ]);
});

Deno.test("EventQueue gives progress again that came after the last was read", async () => {
  const queue = new EventQueue();
  queue.push(progress(0, 0.1));
  assertEquals(await queue.next(), progress(0, 0.1));
  queue.push(progress(0, 0.2));
  assertEquals(await queue.next(), progress(0, 0.2));
  const waiting = queue.next();
  queue.push(image("b"));
  assertEquals(await waiting, image("b"));
});

Deno.test("EventQueue fails after what waits, and aborts before it", async () => {
  const failing = new EventQueue();
  failing.push(image("a"));
  failing.fail(new RangeError("late"));
  failing.push(image("dropped"));
  assertEquals(await failing.next(), image("a"));
  await assertRejects(() => failing.next(), RangeError, "late");
  const aborted = new EventQueue();
  aborted.push(image("a"));
  aborted.abort(new RangeError("now"));
  await assertRejects(() => aborted.next(), RangeError, "now");
});

Deno.test("EventQueue.room() holds the filler while the consumer is behind", async () => {
  for (const [events, path] of [[1000, "x"], [1, "x".repeat(64 * 1024 * 1024)]] as const) {
    const queue = new EventQueue();
    await queue.room();
    for (let i = 0; i < events; i++) queue.push(image(path));
    let hasRoom = false;
    const room = queue.room().then(() => hasRoom = true);
    await Promise.resolve();
    assertEquals(hasRoom, false);
    await queue.next();
    await room;
    queue.push(image(path));
    const ended = queue.room();
    queue.close();
    await ended;
  }
});
