import { assertEquals } from "@std/assert";
import { QueuePushes } from "../../src/detection/queue_pushes.ts";
import type { DetectionReport, ReportedBackend } from "../../src/detection/report.ts";
import { FakeQueueObserver } from "../support/fake_queue_observer.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { comfyBackend, queueOf, sampleReading } from "../support/sample_answers.ts";
import { answered, remoteBackend, unanswered } from "../support/sample_answers.ts";

/** Queues of one ComfyUI, observed since the first look. */
function observed(): {
  readonly observer: FakeQueueObserver;
  readonly clock: ManualClock;
  readonly pushes: QueuePushes;
} {
  const [observer, clock] = [new FakeQueueObserver(), new ManualClock()];
  const pushes = new QueuePushes({ observer, clock });
  look(pushes);
  return { observer, clock, pushes };
}

/** A backend that was switched off while it was observed. */
const OFF = comfyBackend({ status: "disabled" });

/** Takes in a look at one backend, or at several. */
function look(pushes: QueuePushes, ...backends: readonly Partial<ReportedBackend>[]): void {
  pushes.addTo(sampleReading());
  pushes.update(seen(...backends));
}

function seen(
  ...backends: readonly Partial<ReportedBackend>[]
): Pick<DetectionReport, "verdict" | "backends" | "reach" | "evidence"> {
  const listed = backends.length === 0 ? [{}] : backends;
  return {
    verdict: "idle",
    backends: listed.map((changes) => ({
      ...comfyBackend(),
      queueRemaining: 0,
      standing: null,
      ...changes,
    })),
    reach: "online",
    evidence: [],
  };
}

/** Whether there is news, which are then taken. */
function news(pushes: QueuePushes): boolean {
  const { aborted } = pushes.news;
  pushes.takeNews();
  return aborted;
}

Deno.test("QueuePushes has news when work begins and ends, not when a look has told it", async () => {
  const { observer, pushes } = observed();
  await using _ = pushes;
  assertEquals([news(pushes), pushes.count], [false, 1]);
  observer.tell(2);
  assertEquals(news(pushes), true);
  observer.tell(2);
  assertEquals(news(pushes), false);
  observer.tell(0);
  assertEquals(news(pushes), true);
  look(pushes, { queueRemaining: 1 });
  assertEquals(observer.begun, [0]);
});

Deno.test("QueuePushes tells of a queue that only grows or shrinks once a second", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  observer.tell(1);
  news(pushes);
  observer.tell(2);
  observer.tell(3);
  assertEquals(news(pushes), false);
  await clock.advance(1_000);
  assertEquals(news(pushes), true);
});

Deno.test("QueuePushes has a server looked at soon that counts work when its queues are empty", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  const busy = { ...seen(), verdict: "busy" } as const;
  observer.tell(1);
  news(pushes);
  pushes.update(busy);
  await clock.advance(2_000);
  assertEquals(news(pushes), false);
  observer.tell(0);
  news(pushes);
  for (const delayMs of [50, 100, 200, 400, 800, 1_600]) {
    pushes.update(busy);
    await clock.advance(delayMs - 1);
    assertEquals(news(pushes), false, `before ${delayMs}`);
    await clock.advance(1);
    assertEquals(news(pushes), true, `after ${delayMs}`);
  }
  pushes.update(busy);
  await clock.advance(10_000);
  assertEquals(news(pushes), false);
  observer.tell(1);
  observer.tell(0);
  news(pushes);
  pushes.update(seen());
  pushes.update(busy);
  await clock.advance(10_000);
  assertEquals(news(pushes), false);
});

Deno.test("QueuePushes adds to a look the jobs that came and went before it, once", async () => {
  const { observer, pushes } = observed();
  await using _ = pushes;
  observer.tell(1);
  observer.tell(0);
  news(pushes);
  const [queue] = pushes.addTo(sampleReading()).queues;
  assertEquals(queue?.answer, { answered: true, value: queueOf(1), elapsedMs: 2 });
  // The look after it shows that they are over.
  assertEquals(news(pushes), true);
  assertEquals(pushes.addTo(sampleReading()), sampleReading());
});

Deno.test("QueuePushes knows the jobs of a backend that SwarmUI does not ask", async () => {
  const { observer, pushes } = observed();
  await using _ = pushes;
  observer.tell(1);
  pushes.addTo(sampleReading());
  const off = sampleReading({ backends: answered([OFF]), queues: [] });
  const told = [{
    backend: OFF,
    answer: { answered: true, value: queueOf(1), elapsedMs: 0 },
    isTold: true,
  }] as const;
  assertEquals(pushes.addTo(off).queues, told);
  const silent = unanswered("timeout");
  assertEquals(
    pushes.addTo({ ...sampleReading(), queues: [{ backend: comfyBackend(), answer: silent }] })
      .queues[0]?.answer.answered,
    true,
  );
  // An answer is newer, and a queue that was empty when last told is no evidence.
  assertEquals(pushes.addTo(sampleReading()), sampleReading());
  observer.tell(0);
  pushes.addTo(off);
  assertEquals(pushes.addTo(off), off);
});

Deno.test("QueuePushes believes a silent connection to a backend that is off for an hour, not for ever", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  const isBusy = (reading = sampleReading({ backends: answered([OFF]), queues: [] })): boolean =>
    pushes.addTo(reading).queues.some(({ isTold }) => isTold === true);
  observer.tell(2);
  assertEquals([isBusy(), isBusy()], [true, true]);
  await clock.advance(3_599_999);
  assertEquals(isBusy(), true);
  await clock.advance(1);
  assertEquals(isBusy(), false);
  // It is not closed: if it lives, what it tells next counts.
  observer.tell(1);
  assertEquals([isBusy(), isBusy()], [true, true]);
  observer.tell(0);
  assertEquals([isBusy(), observer.count], [false, 1]);
});

Deno.test("QueuePushes keeps to a backend that is switched off, and leaves one that is gone", async () => {
  const [observer, clock] = [new FakeQueueObserver(), new ManualClock()];
  await using pushes = new QueuePushes({ observer, clock });
  look(pushes, {}, { id: 1, status: "disabled" });
  assertEquals(observer.begun, [0]);
  look(pushes, { status: "idle" });
  observer.tell(3);
  assertEquals([observer.count, news(pushes)], [1, true]);
  pushes.update({ ...seen(), backends: null });
  assertEquals(observer.count, 1);
  pushes.update({ ...seen(), backends: [] });
  assertEquals(observer.count, 0);
});

Deno.test("QueuePushes tries again what ended, later what was refused, and tells that it was lost", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  observer.end();
  await clock.advance(0);
  assertEquals([news(pushes), pushes.count], [true, 0]);
  look(pushes);
  assertEquals(observer.begun.length, 1);
  await clock.advance(5_000);
  observer.refusal = "refused";
  look(pushes);
  await clock.advance(60_000);
  look(pushes);
  assertEquals([observer.begun.length, news(pushes)], [2, false]);
  const [evidence] = pushes.evidence();
  assertEquals([evidence?.answered, evidence?.reason], [false, "not_permitted"]);
});

Deno.test("QueuePushes covers a server only if all that could work is observed", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  const covers = (...backends: Partial<ReportedBackend>[]): boolean =>
    pushes.covers(seen(...backends));
  assertEquals(covers(), true);
  assertEquals(covers({}, { id: 1, status: "disabled" }), true);
  assertEquals(covers({}, { id: 1 }), false);
  assertEquals(covers({}, { id: 1, status: "errored" }), false);
  assertEquals(covers({}, remoteBackend()), false);
  assertEquals(covers({ status: "idle" }), false);
  assertEquals(pushes.covers({ ...seen(), reach: "offline" }), false);
  observer.end();
  await clock.advance(0);
  assertEquals(covers(), false);
  // A ComfyUI that hangs opens a connection, and says nothing.
  observer.greeting = null;
  await clock.advance(5_000);
  look(pushes);
  assertEquals([observer.count, covers()], [1, false]);
});

const SILENCES: Readonly<Record<string, Partial<ReportedBackend>>> = {
  "a job that it did not tell of": { queueRemaining: 1 },
  "a use that it did not tell of": { secondsSinceUsed: 2 },
};

for (const [what, found] of Object.entries(SILENCES)) {
  Deno.test(`QueuePushes doubts a silent connection at once after ${what}, and opens another`, async () => {
    const { observer, clock, pushes } = observed();
    await using _ = pushes;
    await clock.advance(10_000);
    look(pushes, found);
    assertEquals([observer.count, pushes.covers(seen())], [1, false]);
    await clock.advance(2_000);
    look(pushes, { secondsSinceUsed: 4 });
    assertEquals(observer.count, 0);
    await clock.advance(5_000);
    look(pushes, { secondsSinceUsed: 9 });
    assertEquals([observer.begun.length, pushes.covers(seen())], [2, true]);
  });
}

Deno.test("QueuePushes leaves a silent connection to a ComfyUI that two looks found dead", async () => {
  const { observer, pushes } = observed();
  await using _ = pushes;
  const dead = { backend: comfyBackend(), answer: answered({ kind: "dead" } as const) };
  const lookAtDead = (): boolean => {
    const { queues } = pushes.addTo({ ...sampleReading(), queues: [dead] });
    const isTold = queues.some((one) => one.isTold === true);
    pushes.update(seen({ queueRemaining: isTold ? 1 : null }));
    return isTold;
  };
  observer.tell(1);
  assertEquals(lookAtDead(), true);
  // The jobs of one that lives may be seen again in the next look.
  assertEquals([lookAtDead(), observer.count], [true, 1]);
  assertEquals([lookAtDead(), observer.count], [true, 0]);
  await Promise.resolve();
  assertEquals(lookAtDead(), false);
});

Deno.test("QueuePushes doubts no connection whose report comes a moment after the look", async () => {
  const { observer, clock, pushes } = observed();
  await using _ = pushes;
  await clock.advance(10_000);
  look(pushes, { queueRemaining: 1, secondsSinceUsed: 0 });
  observer.tell(1);
  look(pushes, { queueRemaining: 1, secondsSinceUsed: 0 });
  assertEquals([observer.count, pushes.covers(seen())], [1, true]);
});

Deno.test("QueuePushes has no news while the server asks for a pause", async () => {
  const { observer, pushes } = observed();
  await using _ = pushes;
  const putOff = { status: 429, retryAfterMs: 5_000 } as const;
  const evidence = {
    tier: "server",
    source: "resources",
    answered: false,
    elapsedMs: 1,
    sees: "",
    detail: {},
    putOff,
  } as const;
  pushes.update({ ...seen(), evidence: [evidence] });
  observer.tell(1);
  assertEquals(news(pushes), false);
  assertEquals(pushes.addTo(sampleReading()).queues[0]?.isTold, true);
});
