import { assertEquals } from "@std/assert";
import type { DetectionEvent } from "../../src/detection/generation_events.ts";
import { eventDocument } from "../../src/render/event_document.ts";
import { loadSchema } from "../support/json_schema.ts";
import { NOW_MS } from "../support/sample_records.ts";
import { sampleGeneration, sampleReport } from "../support/sample_report.ts";

const generation = sampleGeneration();
const EVENTS: readonly DetectionEvent[] = [
  { kind: "generation.started", generation, wasRunning: true },
  { kind: "generation.progress", generation },
  { kind: "generation.orphaned", generation: { ...generation, owner: "gone", orphaned: true } },
  { kind: "generation.finished", generation, outcome: "finished" },
  { kind: "generation.ended", generation, outcome: null },
  { kind: "generation.failed", generation, outcome: "failed" },
  { kind: "generation.cancelled", generation, outcome: "cancelled" },
  { kind: "verdict.changed", report: sampleReport(), previous: null },
  {
    kind: "verdict.changed",
    report: sampleReport({
      verdict: "unknown",
      likely: "idle",
      generationsRunning: null,
      basis: "none",
      images: { ...sampleReport().images, outstanding: null, untracked: null },
    }),
    previous: "busy",
  },
];

Deno.test("eventDocument() of every kind is what schemas/event.v1.json allows", async () => {
  const validate = await loadSchema("event.v1.json");
  for (const event of EVENTS) {
    assertEquals(validate(eventDocument(event, NOW_MS)), [], event.kind);
  }
});

Deno.test("schemas/event.v1.json refuses what lacks something, or says more than is known", async () => {
  const validate = await loadSchema("event.v1.json");
  for (const event of EVENTS) {
    const document = eventDocument(event, NOW_MS);
    for (const name of Object.keys(document)) {
      const { [name]: _left, ...rest } = document;
      assertEquals(validate(rest).length > 0, true, `${event.kind} without ${name}`);
    }
  }
  const idle = eventDocument(
    { kind: "verdict.changed", report: sampleReport(), previous: null },
    NOW_MS,
  );
  assertEquals(validate({ ...idle, verdict: "unknown" }).length > 0, true);
  assertEquals(validate({ ...idle, generations_running: 1 }).length > 0, true);
  assertEquals(validate({ ...idle, event: "verdict.vanished" }).length > 0, true);
  const finished = eventDocument(
    { kind: "generation.finished", generation, outcome: "finished" },
    NOW_MS,
  );
  for (const change of [{ outcome: null }, { outcome: "failed" }, { event: "generation.ended" }]) {
    assertEquals(validate({ ...finished, ...change }).length > 0, true, JSON.stringify(change));
  }
});

Deno.test("eventDocument() says when it was seen, and of whom", () => {
  assertEquals(
    eventDocument({ kind: "generation.ended", generation, outcome: null }, NOW_MS + 500),
    {
      schema_version: 1,
      event: "generation.ended",
      time: "2025-10-10T14:30:00.500Z",
      outcome: null,
      generation: {
        session_id: "gen-abc123",
        status: "generating",
        queued: false,
        progress: 0.45,
        start_time: "2025-10-10T14:27:30.000Z",
        updated_at: "2025-10-10T14:29:59.000Z",
        duration: "2.5m",
        duration_seconds: 150.5,
        images_total: 4,
        images_done: 1,
        image: 2,
        model: null,
        remaining: null,
        remaining_seconds: null,
        delayed_by: null,
        server_url: "http://127.0.0.1:7801",
        host: "workstation",
        pid: 4711,
        scope: ["directory", "user"],
        owner: "alive",
        server: "working",
        orphaned: false,
        detached: false,
        verified: true,
        note: null,
      },
    },
  );
});
