import { assertEquals, assertNotEquals } from "@std/assert";
import type { DetectionReport, Evidence } from "../../../src/detection/report.ts";
import { verdictKey, verdictText } from "../../../src/render/status/verdict_text.ts";
import { comfyBackend } from "../../support/sample_answers.ts";
import { UNREAD_DIRECTORY } from "../../support/sample_facts.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../../support/sample_report.ts";

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
    [sampleReport({ verdict: "unreachable" }), "Unreachable: http://127.0.0.1:7801: no answer"],
    [
      sampleReport({
        verdict: "unreachable",
        evidence: [silent("global_status", { reason: "not_swarmui" })],
      }),
      "Unreachable: http://127.0.0.1:7801: what answers is not SwarmUI",
    ],
    [
      sampleReport({ verdict: "unreachable", active: [sampleGeneration()] }),
      "Unreachable: http://127.0.0.1:7801: no answer; according to the records, 1 generation is running",
    ],
    [
      busy({ active: [sampleGeneration({ remainingMs: 40_400 })] }),
      "Busy: 1 generation, image 2 of 4, about 40 s left",
    ],
    [
      busy({ active: [sampleGeneration({ remainingMs: 150_000 }, { imagesDone: 4 })] }),
      "Busy: 1 generation, image 4 of 4, about 3 min left",
    ],
    [
      busy({ active: [sampleGeneration({ remainingMs: 4_500_000 }, { imagesTotal: 1 })] }),
      "Busy: 1 generation, 45.0% done, about 1.3 h left",
    ],
    [busy({ active: [sampleGeneration({ queued: true })] }), "Busy: 1 generation, queued"],
    [
      busy({ active: [sampleGeneration({}, { status: "starting" })] }),
      "Busy: 1 generation, starting",
    ],
    [
      busy({ active: [sampleGeneration({ orphaned: true })] }),
      "Busy: 1 orphaned generation, image 2 of 4",
    ],
    [
      busy({ active: [sampleGeneration({}, { imagesTotal: null, progress: null })] }),
      "Busy: 1 generation",
    ],
    [
      busy({
        active: [
          sampleGeneration({ queued: true }, { id: "gen-a" }),
          sampleGeneration({ orphaned: true }, { id: "gen-b" }),
          sampleGeneration({}, { id: "gen-c" }),
        ],
        images: { ...IMAGES, outstanding: null, untracked: null },
      }),
      "Busy: 3 generations, 1 of them queued, 1 of them orphaned",
    ],
    [
      busy({
        active: [sampleGeneration()],
        images: { ...IMAGES, outstanding: 4, untracked: 1, untrackedLoading: 2 },
      }),
      "Busy: 1 generation, image 2 of 4; 1 image started elsewhere; " +
      "2 model loads started elsewhere",
    ],
    [
      busy({
        images: { ...IMAGES, untracked: 2, untrackedLoading: 1 },
        evidence: [UNREAD_DIRECTORY],
      }),
      "Busy: 2 images with no record visible here; 1 model load with no record visible here",
    ],
    [
      busy({ comfyJobs: { remaining: 2, unattributed: 2 } }),
      "Busy: 2 ComfyUI jobs that SwarmUI does not count",
    ],
    [busy({ comfyJobs: { remaining: 2, unattributed: null } }), "Busy: 2 ComfyUI jobs"],
    [
      busy({ active: [sampleGeneration()], comfyJobs: { remaining: 2, unattributed: null } }),
      "Busy: 1 generation, image 2 of 4",
    ],
    [
      busy({ images: { ...IMAGES, outstanding: null, untracked: null } }),
      "Busy: work on the server",
    ],
    [
      unknown({ evidence: [silent("global_status", { reason: "not_permitted" })] }),
      "Unknown: this account may not see other people's work",
    ],
    [
      unknown({
        likely: "idle",
        evidence: [silent("global_status", { reason: "not_permitted", message: "no" })],
      }),
      "Unknown (likely idle): this account may not see other people's work",
    ],
    [
      unknown({ evidence: [silent("backend_status", { reason: "not_permitted" })] }),
      "Unknown: this account may not see the list of backends",
    ],
    [
      unknown({ evidence: [silent("global_status", { reason: "not_supported" })] }),
      "Unknown: this server is too old to tell of other people's work",
    ],
    [
      unknown({ evidence: [silent("global_status", { reason: "permission", message: "x" })] }),
      "Unknown: x",
    ],
    [
      unknown({ evidence: [silent("global_status", { reason: "refused", message: "log in" })] }),
      "Unknown: log in",
    ],
    [
      unknown({ evidence: [silent("comfy_queue")] }),
      "Unknown: ComfyUI's queues: no answer in time",
    ],
    [
      unknown({ evidence: [silent("backend_status", { message: "It failed." })] }),
      "Unknown: the list of backends: It failed",
    ],
    [
      unknown({ uncertain: [sampleGeneration()] }),
      "Unknown: the process of gen-abc123 is gone, and the server could not be asked about it",
    ],
    [
      unknown({ backends: [reportedBackend(comfyBackend({ status: "loading" }), null)] }),
      "Unknown: backend 0 is loading",
    ],
    [unknown({}), "Unknown: not every ComfyUI queue answered"],
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

Deno.test("verdictKey() says who works, whether others do, and why it is not known", () => {
  const reports = [
    sampleReport(),
    sampleReport({ verdict: "unreachable" }),
    busy({ active: [sampleGeneration()] }),
    busy({ active: [sampleGeneration({ orphaned: true })] }),
    busy({ active: [sampleGeneration({ queued: true })] }),
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
