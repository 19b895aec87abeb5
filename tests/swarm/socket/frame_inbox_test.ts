import { assertEquals, assertRejects } from "@std/assert";
import { FrameInbox } from "../../../src/swarm/socket/frame_inbox.ts";

const TOO_MUCH = "the server sends more than can be taken in";

function progress(index: number, overall: number): string {
  return JSON.stringify({ gen_progress: { batch_index: `${index}`, overall_percent: overall } });
}

function status(waiting: number): string {
  const rest = { loading_models: 0, waiting_backends: 0, live_gens: 0 };
  return JSON.stringify({ status: { waiting_gens: waiting, ...rest } });
}

function image(path: string): string {
  return JSON.stringify({ image: path, batch_index: "0" });
}

/** An inbox with messages that nobody has taken. */
function inboxOf(messages: readonly string[]): FrameInbox {
  const inbox = new FrameInbox("53c237");
  for (const message of messages) inbox.onMessage(message);
  return inbox;
}

/** A summary of what is taken out until the end. */
async function drain(inbox: FrameInbox): Promise<readonly string[]> {
  const told: string[] = [];
  for (;;) {
    const next = await inbox.next();
    if (next.kind === "closed" || next.kind === "lost") return told;
    if (next.kind === "progress") told.push(`progress ${next.index} ${next.overall}`);
    else if (next.kind === "status") told.push(`status ${next.counters.waitingGens}`);
    else if (next.kind === "image") told.push(`image ${next.image.path}`);
    else told.push(next.kind);
  }
}

Deno.test("FrameInbox keeps all that came while few messages wait", async () => {
  const inbox = inboxOf([progress(0, 0.1), progress(0, 0.2), status(3), status(2), image("a")]);
  inbox.onEnd({ kind: "closed", code: 1000 });
  assertEquals(await drain(inbox), [
    "accepted",
    "progress 0 0.1",
    "progress 0 0.2",
    "status 3",
    "status 2",
    "image a",
  ]);
});

Deno.test("FrameInbox lets newer progress and counters replace older when many wait, and nothing else", async () => {
  const pictures = Array.from({ length: 99 }, (_, at) => image(`${at}`));
  const inbox = inboxOf([...pictures, progress(0, 0.1), progress(1, 0.1), status(9)]);
  for (let step = 2; step <= 1000; step++) {
    inbox.onMessage(progress(step % 2, step / 1000));
    inbox.onMessage(status(step));
  }
  inbox.onMessage(image("last"));
  inbox.onMessage(image("last"));
  inbox.onEnd({ kind: "closed", code: 1000 });
  assertEquals(await drain(inbox), [
    "accepted",
    ...pictures.map((_, at) => `image ${at}`),
    "progress 0 1",
    "progress 1 0.999",
    "status 1000",
    "image last",
    "image last",
  ]);
});

Deno.test("FrameInbox gives progress again that came after the last was taken", async () => {
  const inbox = inboxOf([progress(0, 0.1)]);
  assertEquals((await inbox.next()).kind, "accepted");
  assertEquals((await inbox.next()).kind, "progress");
  const waiting = inbox.next();
  inbox.onMessage(progress(0, 0.2));
  assertEquals(await waiting, { kind: "progress", index: 0, overall: 0.2, current: 0 });
});

Deno.test("FrameInbox gives up a server that sends more than fits, after what fits", async () => {
  const half = "x".repeat(32 * 1024 * 1024);
  for (
    const [messages, fitting] of [
      [Array.from({ length: 1000 }, () => image("a")), 999],
      [[image(half), image(half), image("a")], 2],
      // A single one may be as long as the longest message.
      [[image(half + half + "x"), image("a")], 1],
    ] as const
  ) {
    const inbox = inboxOf(messages);
    assertEquals((await inbox.next()).kind, "accepted");
    for (let i = 0; i < fitting; i++) assertEquals((await inbox.next()).kind, "image");
    await assertRejects(() => inbox.next(), Error, TOO_MUCH);
  }
});

Deno.test("FrameInbox fails after what waits, and aborts before it", async () => {
  const failing = inboxOf([image("a")]);
  failing.fail(new RangeError("late"));
  failing.onMessage(image("dropped"));
  failing.onEnd({ kind: "closed", code: 1000 });
  assertEquals((await failing.next()).kind, "accepted");
  assertEquals((await failing.next()).kind, "image");
  await assertRejects(() => failing.next(), RangeError, "late");
  const aborted = inboxOf([image("a")]);
  aborted.onEnd({ kind: "closed", code: 1000 });
  aborted.abort(new RangeError("now"));
  await assertRejects(() => aborted.next(), RangeError, "now");
});
