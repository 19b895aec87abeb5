/**
 * Runs the detection on every recorded moment of a real server, and compares with what its ComfyUIs
 * really had to do then (`tests/fixtures/wire/18-*`). "Idle" is never said while a ComfyUI is
 * working, except where the table of backends says so by name.
 */
import { assert, assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import type { DetectionReport } from "../../src/detection/report.ts";
import type { Backend, ComfyQueue } from "../../src/detection/swarm_server.ts";
import type { Clock } from "../../src/generation/clock.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { JsonObject, Sample } from "../simulator/transcript.ts";
import { isObject, readTranscript } from "../simulator/transcript.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import { FakeSwarmServer } from "../support/fake_swarm_server.ts";
import { answered, unanswered } from "../support/sample_answers.ts";

/** A clock that jumps from moment to moment; no sleep on it ever ends. */
class MomentClock implements Clock {
  atMs = 0;

  now(): number {
    return Date.UTC(2025, 9, 10) + this.atMs;
  }

  monotonicMs(): number {
    return this.atMs;
  }

  sleep(_delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
  }
}

/**
 * A server as it was at one moment; questions that are asked a second time are answered as at the
 * next moment.
 */
class RecordedServer extends FakeSwarmServer {
  readonly #moments: readonly Sample[];
  at = 0;
  #lists = 0;

  constructor(moments: readonly Sample[]) {
    super();
    this.#moments = moments;
  }

  moveTo(index: number): void {
    this.at = index;
    this.#lists = 0;
  }

  get #now(): JsonObject {
    return this.#moments[this.at]?.values ?? {};
  }

  /** From the second request for the list on, it is the next moment. */
  get #then(): JsonObject {
    const index = Math.min(this.at + Math.max(0, this.#lists - 1), this.#moments.length - 1);
    return this.#moments[index]?.values ?? {};
  }

  override globalCounters(): Promise<Answer<Counters>> {
    const told = this.#now.global ?? this.#now.global_main;
    if (!Array.isArray(told)) return Promise.resolve(unanswered("unreachable"));
    const [waitingGens, loadingModels, waitingBackends, liveGens] = told.map(Number);
    return Promise.resolve(
      answered({
        waitingGens: waitingGens ?? 0,
        loadingModels: loadingModels ?? 0,
        waitingBackends: waitingBackends ?? 0,
        liveGens: liveGens ?? 0,
      }),
    );
  }

  override backends(): Promise<Answer<readonly Backend[]>> {
    this.#lists++;
    const told = this.#then.backends ?? this.#then.backends_main;
    if (!isObject(told)) return Promise.resolve(unanswered("unreachable"));
    return Promise.resolve(answered(Object.entries(told).map(([id, one]) => backendOf(id, one))));
  }

  override comfyQueue(id: number | null): Promise<Answer<ComfyQueue>> {
    const told = this.#then.direct ?? this.#then.direct_main;
    const text = isObject(told) ? String(told[id === null ? "no header" : `id ${id}`] ?? "") : "";
    return Promise.resolve(queueOf(text));
  }
}

function backendOf(id: string, told: unknown): Backend {
  const { type = "comfyui_api", status, used, used_s } = isObject(told) ? told : {};
  const [, minutes, seconds] = /(?:(\d+) minutes?)?(?: and )?(?:(\d+) seconds?)?/.exec(
    String(used),
  ) ?? [];
  const age = used === "Never" ? null : Number(
    used_s ?? 60 * Number(minutes ?? 0) +
        Number(seconds ?? 0),
  );
  return {
    id: Number(id),
    type: String(type),
    title: Number(id) < 0 ? "[Remote from 0: remote] gpu" : "",
    status: String(status),
    enabled: true,
    modelLoaded: null,
    gpu: null,
    secondsSinceUsed: age,
  };
}

function queueOf(text: string): Answer<ComfyQueue> {
  const [, remaining] = /"queue_remaining":(\d+)/.exec(text) ?? [];
  if (remaining !== undefined) return answered({ kind: "jobs", remaining: Number(remaining) });
  if (text.startsWith("400 text/html")) return answered({ kind: "withheld" });
  return text.startsWith("500 text/html") ? answered({ kind: "dead" }) : unanswered("timeout");
}

/** Jobs that all ComfyUIs really had at a moment. */
function trueJobs(sample: Sample | undefined): number {
  const told = sample?.values.comfy_true_queue;
  const counts = isObject(told) ? Object.values(told).map(Number) : [];
  return counts.reduce((sum, count) => sum + (Number.isFinite(count) ? count : 0), 0);
}

/** Looks at every moment; returns the results for the moments at which ComfyUI had work. */
async function playThrough(
  samples: readonly Sample[],
  isOneProcess: boolean,
): Promise<readonly DetectionReport[]> {
  const server = new RecordedServer(samples);
  const clock = new MomentClock();
  let history = new BackendHistory();
  const reports: DetectionReport[] = [];
  for (const [index, sample] of samples.entries()) {
    clock.atMs = sample.atMs;
    server.moveTo(index);
    if (!isOneProcess) history = new BackendHistory();
    const { report } = await detect({
      stores: [],
      locks: new FakeOwnerLocks(),
      hostname: () => null,
      server,
      clock,
      history,
    }, { models: false });
    if (trueJobs(sample) > 0 && trueJobs(samples[index + 1]) > 0) reports.push(report);
  }
  return reports;
}

/**
 * What was said although a ComfyUI was working, apart from busy and unknown: allowed only by the
 * table.
 */
const RECORDINGS: readonly [
  string,
  { readonly single: RegExp | null; readonly process: RegExp | null },
][] = [
  ["18-400-while-running-comfy-killed", { single: null, process: null }],
  // A single look cannot see a backend that was deleted before it.
  ["18-400-while-running-deletebackend", { single: /straight to ComfyUI/, process: null }],
  ["18-400-while-running-editbackend", { single: null, process: null }],
  ["18-400-while-running-model-load", { single: null, process: null }],
  ["18-400-while-running-restart-one-live", { single: null, process: null }],
  ["18-400-while-running-restartbackends", { single: null, process: null }],
  ["18-400-while-running-toggle-one-live", { single: null, process: null }],
  ["18-400-while-running-togglebackend", { single: null, process: null }],
  ["18-allowidle-comfyui-killed-in-a-run", { single: null, process: null }],
  ["18-allowidle-comfyui-stopped-at-rest", { single: null, process: null }],
  // SwarmUI has not reached it for a long time: for every observer it is off.
  ["18-allowidle-flipped-and-comfy-hangs", { single: null, process: /is idle: it is taken/ }],
  ["18-allowidle-flips-after-node", { single: null, process: null }],
  ["18-allowidle-flips-after-validate", { single: null, process: null }],
  ["18-allowidle-model-load-fails", { single: null, process: null }],
  ["18-disabled-comfyui-api", { single: null, process: null }],
  ["18-errored-comfyui-api", { single: null, process: null }],
  ["18-hang-in-step", { single: null, process: null }],
  ["18-hang-sigstop", { single: null, process: null }],
  ["18-remote-swarm-one", { single: null, process: null }],
];

for (const [name, { single, process }] of RECORDINGS) {
  Deno.test(`detect() over ${name} says idle only where the table allows it`, async () => {
    const { samples } = await readTranscript(name);
    let moments = 0;
    for (const [isOneProcess, allowed] of [[false, single], [true, process]] as const) {
      const reports = await playThrough(samples, isOneProcess);
      moments += reports.length;
      for (const { verdict, basis, blindSpots, takenAt } of reports) {
        if (verdict !== "idle") continue;
        assert(allowed !== null, `idle at ${takenAt}, not visible: ${blindSpots.join("; ")}`);
        assertEquals(basis, "at_least");
        assert(blindSpots.some((spot) => allowed.test(spot)), blindSpots.join("; "));
      }
    }
    assert(moments > 0 || !name.includes("400"), "no moment at which a ComfyUI worked");
  });
}
