/** What `--verbose` says about each source. */
import { assertEquals } from "@std/assert";
import type { Evidence } from "../../../src/detection/report.ts";
import { evidenceText } from "../../../src/render/status/evidence_text.ts";

const SERVER = { tier: "server", answered: true, elapsedMs: 3.7, sees: "", detail: {} } as const;

for (
  const [evidence, text] of [
    [
      { ...SERVER, tier: "process", scope: "process", detail: { generations: 0 } },
      "This process: 0 generations (4 ms)",
    ],
    [
      { ...SERVER, tier: "records", scope: "directory", detail: { records: 1, running: 1 } },
      "This directory's records: 1 record, 1 of them running (4 ms)",
    ],
    [
      {
        ...SERVER,
        tier: "records",
        scope: "user",
        detail: { records: 2000, running: 3, unread: 7 },
      },
      "This user's records: 2000 records, 3 of them running, 7 not read (4 ms)",
    ],
    [
      {
        ...SERVER,
        source: "global_status",
        detail: { waiting_gens: 3, live_gens: 1, loading_models: 0, waiting_backends: 1 },
      },
      "SwarmUI's counters: 3 images not finished, 1 of them at a backend, " +
      "0 models being loaded (4 ms)",
    ],
    [
      { ...SERVER, source: "session_status", detail: { sessions: 2, working: 1 } },
      "SwarmUI's counters of this user's generations: 2 sessions, 1 of them working (4 ms)",
    ],
    [
      { ...SERVER, source: "comfy_queue", detail: { backends: 1, remaining: 2 } },
      "ComfyUI's queues: 2 jobs in 1 backend (4 ms)",
    ],
    [
      { ...SERVER, source: "comfy_queue", detail: { remaining: 0 } },
      "ComfyUI's queues: 0 jobs in the first running backend (4 ms)",
    ],
    [
      { ...SERVER, source: "comfy_queue", detail: { remaining: null } },
      "ComfyUI's queues: the first running backend has none (4 ms)",
    ],
    [
      { ...SERVER, source: "backend_status", detail: { backends: 2, running: 1 } },
      "The list of backends: 2 backends, 1 of them ready (4 ms)",
    ],
    [
      { ...SERVER, source: "models", detail: { count: 12, loaded: 1 } },
      "The models: 12 models, 1 of them loaded (4 ms)",
    ],
    [{ ...SERVER, source: "resources", detail: { gpus: 1 } }, "Memory and GPUs: 1 GPU (4 ms)"],
    [
      {
        ...SERVER,
        source: "global_status",
        answered: false,
        reason: "not_permitted",
        message: "The server refused this user",
        needs: "permission read_server_info_panels",
      },
      "SwarmUI's counters: not known, this account may not see other people's work " +
      "(it needs permission read_server_info_panels) (4 ms)",
    ],
    [
      { ...SERVER, source: "comfy_queue", answered: false, reason: "timeout" },
      "ComfyUI's queues: not known, no answer in time (4 ms)",
    ],
  ] as const satisfies readonly (readonly [Evidence, string])[]
) {
  Deno.test(`evidenceText() says "${text}"`, () => assertEquals(evidenceText(evidence), text));
}
