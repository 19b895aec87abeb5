/** How far the server's answers reach: what they cover and what they cannot see. Pure. */
import { showsWork } from "../generation/counters.ts";
import type { Answer } from "./answer.ts";
import type { GlobalReading, ServerReading } from "./server_tier.ts";
import { remainingJobs } from "./server_tier.ts";
import type { Backend } from "./swarm_server.ts";
import { isComfyBackend } from "./swarm_server.ts";
import type { ComfyCoverage, Reach } from "./verdict.ts";

/** Jobs that SwarmUI's counters never show. */
export const COMFY_BLIND_SPOT =
  "interrupted work that still winds down, and jobs sent straight to ComfyUI";

/** Says how the server took our questions as a whole; a web page is no answer of SwarmUI's. */
export function judgeReach(reading: ServerReading): Reach {
  const answers = allAnswers(reading);
  if (answers.some(({ answered }) => answered)) return "online";
  const reasons = new Set(answers.map((answer) => answer.answered ? null : answer.reason));
  if (reasons.has("refused")) return "refused";
  if (
    reasons.has("not_permitted") || reasons.has("not_supported") || reasons.has("server_error")
  ) return "online";
  return reasons.has("permission") ? "not_asked" : "offline";
}

function allAnswers(reading: ServerReading): readonly Answer<unknown>[] {
  return [
    ...reading.globals.map(({ answer }) => answer),
    reading.backends,
    ...(reading.models === null ? [] : [reading.models]),
    reading.resources,
    ...reading.queues.map(({ answer }) => answer),
    ...(reading.firstQueue === null ? [] : [reading.firstQueue]),
    ...reading.sessions.flatMap((session) => [...session.values()]),
  ];
}

/** Says what the counters of the whole server show: work, if any reading shows work. */
export function judgeGlobal(globals: readonly GlobalReading[]): "work" | "zero" | "unseen" {
  const answered = globals.flatMap(({ answer }) => answer.answered ? [answer.value] : []);
  if (answered.length === 0) return "unseen";
  if (answered.some(showsWork)) return "work";
  return answered.length === globals.length ? "zero" : "unseen";
}

/** What ComfyUI's queues cover. */
export interface ComfyView {
  readonly coverage: ComfyCoverage;
  /** Every backend that can hold work is ComfyUI and has answered. */
  readonly coversAll: boolean;
}

/** Says what ComfyUI's queues show and whether they cover every backend. */
export function judgeComfy(reading: ServerReading): ComfyView {
  const { backends, queues, firstQueue } = reading;
  const firstJobs = firstQueue?.answered && !firstQueue.value.dead ? firstQueue.value.remaining : 0;
  const hasJobs = remainingJobs(queues) > 0 || firstJobs > 0;
  if (!backends.answered) {
    const refused = firstQueue !== null && !firstQueue.answered &&
      firstQueue.reason === "not_permitted";
    const coverage = refused ? "not_permitted" : "incomplete";
    return { coverage: hasJobs ? "work" : coverage, coversAll: false };
  }
  const comfy = backends.value.filter(isComfyBackend);
  if (comfy.length === 0) return { coverage: "none", coversAll: false };
  const silent = queues.filter(({ answer }) => !answer.answered);
  const coversAll = silent.length === 0 &&
    backends.value.every((backend) =>
      isOff(backend) || (isComfyBackend(backend) && !isStarting(backend))
    );
  if (hasJobs) return { coverage: "work", coversAll };
  if (comfy.some(isStarting)) return { coverage: "incomplete", coversAll };
  if (silent.length === 0) return { coverage: "zero", coversAll };
  const refused = silent.every(({ answer }) =>
    !answer.answered && answer.reason === "not_permitted"
  );
  return { coverage: refused ? "not_permitted" : "incomplete", coversAll };
}

/** A backend that is about to take work, whose ComfyUI may already hold some. */
function isStarting(backend: Backend): boolean {
  return backend.status !== "running" && !isOff(backend);
}

/** A backend that holds no work: `idle` means unreachable (`swarmui-protocol.md §6`). */
function isOff(backend: Backend): boolean {
  return backend.status === "disabled" || backend.status === "errored" ||
    backend.status === "idle";
}

/** Lists, for people, what could be running without being seen. */
export function listBlindSpots(reading: ServerReading, reach: Reach): readonly string[] {
  if (reach !== "online") return ["everything on the server"];
  const spots: string[] = [];
  if (judgeGlobal(reading.globals) === "unseen") {
    spots.push("work of other users and clients that has not reached ComfyUI");
  }
  const { coverage } = judgeComfy(reading);
  if (coverage === "none" || coverage === "not_permitted") spots.push(COMFY_BLIND_SPOT);
  if (!reading.backends.answered) {
    if (coverage !== "not_permitted") spots.push(COMFY_BLIND_SPOT);
    return spots;
  }
  for (const backend of reading.backends.value) {
    const name = `backend ${backend.id} (${backend.type})`;
    if (!isComfyBackend(backend)) {
      if (!isOff(backend)) spots.push(`${name}: work that did not come through this server`);
    } else if (isOff(backend)) {
      spots.push(`${name} is ${backend.status}: it is taken to hold no work`);
    } else if (isStarting(backend)) {
      spots.push(`${name} is ${backend.status}: jobs in its ComfyUI`);
    }
  }
  for (const { backend, answer } of reading.queues) {
    const name = `backend ${backend.id} (${backend.type})`;
    if (answer.answered) {
      if (answer.value.dead) spots.push(`${name}: its ComfyUI is dead, so it holds no work`);
    } else if (coverage !== "not_permitted") {
      spots.push(`${name}: jobs in its ComfyUI, which did not answer (${answer.reason})`);
    }
  }
  return spots;
}
