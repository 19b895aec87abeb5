/** A server's answers for tests; fields that a test does not give have ordinary values. */
import type { Answer, NoAnswer, NoAnswerReason } from "../../src/detection/answer.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { Backend, ComfyQueue } from "../../src/detection/swarm_server.ts";
import type { Counters } from "../../src/generation/server/counters.ts";

/** An answer that took 2 ms. */
export function answered<T>(value: T): Answer<T> {
  return { answered: true, value, elapsedMs: 2 };
}

/** No answer, after 1 ms. */
export function unanswered(reason: NoAnswerReason, more: Partial<NoAnswer> = {}): NoAnswer {
  return { answered: false, reason, elapsedMs: 1, ...more };
}

/** Counters; those not named are zero. */
export function counters(changes: Partial<Counters> = {}): Counters {
  return { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0, ...changes };
}

/** `images` outstanding image runs, of which `live` hold a backend. */
export function work(images: number, live: number = Math.min(images, 1)): Counters {
  return counters({ waitingGens: images, liveGens: live });
}

/** Nothing to do. */
export const QUIET: Counters = counters();

/** A ComfyUI backend that is ready. */
export function comfyBackend(changes: Partial<Backend> = {}): Backend {
  return {
    id: 0,
    type: "comfyui_selfstart",
    title: "",
    status: "running",
    enabled: true,
    modelLoaded: "sdxl/base.safetensors",
    gpu: null,
    secondsSinceUsed: 3,
    ...changes,
  };
}

/** A ready backend that is another SwarmUI. */
export function remoteBackend(changes: Partial<Backend> = {}): Backend {
  return comfyBackend({ id: 9, type: "swarmswarmbackend", ...changes });
}

/** A child that a remote SwarmUI brought along. */
export function childBackend(changes: Partial<Backend> = {}): Backend {
  return remoteBackend({
    id: -1,
    title: "[Remote from 9: studio] gpu",
    secondsSinceUsed: null,
    ...changes,
  });
}

/** A living ComfyUI with this many jobs. */
export function queueOf(remaining: number): ComfyQueue {
  return { kind: "jobs", remaining };
}

/** The answers of a quiet server with one ready ComfyUI backend. */
export function sampleReading(changes: Partial<ServerReading> = {}): ServerReading {
  const backend = comfyBackend();
  return {
    globals: [{ answer: answered(QUIET), askedAtMs: 0 }],
    backends: answered([backend]),
    listed: { askedAtMs: 0, answeredAtMs: 2 },
    vanished: [],
    models: null,
    resources: answered({ cpuUsage: null, ramUsedBytes: null, gpus: [] }),
    queues: [{ backend, answer: answered(queueOf(0)) }],
    queuesAgain: [],
    firstQueue: null,
    sessions: [],
    ...changes,
  };
}

/** Answers about the server-wide counters, one after another. */
export function globals(...values: readonly Counters[]): ServerReading["globals"] {
  return values.map((value) => ({ answer: answered(value), askedAtMs: 0 }));
}
