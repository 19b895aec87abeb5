/**
 * Turns readings into evidence: what each source saw, how long it took, and what it can see. Pure.
 */
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import type { Scope } from "../generation/records/store.ts";
import type { Answer } from "./answer.ts";
import type { JudgedRecord } from "./judge.ts";
import type { RecordsReading, ScopeReading } from "./records_tier.ts";
import type { Evidence } from "./report.ts";
import type { QueueReading } from "./queue_reading.ts";
import { remainingJobs } from "./queue_reading.ts";
import type { ServerReading } from "./server_tier.ts";

/** What the records of each scope tell about. */
export const SCOPE_SEES: Readonly<Record<Scope, string>> = {
  process: "generations of this process",
  directory: "generations that were started with this tool in this directory",
  user: "generations that this user started with this tool, in any directory",
  network:
    "generations that were started with this tool on every machine that shares the network scope",
};

/** Lists the evidence of all tiers. */
export function listEvidence(records: RecordsReading, about: {
  readonly judged: readonly JudgedRecord[];
  readonly reading: ServerReading;
}): readonly Evidence[] {
  const scopes = [...records.scopes].sort((a, b) => tierOrder(a) - tierOrder(b));
  return [
    ...scopes.map((scope) => recordsEvidence(scope, about.judged)),
    ...serverEvidence(about.reading),
  ];
}

function tierOrder({ scope }: ScopeReading): number {
  return scope === "process" ? 1 : 0;
}

function recordsEvidence(seen: ScopeReading, judged: readonly JudgedRecord[]): Evidence {
  const { scope, reading, elapsedMs } = seen;
  const tier = scope === "process" ? "process" : "records";
  const common = { tier, scope, elapsedMs, sees: SCOPE_SEES[scope] } as const;
  if (!reading.answered) {
    const { reason, message, needs } = reading;
    return {
      ...common,
      answered: false,
      reason,
      message,
      ...(needs === undefined ? {} : { needs }),
      detail: {},
    };
  }
  const here = judged.filter(({ scopes }) => scopes.includes(scope));
  const running = here.filter(({ liveness }) => liveness.kind === "running").length;
  const detail: Record<string, number> = scope === "process"
    ? { generations: running }
    : { records: reading.publications.length, running };
  if (reading.unread !== undefined) detail["unread"] = reading.unread;
  return {
    ...common,
    answered: true,
    detail,
    ...(reading.problems.length === 0 ? {} : { problems: reading.problems }),
  };
}

function serverEvidence(reading: ServerReading): readonly Evidence[] {
  const evidence: Evidence[] = reading.globals.map(({ answer }) =>
    fromAnswer("global_status", {
      sees: "images of all users, from the moment they are accepted",
      answer,
      detail: counterDetail,
    })
  );
  evidence.push(...comfyEvidence(reading), ...sessionEvidence(reading));
  evidence.push(fromAnswer("backend_status", {
    sees: "which backends are ready; not whether they work",
    answer: reading.backends,
    detail: (backends) => ({
      backends: backends.length,
      running: backends.filter(({ status }) => status === "running").length,
    }),
  }));
  if (reading.models !== null) {
    evidence.push(fromAnswer("models", {
      sees: "models on the server",
      answer: reading.models,
      detail: ({ count, loaded }) => ({ count, loaded }),
    }));
  }
  evidence.push(fromAnswer("resources", {
    sees: "processor, memory and GPU load of the server's machine, by any program",
    answer: reading.resources,
    detail: ({ gpus }) => ({ gpus: gpus.length }),
  }));
  return evidence;
}

/** All queues as one source: it counts as answered only if every queue answered. */
function comfyEvidence(reading: ServerReading): readonly Evidence[] {
  if (reading.firstQueue !== null) {
    return [fromAnswer("comfy_queue", {
      sees: "jobs in the ComfyUI of the first running backend only",
      answer: reading.firstQueue,
      detail: (queue) => ({ remaining: queue.kind === "jobs" ? queue.remaining : null }),
    })];
  }
  return [reading.queues, reading.queuesAgain].flatMap(queueEvidence);
}

function queueEvidence(queues: readonly QueueReading[]): readonly Evidence[] {
  const answers = queues.map(({ answer }) => answer);
  if (answers.length === 0) return [];
  const elapsedMs = Math.max(...answers.map((answer) => answer.elapsedMs));
  const silent = answers.find((answer) => !answer.answered);
  const all: Answer<number> = silent !== undefined && !silent.answered
    ? { ...silent, elapsedMs }
    : { answered: true, value: remainingJobs(queues), elapsedMs };
  return [fromAnswer("comfy_queue", {
    sees: "jobs in ComfyUI, wherever they came from; not work that has not reached a backend yet",
    answer: all,
    detail: (remaining) => ({ backends: answers.length, remaining }),
  })];
}

function sessionEvidence(reading: ServerReading): readonly Evidence[] {
  const last = reading.sessions.at(-1);
  if (last === undefined) return [];
  const answers = [...last.values()];
  const silent = answers.find((answer) => !answer.answered);
  const elapsedMs = Math.max(...answers.map((answer) => answer.elapsedMs));
  const working =
    answers.filter((answer) =>
      answer.answered && answer.value !== "gone" && showsWork(answer.value)
    ).length;
  const answer: Answer<number> = silent !== undefined && !silent.answered
    ? { ...silent, elapsedMs }
    : { answered: true, value: working, elapsedMs };
  return [fromAnswer("session_status", {
    sees: "images of those generations whose records this user has",
    answer,
    detail: (count) => ({ sessions: answers.length, working: count }),
  })];
}

function counterDetail(counters: Counters): Evidence["detail"] {
  return {
    waiting_gens: counters.waitingGens,
    loading_models: counters.loadingModels,
    waiting_backends: counters.waitingBackends,
    live_gens: counters.liveGens,
  };
}

function fromAnswer<T>(source: string, about: {
  readonly sees: string;
  readonly answer: Answer<T>;
  readonly detail: (value: T) => Evidence["detail"];
}): Evidence {
  const { sees, answer } = about;
  const common = { tier: "server", source, elapsedMs: answer.elapsedMs, sees } as const;
  if (answer.answered) return { ...common, answered: true, detail: about.detail(answer.value) };
  return {
    ...common,
    answered: false,
    reason: answer.reason,
    ...(answer.needs === undefined ? {} : { needs: answer.needs }),
    ...(answer.message === undefined ? {} : { message: answer.message }),
    ...(answer.putOff === undefined ? {} : { putOff: answer.putOff }),
    detail: {},
  };
}
