import { assertEquals } from "@std/assert";
import type { ObservationEnd, QueueObserver } from "../../src/detection/queue_observer.ts";
import { QueuePushes } from "../../src/detection/queue_pushes.ts";
import type { ReportedBackend } from "../../src/detection/report.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { comfyBackend } from "../support/sample_answers.ts";

/** An observer whose sockets a test speaks for. */
class FakeObserver implements QueueObserver {
  readonly begun: number[] = [];
  readonly open = new Map<number, { tell(length: number): void; end(how: ObservationEnd): void }>();

  observe(
    id: number,
    { signal, onLength }: { signal: AbortSignal; onLength: (length: number) => void },
  ): Promise<ObservationEnd> {
    this.begun.push(id);
    return new Promise((resolve) => {
      const end = (how: ObservationEnd): void => {
        this.open.delete(id);
        resolve(how);
      };
      signal.addEventListener("abort", () => end("ended"));
      this.open.set(id, { tell: onLength, end });
    });
  }
}

function backend(changes: Partial<ReportedBackend> = {}): ReportedBackend {
  return { ...comfyBackend(), queueRemaining: 0, standing: null, ...changes };
}

Deno.test("QueuePushes tells changes of a queue, and not what a look has told already", async () => {
  const [observer, clock] = [new FakeObserver(), new ManualClock()];
  let changes = 0;
  await using pushes = new QueuePushes({ observer, clock, onChange: () => changes++ });
  pushes.update({ backends: [backend()] });
  const socket = observer.open.get(0);
  socket?.tell(0);
  assertEquals([changes, pushes.count], [0, 1]);
  socket?.tell(2);
  socket?.tell(2);
  socket?.tell(0);
  assertEquals(changes, 2);
  pushes.update({ backends: [backend({ queueRemaining: 1 })] });
  assertEquals(observer.begun, [0]);
});

Deno.test("QueuePushes keeps to a backend that is switched off, and leaves one that is gone", async () => {
  const [observer, clock] = [new FakeObserver(), new ManualClock()];
  let changes = 0;
  await using pushes = new QueuePushes({ observer, clock, onChange: () => changes++ });
  pushes.update({ backends: [backend(), backend({ id: 1, status: "disabled" })] });
  assertEquals(observer.begun, [0]);
  pushes.update({ backends: [backend({ status: "idle" })] });
  observer.open.get(0)?.tell(3);
  assertEquals([observer.open.size, changes], [1, 1]);
  pushes.update({ backends: null });
  assertEquals(observer.open.size, 1);
  pushes.update({ backends: [] });
  assertEquals(observer.open.size, 0);
});

Deno.test("QueuePushes tries again what ended, later what was refused, and tells that it was lost", async () => {
  const [observer, clock] = [new FakeObserver(), new ManualClock()];
  let changes = 0;
  await using pushes = new QueuePushes({ observer, clock, onChange: () => changes++ });
  const report = { backends: [backend()] };
  pushes.update(report);
  observer.open.get(0)?.tell(0);
  observer.open.get(0)?.end("ended");
  await clock.advance(0);
  assertEquals([changes, pushes.count], [1, 0]);
  pushes.update(report);
  assertEquals(observer.begun.length, 1);
  await clock.advance(5_000);
  pushes.update(report);
  assertEquals(observer.begun.length, 2);
  observer.open.get(0)?.end("refused");
  await clock.advance(60_000);
  pushes.update(report);
  assertEquals([observer.begun.length, changes], [2, 1]);
});
