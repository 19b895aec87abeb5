import { assertEquals } from "@std/assert";
import { statusText } from "../../../src/render/status/status_text.ts";
import { comfyBackend } from "../../support/sample_answers.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../../support/sample_report.ts";

Deno.test("statusText() escapes foreign text", () => {
  const evil = "x\u001b[2Jy\nz\u202e";
  const report = sampleReport({
    serverUrl: evil,
    identity: { version: evil, serverId: evil, asOf: 0 },
    verdict: "busy",
    active: [sampleGeneration({}, { id: evil, status: evil, model: evil })],
    backends: [
      reportedBackend(
        comfyBackend({ title: evil, type: evil, status: evil, modelLoaded: evil, gpu: evil }),
        null,
      ),
    ],
    resources: {
      cpuUsage: null,
      ramUsedBytes: null,
      gpus: [{ id: 0, name: evil, utilization: null, vramUsedBytes: null }],
    },
    elsewhere: [{ serverUrl: evil, records: 1 }],
    blindSpots: [evil],
    evidence: [{
      tier: "records",
      answered: true,
      elapsedMs: 0,
      sees: "",
      detail: {},
      problems: [evil],
      needs: evil,
    }],
  });
  const text = statusText(report);
  const control = [...text].filter((one) => one !== "\n" && (one < " " || one === "\u202e"));
  assertEquals(control, []);
  assertEquals(text.split("\\u{1B}[2Jy\\u{A}z\\u{202E}").length - 1, 14);
  const unknown = statusText(sampleReport({
    verdict: "unknown",
    evidence: [{
      tier: "server",
      source: "global_status",
      answered: false,
      reason: "refused",
      message: evil,
      elapsedMs: 0,
      sees: "",
      detail: {},
    }],
  }));
  assertEquals(unknown.split("\n")[0], "Unknown: x\\u{1B}[2Jy\\u{A}z\\u{202E}");
});

Deno.test("statusText() offers no command that an id would turn into another", () => {
  for (
    const [id, isOffered] of [["--everyone", false], ["a;b", false], ["a--all", true]] as const
  ) {
    const doubtful = sampleGeneration({ owner: "gone", server: "unseen" }, { id });
    const text = statusText(sampleReport({ verdict: "unknown", uncertain: [doubtful] }));
    assertEquals([id, text.includes("asset-generator cancel")], [id, isOffered]);
  }
});
