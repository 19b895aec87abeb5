import { assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { DetectionReport } from "../../../src/detection/report.ts";
import { statusDocument } from "../../../src/render/status/status_document.ts";
import { statusText, statusWarnings } from "../../../src/render/status/status_text.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { comfyBackend } from "../../support/sample_answers.ts";
import { foreignRecord } from "../../support/sample_records.ts";
import { UNREAD_DIRECTORY } from "../../support/sample_facts.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../../support/sample_report.ts";

const RULE = "───────────────────────────────────────────────";

/** The text from a heading to the end of its section. */
function sectionOf(report: DetectionReport, heading: string): string {
  const text = statusText(report);
  const start = text.indexOf(`${heading}\n${RULE}\n`);
  if (start < 0) throw new Error(`Cannot find "${heading}" in ${text}`);
  const rest = text.slice(start);
  const next = rest.indexOf(`\n${RULE}\n`, heading.length + RULE.length);
  return next < 0 ? rest : rest.slice(0, rest.lastIndexOf("\n", next - 1));
}

// The texts of the original must not change, so they are here and not in files that are rewritten.

Deno.test("statusText() of scenario 1 of the original: nothing runs", () => {
  assertEquals(
    sectionOf(sampleReport(), "Active Generations"),
    `Active Generations
───────────────────────────────────────────────
No generations currently running
`,
  );
});

Deno.test("statusText() of scenarios 2 and 3 of the original: a tracked generation", () => {
  const report = sampleReport({
    verdict: "busy",
    generationsRunning: 1,
    active: [sampleGeneration({}, { imagesTotal: 1, imagesDone: 0 })],
  });
  assertEquals(
    sectionOf(report, "Active Generations"),
    `Active Generations
───────────────────────────────────────────────
  Generation 1:
    Session ID:    gen-abc123
    Status:        generating
    Progress:      45.0%
    Duration:      2.5m
`,
  );
});

const ESTIMATE = sampleReport({
  verdict: "unknown",
  generationsRunning: 1,
  basis: "backend_status",
  backends: [reportedBackend(
    comfyBackend({
      id: 1,
      type: "ComfyUI",
      modelLoaded: "stable-diffusion-xl",
      gpu: "NVIDIA RTX 3090",
    }),
    null,
  )],
});

Deno.test("statusText() of scenario 4 of the original: the estimate", () => {
  assertStringIncludes(
    statusText(ESTIMATE),
    `
Backends
───────────────────────────────────────────────
  • backend-1
    Type:          ComfyUI
    Status:        running
    Model Loaded:  stable-diffusion-xl
    GPU:           NVIDIA RTX 3090

Active Generations
───────────────────────────────────────────────
Estimated running: 1 (inferred from backend status)

Note: Generation details unavailable - check backend status above
      for more information about active processing.
`,
  );
});

Deno.test("statusText() in whole: what is known stands in columns, what is not is left out", () => {
  const report = sampleReport({
    models: { count: 12, loaded: 1 },
    resources: {
      cpuUsage: 0.03,
      ramUsedBytes: 20_100_000_000,
      gpus: [{ id: 0, name: "RTX 3090", utilization: 0.98, vramUsedBytes: 1_610_612_736 }],
    },
    backends: [reportedBackend(comfyBackend({ title: "big one", modelLoaded: null }), 1)],
    elsewhere: [{ serverUrl: "http://gpu.example:7801", records: 2 }],
    blindSpots: ["jobs of backend 9"],
    evidence: [{
      tier: "server",
      source: "comfy_queue",
      answered: false,
      reason: "not_permitted",
      needs: "permission comfy_direct_calls",
      elapsedMs: 1,
      sees: "jobs in ComfyUI",
      detail: {},
    }],
  });
  return assertExpected("status/whole.txt", statusText(report));
});

const UNTRACKED = {
  outstanding: 3,
  running: 1,
  queued: 2,
  loadingModels: 0,
  untracked: 3,
  untrackedRunning: 1,
  untrackedLoading: 0,
};

/** Twelve backends at rest; two of them have been off for a long time. */
const MANY = Array.from(
  { length: 12 },
  (_, id) =>
    id < 10
      ? reportedBackend(comfyBackend({ id }), 0)
      : reportedBackend(comfyBackend({ id, status: "disabled", secondsSinceUsed: null }), null),
);

/** Reports, and the file below `tests/fixtures/expected/status/` that shows each whole. */
const REPORTS: Readonly<Record<string, Partial<DetectionReport>>> = {
  unknown: { verdict: "unknown", generationsRunning: null, basis: "none" },
  unknown_likely_idle: { verdict: "unknown", likely: "idle", generationsRunning: null },
  unreachable: { verdict: "unreachable", reach: "offline", generationsRunning: null },
  untracked_images: { verdict: "busy", images: UNTRACKED },
  untracked_image_backends_unknown: {
    verdict: "busy",
    images: { ...UNTRACKED, untracked: 1, untrackedRunning: null },
  },
  untracked_model_load: {
    verdict: "busy",
    images: { ...UNTRACKED, untracked: 0, untrackedRunning: 0, untrackedLoading: 1 },
  },
  unattributed_jobs: { verdict: "busy", comfyJobs: { remaining: 2, unattributed: 2 } },
  busy_not_set_apart: { verdict: "busy" },
  busy_job_without_counters: {
    verdict: "busy",
    comfyJobs: { remaining: 1, unattributed: null },
  },
  run_and_untracked_images: {
    verdict: "busy",
    active: [sampleGeneration()],
    images: UNTRACKED,
  },
  run_of_four: {
    verdict: "busy",
    active: [sampleGeneration({ remainingMs: 40_400 }, { model: "sdxl/base" })],
  },
  second_run_of_one_backend: {
    verdict: "busy",
    active: [
      sampleGeneration({}, { imagesTotal: 1, imagesDone: 0 }),
      sampleGeneration({ queued: true }, { id: "gen-two", progress: 0, imagesDone: 0 }),
    ],
  },
  no_record_visible: { verdict: "busy", images: UNTRACKED, evidence: [UNREAD_DIRECTORY] },
  many_backends: { backends: MANY },
  many_backends_in_trouble: {
    verdict: "busy",
    backends: [
      ...MANY,
      reportedBackend(comfyBackend({ id: 20 }), 2),
      reportedBackend(comfyBackend({ id: 21, status: "errored" }), null),
      reportedBackend(comfyBackend({ id: 22, status: "loading" }), null),
    ],
  },
  two_runs_one_orphaned: {
    verdict: "busy",
    active: [
      sampleGeneration({ orphaned: true, owner: "gone" }),
      sampleGeneration({}, { id: "gen-two", progress: null, status: "starting" }),
    ],
  },
  record_of_another_tool: {
    verdict: "busy",
    active: [
      sampleGeneration({
        record: foreignRecord(),
        owner: "unseen",
        server: "unseen",
        verified: false,
      }),
    ],
  },
  unreachable_with_a_record: {
    verdict: "unreachable",
    reach: "offline",
    active: [sampleGeneration()],
  },
  uncertain_generation: {
    verdict: "unknown",
    generationsRunning: null,
    uncertain: [sampleGeneration({ owner: "gone", server: "unseen", verified: false })],
  },
};

for (const [name, changes] of Object.entries(REPORTS)) {
  Deno.test(`statusText() shows ${name.replaceAll("_", " ")}`, () =>
    assertExpected(`status/${name}.txt`, statusText(sampleReport(changes))));
}

Deno.test("statusText() names what would show more work, and no right for what is no work", () => {
  const refused = { answered: false, reason: "not_permitted", elapsedMs: 1, detail: {} } as const;
  const text = statusText(sampleReport({
    blindSpots: ["work"],
    evidence: [
      { ...refused, tier: "server", source: "global_status", sees: "work", needs: "permission a" },
      { ...refused, tier: "server", source: "models", sees: "models", needs: "permission b" },
    ],
  }));
  assertStringIncludes(text, "\nNot visible: work (to see more: permission a)\n");
});

Deno.test("statusText() says why records could not be read where no flag helps", () => {
  const message = 'Cannot read state file "x.json": permission denied';
  const report = sampleReport({
    blindSpots: ["generations that were started with this tool in this directory"],
    evidence: [{
      tier: "records",
      scope: "directory",
      answered: false,
      reason: "failed",
      message,
      elapsedMs: 1,
      sees: "generations that were started with this tool in this directory",
      detail: {},
    }],
  });
  assertEquals(statusWarnings(report), [message]);
  const text = statusText(report);
  assertStringIncludes(
    text,
    "\nNot visible: generations that were started with this tool in this directory\n",
  );
  // It is not a part of the answer.
  assertNotMatch(text, /Warning|permission denied/);
});

Deno.test("statusText() offers no command with an id that a shell would read", () => {
  const uncertain = [
    sampleGeneration({ owner: "gone", server: "unseen", verified: false }, { id: "x;reboot" }),
  ];
  const text = statusText(sampleReport({ verdict: "unknown", uncertain }));
  assertNotMatch(text, /cancel/);
});

Deno.test("statusText() sounds idle with verdict idle only", () => {
  for (const verdict of ["busy", "unknown", "unreachable"] as const) {
    const text = statusText(sampleReport({ verdict, generationsRunning: null }));
    assertNotMatch(text, /no generation|nothing|quiet|idle/i);
  }
  const likely = statusText(sampleReport({ verdict: "unknown", likely: "idle" }));
  assertStringIncludes(likely, "Unknown (likely idle): ");
});

for (
  const [verdict, code] of [["idle", 32], ["busy", 33], ["unknown", 35], [
    "unreachable",
    31,
  ]] as const
) {
  Deno.test(`statusText() begins with "${verdict}" in the colour ${code}, and colours no more`, () => {
    const report = sampleReport({ verdict, generationsRunning: null });
    const plain = statusText(report);
    const [first = "", ...rest] = plain.split("\n");
    assertEquals(first.toLowerCase().startsWith(verdict), true, first);
    assertEquals(
      statusText(report, { isColored: true }),
      [`\x1b[${code}m${first}\x1b[39m`, ...rest].join("\n"),
    );
  });
}

Deno.test("a list of models that the server shortened is reported as a lower limit, not as a number", () => {
  const report = sampleReport({ models: { count: 5001, loaded: 1, isAtLeast: true } });
  assertStringIncludes(
    statusText(report),
    "  Models:        at least 5001 (at least 1 loaded)\n",
  );
  const { models_count, models_loaded } = statusDocument(report, null);
  assertEquals([models_count, models_loaded], [null, null]);
});
