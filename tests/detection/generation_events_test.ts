/** Events from look to look; each test says what was seen, and gets one line for each event. */
import { assert, assertEquals } from "@std/assert";
import type { DetectionEvent } from "../../src/detection/generation_events.ts";
import { EventSource } from "../../src/detection/generation_events.ts";
import type { DetectionReport, ReportedGeneration } from "../../src/detection/report.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { EndOutcome } from "../../src/generation/records/end_log.ts";
import { NOW_MS, sampleRecord } from "../support/sample_records.ts";
import { sampleGeneration, sampleReport } from "../support/sample_report.ts";

/** A generation `id` with this progress. */
function one(id: string, record: Partial<GenerationRecord> = {}): ReportedGeneration {
  return sampleGeneration({}, { id, ...record });
}

function seen(
  active: readonly ReportedGeneration[],
  changes: Partial<DetectionReport> = {},
): DetectionReport {
  return sampleReport({
    active,
    verdict: active.length > 0 ? "busy" : "idle",
    generationsRunning: active.length,
    ...changes,
  });
}

function images(untracked: number | null): Pick<DetectionReport, "images"> {
  return { images: { ...sampleReport().images, outstanding: untracked, untracked } };
}

/** One line for each event. */
function told(events: readonly DetectionEvent[] | null): readonly string[] | null {
  return events && events.map((event) => {
    switch (event.kind) {
      case "verdict.changed":
        return `${event.previous} → ${event.report.verdict}`;
      case "generation.started":
        return `${event.generation.record.id} started${event.wasRunning ? " before" : ""}`;
      case "generation.progress":
        return `${event.generation.record.id} ${event.generation.record.progress}`;
      case "generation.orphaned":
        return `${event.generation.record.id} orphaned`;
      default:
        return `${event.generation.record.id} ${event.kind} ${event.outcome}`;
    }
  });
}

/** A source of events, and how generations are reported to have ended. */
class Watch {
  readonly ends = new Map<string, EndOutcome>();
  readonly #source = new EventSource((id) => {
    const outcome = this.ends.get(id);
    return Promise.resolve(outcome === undefined ? null : { outcome });
  });

  async look(report: DetectionReport): Promise<readonly string[] | null> {
    return told(await this.#source.look(report));
  }

  records(...records: readonly GenerationRecord[]): readonly string[] | null {
    return told(this.#source.progress(records));
  }
}

Deno.test("EventSource begins with what runs already, and the verdict", async () => {
  const watch = new Watch();
  assertEquals(await watch.look(seen([one("gen-a"), one("gen-b")])), [
    "gen-a started before",
    "gen-b started before",
    "null → busy",
  ]);
  assertEquals(await watch.look(seen([one("gen-a"), one("gen-b")])), []);
});

for (
  const [outcome, line] of [
    ["finished", "gen-a generation.finished finished"],
    ["failed", "gen-a generation.failed failed"],
    ["cancelled", "gen-a generation.cancelled cancelled"],
    [null, "gen-a generation.ended null"],
  ] as const
) {
  Deno.test(`EventSource tells a generation that ended: ${outcome ?? "nobody told how"}`, async () => {
    const watch = new Watch();
    await watch.look(seen([]));
    assertEquals(await watch.look(seen([one("gen-a")])), ["gen-a started", "idle → busy"]);
    assertEquals(await watch.look(seen([one("gen-a", { progress: 0.5 })])), ["gen-a 0.5"]);
    if (outcome !== null) watch.ends.set("gen-a", outcome);
    assertEquals(await watch.look(seen([])), [line, "busy → idle"]);
    assertEquals(await watch.look(seen([])), []);
  });
}

Deno.test("EventSource does not call another tool's generation finished", async () => {
  const watch = new Watch();
  const foreign = sampleGeneration({ owner: "unseen", server: "unseen", verified: false }, {
    id: "go-1",
    foreign: true,
  });
  await watch.look(seen([foreign]));
  assertEquals(await watch.look(seen([])), ["go-1 generation.ended null", "busy → idle"]);
});

Deno.test("EventSource reports ends before starts", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a")]));
  watch.ends.set("gen-a", "finished");
  assertEquals(await watch.look(seen([one("gen-b")])), [
    "gen-a generation.finished finished",
    "gen-b started",
  ]);
});

Deno.test("EventSource reports a lost process once, even if it was lost before the watch began", async () => {
  const orphan = { ...one("gen-a"), orphaned: true };
  const watch = new Watch();
  await watch.look(seen([one("gen-a")]));
  assertEquals(await watch.look(seen([orphan])), ["gen-a orphaned"]);
  assertEquals(await watch.look(seen([orphan])), []);
  // A paused laptop wakes up, and sleeps again.
  assertEquals(await watch.look(seen([one("gen-a")])), []);
  assertEquals(await watch.look(seen([orphan])), ["gen-a orphaned"]);
  assertEquals(await new Watch().look(seen([orphan])), [
    "gen-a started before",
    "gen-a orphaned",
    "null → busy",
  ]);
});

Deno.test("EventSource reports progress that moves, and none that went back", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a", { progress: null, imagesDone: 0, status: "pending" })]));
  const steps: readonly Partial<GenerationRecord>[] = [
    { progress: null, imagesDone: 0, status: "starting" },
    { progress: 0.2, imagesDone: 0, status: "generating" },
    { progress: 0.2, imagesDone: 1, status: "generating" },
    { progress: 0.1, imagesDone: 1, status: "generating" },
  ];
  const lines = [];
  for (const step of steps) lines.push(watch.records(sampleRecord({ id: "gen-a", ...step })));
  assertEquals(lines, [["gen-a null"], ["gen-a 0.2"], ["gen-a 0.2"], []]);
});

Deno.test("EventSource reports progress also when the clock was set back", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a", { progress: 0.2 })]));
  const earlier = NOW_MS - 3_600_000;
  assertEquals(watch.records(sampleRecord({ id: "gen-a", progress: 0.3, updatedAt: earlier })), [
    "gen-a 0.3",
  ]);
  assertEquals(await watch.look(seen([one("gen-a", { progress: 0.4, updatedAt: earlier })])), [
    "gen-a 0.4",
  ]);
});

Deno.test("EventSource asks for a look when records come or go, and not again for those of others", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a")]));
  const [own, other] = [sampleRecord({ id: "gen-a" }), sampleRecord({ id: "gen-elsewhere" })];
  assertEquals(watch.records(own), []);
  assertEquals(watch.records(own, other), null);
  await watch.look(seen([one("gen-a")]));
  assertEquals(watch.records(own, other), []);
  assertEquals(watch.records({ ...own, progress: 0.9 }, other), ["gen-a 0.9"]);
  assertEquals(watch.records(own), []);
  assertEquals(watch.records(own, other), null);
  assertEquals(watch.records(other), null);
});

Deno.test("EventSource keeps an uncertain generation until it is certain", async () => {
  const watch = new Watch();
  const doubtful = { ...one("gen-a"), owner: "gone", server: "unseen" } as const;
  await watch.look(seen([one("gen-a")]));
  const down = seen([], { verdict: "unreachable", uncertain: [doubtful], ...images(null) });
  assertEquals(await watch.look(down), ["busy → unreachable"]);
  assertEquals(await watch.look(seen([{ ...doubtful, orphaned: true }])), [
    "gen-a orphaned",
    "unreachable → busy",
  ]);
  assertEquals(await watch.look(seen([])), ["busy → idle"]);
  const later = seen([], { takenAt: NOW_MS + 3_000 });
  assertEquals(await watch.look(later), ["gen-a generation.ended null"]);
});

Deno.test("EventSource waits for whoever tells how a generation without a process ended", async () => {
  const watch = new Watch();
  const orphan = { ...one("gen-a"), owner: "gone", orphaned: true } as const;
  assertEquals(await watch.look(seen([one("gen-a")])), ["gen-a started before", "null → busy"]);
  assertEquals(await watch.look(seen([orphan])), ["gen-a orphaned"]);
  assertEquals(await watch.look(seen([])), ["busy → idle"]);
  watch.ends.set("gen-a", "cancelled");
  const later = seen([], { takenAt: NOW_MS + 1_000 });
  assertEquals(await watch.look(later), ["gen-a generation.cancelled cancelled"]);
});

const AT_END: readonly (readonly [EndOutcome | null, number | null, number | null])[] = [
  ["finished", 1, 4],
  ["failed", 0.45, 1],
  ["cancelled", 0.45, 1],
  [null, 0.45, 1],
];

for (const [outcome, progress, imagesDone] of AT_END) {
  Deno.test(`EventSource tells nothing of the last heartbeat at an end: ${outcome}`, async () => {
    const source = new EventSource(() => Promise.resolve(outcome === null ? null : { outcome }));
    const last = sampleGeneration({ remainingMs: 40_000, queued: true }, { id: "gen-a" });
    await source.look(seen([last]));
    const [end] = await source.look(seen([]));
    assert(end !== undefined && "generation" in end);
    const { record, queued, remainingMs, server } = end.generation;
    assertEquals([record.status, record.progress, record.imagesDone], [
      outcome ?? "ended",
      progress,
      imagesDone,
    ]);
    assertEquals([queued, remainingMs, server], [false, null, "done"]);
  });
}

Deno.test("EventSource calls running before what was uncertain when the watch began", async () => {
  const watch = new Watch();
  const doubtful = one("gen-a");
  const down = seen([], { verdict: "unreachable", uncertain: [doubtful] });
  assertEquals(await watch.look(down), ["null → unreachable"]);
  assertEquals(await watch.look(seen([doubtful])), ["gen-a started before", "unreachable → busy"]);
});

Deno.test("EventSource does not take a state file that was removed for an end", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a", { progress: 0.2 })]));
  const gone = seen([], { verdict: "busy", generationsRunning: 1, ...images(3) });
  assertEquals(await watch.look(gone), []);
  assertEquals(await watch.look({ ...gone, takenAt: NOW_MS + 5_000 }), []);
  // The owner's next heartbeat makes it visible again.
  assertEquals(await watch.look(seen([one("gen-a", { progress: 0.4 })])), ["gen-a 0.4"]);
  // Missing again, and for good: the time is counted from that moment.
  assertEquals(await watch.look({ ...gone, takenAt: NOW_MS + 60_000 }), []);
  assertEquals(await watch.look({ ...gone, takenAt: NOW_MS + 69_000 }), []);
  assertEquals(await watch.look({ ...gone, takenAt: NOW_MS + 70_000 }), [
    "gen-a generation.ended null",
  ]);
});

Deno.test("EventSource reports a known end at once, whatever else is running", async () => {
  const watch = new Watch();
  await watch.look(seen([one("gen-a")]));
  watch.ends.set("gen-a", "failed");
  assertEquals(
    await watch.look(seen([], { verdict: "busy", generationsRunning: 1, ...images(9) })),
    ["gen-a generation.failed failed"],
  );
});

Deno.test("EventSource reports each change of the verdict", async () => {
  const watch = new Watch();
  const lines = [];
  for (const verdict of ["idle", "unknown", "unknown", "unreachable", "idle"] as const) {
    lines.push(await watch.look(seen([], { verdict })));
  }
  assertEquals(lines, [
    ["null → idle"],
    ["idle → unknown"],
    [],
    ["unknown → unreachable"],
    ["unreachable → idle"],
  ]);
});
