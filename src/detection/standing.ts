/**
 * What each backend adds to the verdict while SwarmUI's counters say zero: the table of backends in
 * `docs/detection.md`, row by row (`swarmui-protocol.md §20.1–20.4`). Pure.
 */
import type { Answer } from "./answer.ts";
import type { Backend, ComfyQueue } from "./swarm_server.ts";
import {
  controllerOf,
  isChild,
  isComfyBackend,
  isRemoteBackend,
  jobsIn,
  UNREADABLE,
} from "./swarm_server.ts";

/** For how long a switched-off ComfyUI may go on working, in milliseconds. */
export const SWITCHED_OFF_MS = 600_000;
/**
 * For how many seconds after a child's last use the ComfyUIs of its remote SwarmUI may still be
 * winding down.
 */
const REMOTE_SECONDS = 60;

/** Jobs that SwarmUI's counters never show. */
export const COMFY_BLIND_SPOT =
  "interrupted work that still winds down, and jobs sent straight to ComfyUI";

/** Said of a ComfyUI that was asked and is not running. */
const DEAD = "its ComfyUI is dead, so it has no work";

/** Why a backend may hold work that nobody can see. Each cause passes by itself. */
export type DoubtCause =
  /** It is loading or waiting, or what it does cannot be read. */
  | "starting"
  /** It became `idle` a moment ago, which also happens after a failed run. */
  | "settling"
  /** It was switched off or broke a moment ago, and its ComfyUI may still be working. */
  | "switched_off"
  /** A remote SwarmUI's backend was used a moment ago. */
  | "remote"
  /** Its ComfyUI was asked and gave no answer. */
  | "no_answer"
  /** It was deleted while it had work, and its ComfyUI may still be working. */
  | "vanished";

/** What a backend adds to the verdict. `spot`: for people, what could run there unseen. */
export type Standing =
  /** Its ComfyUI said that it has nothing to do. */
  | { readonly kind: "at_rest" }
  /** Its ComfyUI has jobs; `isReserved`: SwarmUI keeps it full until it is restarted or gone. */
  | { readonly kind: "at_work"; readonly isReserved: boolean; readonly spot?: string }
  /** It is assumed to have no work, although nobody has seen that. */
  | { readonly kind: "unseen"; readonly spot: string }
  /** It may have work. `why`: for people, a sentence about it. */
  | {
    readonly kind: "doubtful";
    readonly cause: DoubtCause;
    readonly spot: string;
    readonly why: string;
  };

/** What is known besides the list of backends. Times are epoch milliseconds. */
export interface BackendSight {
  /** The last answer of each queue that was asked, by backend id. */
  readonly queues: ReadonlyMap<number, Answer<ComfyQueue>>;
  /** Backends that were `idle` in every look of the last 6 s. */
  readonly settled: ReadonlySet<number>;
  /** When each backend was first seen switched off; without an entry this is not known. */
  readonly offSince: ReadonlyMap<number, number>;
  readonly nowMs: number;
}

/**
 * Says what each backend of this server adds, by backend id. Children count as a part of their
 * remote SwarmUI.
 */
export function judgeStandings(
  backends: readonly Backend[],
  sight: BackendSight,
): ReadonlyMap<number, Standing> {
  const standings = new Map<number, Standing>();
  const controllers = new Set(backends.filter((one) => !isChild(one)).map(({ id }) => id));
  const families = Map.groupBy(backends.filter(isChild), controllerOf);
  for (const backend of backends) {
    const owner = isChild(backend) ? controllerOf(backend) : null;
    if (owner !== null && controllers.has(owner)) continue;
    const children = families.get(backend.id) ?? [];
    standings.set(backend.id, judgeStanding(backend, { children, sight }));
  }
  return standings;
}

function judgeStanding(backend: Backend, about: {
  readonly children: readonly Backend[];
  readonly sight: BackendSight;
}): Standing {
  const { sight } = about;
  const { status } = backend;
  // A socket that was opened before tells of the jobs of a backend that SwarmUI does not ask (§20.12).
  if (isComfyBackend(backend) && (jobsIn(sight.queues.get(backend.id)) ?? 0) > 0) {
    return { kind: "at_work", isReserved: false };
  }
  if (status === "loading" || status === "waiting") return starting(backend);
  if (status === "idle") {
    return sight.settled.has(backend.id) ? takenFree(backend) : {
      kind: "doubtful",
      cause: "settling",
      spot: unseenJobs(backend),
      why: `backend ${backend.id} is idle, which SwarmUI also says for up to 5 s after a failure`,
    };
  }
  if (status === UNREADABLE) return starting(backend);
  if (isRemoteBackend(backend)) return judgeRemote(backend, about);
  if (!isComfyBackend(backend)) {
    return {
      kind: "unseen",
      spot: `${nameOf(backend)}: work that did not come through this server`,
    };
  }
  if (isSwitchedOff(backend)) return judgeOff(backend, sight);
  // A status that this tool does not know: it may have work.
  return status === "running" ? judgeComfy(backend, sight) : starting(backend);
}

function starting(backend: Backend): Standing {
  return {
    kind: "doubtful",
    cause: "starting",
    spot: unseenJobs(backend),
    why: `backend ${backend.id} is ${backend.status}`,
  };
}

/** Says whether a backend's ComfyUI was asked and is dead. */
export function isDead(standing: Standing): boolean {
  return standing.kind === "unseen" && standing.spot.endsWith(DEAD);
}

/** Says whether a ComfyUI backend is off, so that SwarmUI no longer asks its ComfyUI. */
export function isSwitchedOff(backend: Backend): boolean {
  return isComfyBackend(backend) &&
    (backend.status === "disabled" || backend.status === "errored");
}

/** Judges a running ComfyUI by the answer of its queue. */
function judgeComfy(backend: Backend, { queues }: BackendSight): Standing {
  const name = nameOf(backend);
  const answer = queues.get(backend.id);
  if (!answer?.answered) {
    return answer?.reason === "not_permitted" ? { kind: "unseen", spot: COMFY_BLIND_SPOT } : {
      kind: "doubtful",
      cause: "no_answer",
      spot: `${name}: jobs in its ComfyUI, which did not answer` +
        (answer === undefined ? "" : ` (${answer.reason})`),
      why: "not every ComfyUI queue answered",
    };
  }
  switch (answer.value.kind) {
    case "jobs":
      return answer.value.remaining > 0
        ? { kind: "at_work", isReserved: false }
        : { kind: "at_rest" };
    case "dead":
      return { kind: "unseen", spot: `${name}: ${DEAD}` };
    case "withheld":
      // It is still running after it was asked twice: it is full, and about to be restarted or
      // switched off.
      return { kind: "at_work", isReserved: true };
    default:
      return answer.value satisfies never;
  }
}

/** Switching a backend off does not stop its ComfyUI. */
function judgeOff(backend: Backend, { offSince, nowMs }: BackendSight): Standing {
  const usedMs = backend.secondsSinceUsed === null
    ? -Infinity
    : nowMs - backend.secondsSinceUsed * 1000;
  const sinceMs = Math.max(usedMs, offSince.get(backend.id) ?? -Infinity);
  if (nowMs - sinceMs >= SWITCHED_OFF_MS) return takenFree(backend);
  return {
    kind: "doubtful",
    cause: "switched_off",
    spot: `${nameOf(backend)} is ${backend.status}: jobs that its ComfyUI still has`,
    why: `backend ${backend.id} is ${backend.status}, and its ComfyUI may work on for a while ` +
      `(${SWITCHED_OFF_MS / 60_000} min are allowed for that)`,
  };
}

/** Judges another SwarmUI, whose answers never show all of its work. */
function judgeRemote(backend: Backend, { children, sight }: {
  readonly children: readonly Backend[];
  readonly sight: BackendSight;
}): Standing {
  const all = isChild(backend) ? [backend] : children;
  const answers = all.flatMap(({ id }) => sight.queues.get(id) ?? []);
  const jobs = answers.flatMap((answer) => jobsIn(answer) ?? []);
  const spot = `${nameOf(backend)}: what its own users do, and work on its other ComfyUIs ` +
    "(ask it directly, with its own address as --api-url)";
  if (jobs.some((remaining) => remaining > 0)) return { kind: "at_work", isReserved: false, spot };
  const wasUsed = all.some(({ secondsSinceUsed }) =>
    secondsSinceUsed !== null && secondsSinceUsed <= REMOTE_SECONDS
  );
  // The queue of an only child is the queue of everything it has. A child without an answer may
  // have siblings.
  const isSeen = !isChild(backend) && all.length === 1 && jobs.length === 1;
  return !wasUsed || isSeen ? { kind: "unseen", spot } : {
    kind: "doubtful",
    cause: "remote",
    spot,
    why:
      `backend ${backend.id} is another SwarmUI that was used less than ${REMOTE_SECONDS} s ago, ` +
      "and may still wind down",
  };
}

function unseenJobs(backend: Backend): string {
  const where = isComfyBackend(backend) ? "jobs in its ComfyUI" : "its own work";
  return `${nameOf(backend)} is ${backend.status}: ${where}`;
}

function takenFree(backend: Backend): Standing {
  const spot = `${nameOf(backend)} is ${backend.status}: it is assumed to have no work`;
  return { kind: "unseen", spot };
}

/** What people call a backend: `backend 1 (comfyui_api)`. */
export function nameOf({ id, type }: Pick<Backend, "id" | "type">): string {
  return `backend ${id} (${type})`;
}
