/** What the server's answers cover and what they cannot see. Pure. */
import { showsWork } from "../generation/server/counters.ts";
import type { Answer } from "./answer.ts";
import type { GlobalReading, ServerReading } from "./server_tier.ts";
import type { Standing } from "./standing.ts";
import { COMFY_BLIND_SPOT } from "./standing.ts";
import { isComfyBackend, jobsIn } from "./swarm_server.ts";
import type { BackendsWork, Reach } from "./verdict.ts";

/** Says how the server answered as a whole. A web page does not count as an answer of SwarmUI. */
export function judgeReach(reading: ServerReading): Reach {
  const answers = allAnswers(reading);
  if (answers.some(({ answered }) => answered)) return "online";
  const reasons = new Set(answers.map((answer) => answer.answered ? null : answer.reason));
  if (reasons.has("refused")) return "refused";
  if (
    reasons.has("not_permitted") || reasons.has("not_supported") || reasons.has("server_error")
  ) return "online";
  return (["permission", "setting", "not_asked"] as const).some((reason) => reasons.has(reason))
    ? "not_asked"
    : "offline";
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

/** Says what the counters of the whole server show: work, if any of the readings shows work. */
export function judgeGlobal(globals: readonly GlobalReading[]): "work" | "zero" | "unseen" {
  const answered = globals.flatMap(({ answer }) => answer.answered ? [answer.value] : []);
  if (answered.length === 0) return "unseen";
  if (answered.some(showsWork)) return "work";
  return answered.length === globals.length ? "zero" : "unseen";
}

/** What all backends together add to the verdict. */
export interface BackendsView {
  readonly work: BackendsWork;
  /** Each backend itself said that it is at rest or at work. */
  readonly allSeen: boolean;
  /** All possible work would be in ComfyUI's queues, and all of these answered. */
  readonly queuesCoverAll: boolean;
  /** At least one of ComfyUI's queues answered. */
  readonly queuesTold: boolean;
}

/**
 * Says what the backends add to the verdict. Without the list of backends, the queue of the first
 * one can show work, but never that there is none. For a user who may ask neither, the counters
 * alone decide. A list that is missing for another reason may hide a working backend.
 */
export function viewBackends(
  reading: ServerReading,
  standings: readonly Standing[],
): BackendsView {
  const { backends, queues, firstQueue } = reading;
  if (!backends.answered) {
    const hasJobs = (jobsIn(firstQueue) ?? 0) > 0;
    const isRefused = backends.reason === "not_permitted" && firstQueue?.answered === false &&
      firstQueue.reason === "not_permitted";
    const work = hasJobs ? "some" : isRefused ? "none" : "unknown";
    return { work, allSeen: false, queuesCoverAll: false, queuesTold: hasJobs };
  }
  const has = (kind: Standing["kind"]): boolean => standings.some((one) => one.kind === kind);
  const work = has("at_work") ? "some" : has("doubtful") ? "unknown" : "none";
  const comfy = queues.filter(({ backend }) => isComfyBackend(backend));
  const isTold = comfy.length > 0 && comfy.every(({ answer }) => answer.answered);
  return {
    work,
    allSeen: standings.length > 0 && standings.every((one) => !("spot" in one)),
    queuesCoverAll: isTold && !has("doubtful") &&
      backends.value.every((one) => isComfyBackend(one) || one.status === "disabled"),
    queuesTold: has("at_work") || isTold,
  };
}

/** Lists, for people, what could be running without being seen. */
export function listBlindSpots(reading: ServerReading, seen: {
  readonly reach: Reach;
  readonly standings: readonly Standing[];
}): readonly string[] {
  if (seen.reach !== "online") return ["everything on the server"];
  const spots: string[] = [];
  if (judgeGlobal(reading.globals) === "unseen") {
    spots.push("work of other users and clients that has not reached ComfyUI");
  }
  const { backends } = reading;
  if (!backends.answered || !backends.value.some(isComfyBackend)) spots.push(COMFY_BLIND_SPOT);
  for (const standing of seen.standings) if ("spot" in standing) spots.push(standing.spot);
  return [...new Set(spots)];
}
