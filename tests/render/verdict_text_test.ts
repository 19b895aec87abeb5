import { assertEquals, assertNotEquals } from "@std/assert";
import type { DetectionReport, Evidence } from "../../src/detection/report.ts";
import { verdictKey, verdictText } from "../../src/render/verdict_text.ts";
import { comfyBackend } from "../support/sample_answers.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../support/sample_report.ts";

const IMAGES = sampleReport().images;

function busy(changes: Partial<DetectionReport>): DetectionReport {
  return sampleReport({ verdict: "busy", generationsRunning: 1, ...changes });
}

function unknown(changes: Partial<DetectionReport>): DetectionReport {
  return sampleReport({ verdict: "unknown", generationsRunning: null, ...changes });
}

function silent(source: string, changes: Partial<Evidence> = {}): Evidence {
  return {
    tier: "server",
    source,
    answered: false,
    reason: "timeout",
    elapsedMs: 1,
    sees: "",
    detail: {},
    ...changes,
  };
}

for (
  const [report, text] of [
    [sampleReport(), "Idle"],
    [
      sampleReport({ verdict: "unreachable" }),
      "Server not reachable: http://127.0.0.1:7801",
    ],
    [
      busy({ active: [sampleGeneration()], images: { ...IMAGES, outstanding: 3 } }),
      "Busy: gen-abc123 45.0%, 3 images left on the server",
    ],
    [
      busy({
        active: [
          sampleGeneration({}, { id: "gen-a", progress: null }),
          sampleGeneration({ orphaned: true }, { id: "gen-b", progress: 1 }),
        ],
        images: { ...IMAGES, outstanding: null, untracked: null },
      }),
      "Busy: gen-a, gen-b 100.0% (orphaned)",
    ],
    [
      busy({ images: { ...IMAGES, outstanding: 1, untracked: 1, untrackedLoading: 2 } }),
      "Busy: 1 image started elsewhere, 2 model loads started elsewhere, 1 image left on the server",
    ],
    [
      busy({ comfyJobs: { remaining: 2, unattributed: 2 } }),
      "Busy: 2 ComfyUI jobs unattributed, 0 images left on the server",
    ],
    [
      busy({ comfyJobs: { remaining: 2, unattributed: null } }),
      "Busy: 2 ComfyUI jobs, 0 images left on the server",
    ],
    [
      busy({
        active: [sampleGeneration()],
        images: { ...IMAGES, outstanding: 3 },
        comfyJobs: { remaining: 2, unattributed: null },
      }),
      "Busy: gen-abc123 45.0%, 3 images left on the server",
    ],
    [
      busy({ images: { ...IMAGES, outstanding: null, untracked: null } }),
      "Busy: work on the server",
    ],
    [
      unknown({ evidence: [silent("global_status", { reason: "refused", message: "log in" })] }),
      "Not known whether a generation is running: SwarmUI's counters: log in",
    ],
    [
      unknown({ evidence: [silent("comfy_queue")] }),
      "Not known whether a generation is running: ComfyUI's queues: no answer in time",
    ],
    [
      unknown({ evidence: [silent("backend_status", { message: "You may not." })] }),
      "Not known whether a generation is running: the list of backends: You may not",
    ],
    [
      unknown({ uncertain: [sampleGeneration()] }),
      "Not known whether a generation is running: " +
      "the process of gen-abc123 is gone, and the server could not be asked about it",
    ],
    [
      unknown({ backends: [reportedBackend(comfyBackend({ status: "loading" }), null)] }),
      "Not known whether a generation is running: backend 0 is loading",
    ],
    [
      unknown({}),
      "Not known whether a generation is running: not every ComfyUI queue answered",
    ],
  ] as const
) {
  Deno.test(`verdictText() says "${text}"`, () => {
    assertEquals(verdictText(report), text);
  });
}

Deno.test("verdictKey() is the same while only numbers move", () => {
  const first = busy({ active: [sampleGeneration()], images: { ...IMAGES, untracked: 3 } });
  const second = busy({
    active: [sampleGeneration({}, { progress: 0.9 })],
    images: { ...IMAGES, untracked: 1 },
  });
  assertEquals(verdictKey(first), verdictKey(second));
});

Deno.test("verdictKey() tells who works, whether others do, and why it is not known", () => {
  const reports = [
    sampleReport(),
    sampleReport({ verdict: "unreachable" }),
    busy({ active: [sampleGeneration()] }),
    busy({ active: [sampleGeneration({ orphaned: true })] }),
    busy({ active: [sampleGeneration({}, { id: "gen-b" })] }),
    busy({ images: { ...IMAGES, untracked: 1 } }),
    busy({ comfyJobs: { remaining: 1, unattributed: 1 } }),
    unknown({}),
    unknown({ evidence: [silent("global_status")] }),
  ];
  for (const [index, report] of reports.entries()) {
    for (const other of reports.slice(index + 1)) {
      assertNotEquals(verdictKey(report), verdictKey(other));
    }
  }
});
