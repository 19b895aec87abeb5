/**
 * Compares the server's work with this tool's records: how much of it they explain. Pure.
 *
 * Counters, sessions and queues are read at different times. Each is read twice and the smaller
 * difference counts, so work that moves while it is read never looks like untracked work.
 */
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import type { JudgedRecord } from "./judge.ts";
import type { QueueReading } from "./queue_reading.ts";
import { remainingJobs } from "./queue_reading.ts";
import type { ServerReading } from "./server_tier.ts";
import { countedJobs } from "./server_tier.ts";
import type { SessionReading } from "./session_reading.ts";
import type { Backend } from "./swarm_server.ts";
import { controllerOf, isChild, isComfyBackend, jobsIn } from "./swarm_server.ts";

/** Image runs on the whole server; `null`: not known. */
export interface Images {
  readonly outstanding: number | null;
  readonly running: number | null;
  readonly queued: number | null;
  readonly loadingModels: number | null;
  /** Outstanding runs that no record explains. */
  readonly untracked: number | null;
  /** How many of `untracked` are running. */
  readonly untrackedRunning: number | null;
  /** Model loads that no record explains. */
  readonly untrackedLoading: number | null;
}

/** ComfyUI's jobs; `null`: not known. */
export interface ComfyJobs {
  readonly remaining: number | null;
  /** Sent straight to ComfyUI, or the rest of an interrupted run. */
  readonly unattributed: number | null;
}

/** The work of the whole server, compared with our records. */
export interface WorkSummary {
  readonly images: Images;
  readonly comfyJobs: ComfyJobs;
  /** Work that no record explains: image runs, model loads. */
  readonly hasUntracked: boolean;
  /** The readings disagree: there may be untracked work or jobs although none could be shown. */
  readonly mayHaveUntracked: boolean;
}

/**
 * Compares the server's counters with the running generations. Work that an uncertain record may
 * explain does not count as untracked.
 *
 * @param records.unread How many records were not read: nobody can say how much of the work is
 * theirs.
 */
export function mergeWork(
  reading: ServerReading,
  judged: readonly JudgedRecord[],
  records: { readonly unread: number } = { unread: 0 },
): WorkSummary {
  const globals = reading.globals.flatMap(({ answer }) => answer.answered ? [answer.value] : []);
  const { jobs: comfyJobs, mayHaveMore } = mergeComfy(reading, globals);
  const [first] = globals;
  if (first === undefined) {
    return { images: UNKNOWN_IMAGES, comfyJobs, hasUntracked: false, mayHaveUntracked: false };
  }
  const shown = [...globals].reverse().find(showsWork) ?? first;
  const ready = reading.backends.answered ? countReady(reading.backends.value) : null;
  const own = explain(reading.sessions, judged);
  const explainsAll = own.explainsAll || records.unread > 0;
  const rest = explainsAll ? NOTHING : {
    waitingGens: Math.max(0, unexplained("waitingGens", globals, own.sums) - own.unaskedImages),
    liveGens: unexplained("liveGens", globals, own.sums),
    // The model may be loading for a record whose session cannot be asked.
    loadingModels: own.unaskedImages > 0 ? 0 : unexplained("loadingModels", globals, own.sums),
  };
  const hasUntracked = rest.waitingGens > 0 || rest.loadingModels > 0;
  return {
    images: {
      outstanding: shown.waitingGens,
      ...splitRunning(shown.waitingGens, shown.liveGens, ready),
      loadingModels: shown.loadingModels,
      untracked: rest.waitingGens,
      untrackedRunning: splitRunning(rest.waitingGens, rest.liveGens, ready).running,
      untrackedLoading: rest.loadingModels,
    },
    comfyJobs,
    hasUntracked,
    mayHaveUntracked: mayHaveMore || (!explainsAll && !hasUntracked &&
      isAlwaysShort(globals, own.sums, own.unaskedImages)),
  };
}

const UNKNOWN_IMAGES: Images = {
  outstanding: null,
  running: null,
  queued: null,
  loadingModels: null,
  untracked: null,
  untrackedRunning: null,
  untrackedLoading: null,
};
const NOTHING = { waitingGens: 0, liveGens: 0, loadingModels: 0 };

/** Counts the backends that can work. Each makes one image at a time. */
export function countReady(backends: readonly Backend[]): number {
  return withChildrenOnly(backends.filter(({ status }) => status === "running")).length;
}

/** Leaves out each remote SwarmUI that has children here: these run its images. */
export function withChildrenOnly(backends: readonly Backend[]): readonly Backend[] {
  const owners = new Set(backends.filter(isChild).map(controllerOf));
  return backends.filter(({ id }) => !owners.has(id));
}

/**
 * A ComfyUI backend takes a second image into its queue, so at most as many run as there are
 * backends.
 */
function splitRunning(
  outstanding: number,
  live: number,
  readyBackends: number | null,
): { readonly running: number | null; readonly queued: number | null } {
  const most = Math.min(outstanding, live);
  if (most > 0 && readyBackends === null) return { running: null, queued: null };
  const running = Math.min(most, readyBackends ?? 0);
  return { running, queued: outstanding - running };
}

interface Explained {
  /** For each reading, the sum over the sessions of all running records. */
  readonly sums: readonly Counters[];
  /** Images that records without an answering session may still be waiting for. */
  readonly unaskedImages: number;
  /** A foreign record is running: nobody can say how much of the work is its own. */
  readonly explainsAll: boolean;
}

function explain(
  sessions: readonly SessionReading[],
  judged: readonly JudgedRecord[],
): Explained {
  const running = judged.filter(({ liveness }) => liveness.kind === "running");
  let unaskedImages = 0;
  for (const { record, session, liveness } of judged) {
    // Its session could have been asked, but there was no time, so what it explains is not known.
    if (liveness.kind === "ended" || (liveness.kind === "uncertain" && session === null)) continue;
    if (sessions.some((reading) => reading.get(record.id)?.answered)) continue;
    unaskedImages += Math.max(0, (record.imagesTotal ?? 0) - (record.imagesDone ?? 0));
  }
  const sums = sessions.map((reading) => {
    const sum = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };
    for (const { record } of running) {
      const answer = reading.get(record.id);
      if (!answer?.answered || answer.value === "gone") continue;
      sum.waitingGens += answer.value.waitingGens;
      sum.loadingModels += answer.value.loadingModels;
      sum.waitingBackends += answer.value.waitingBackends;
      sum.liveGens += answer.value.liveGens;
    }
    return sum;
  });
  return { sums, unaskedImages, explainsAll: running.some(({ record }) => record.foreign) };
}

function unexplained(
  counter: keyof Counters,
  globals: readonly Counters[],
  sums: readonly Counters[],
): number {
  const total = Math.min(...globals.map((counters) => counters[counter]));
  const own = Math.max(0, ...sums.map((counters) => counters[counter]));
  return Math.max(0, total - own);
}

/** True if the counters are above what the records explain in each single reading. */
function isAlwaysShort(
  globals: readonly Counters[],
  sums: readonly Counters[],
  unaskedImages: number,
): boolean {
  return globals.every((counters, index) =>
    counters.waitingGens > (sums[index]?.waitingGens ?? 0) + unaskedImages
  );
}

/** Jobs in ComfyUI beyond those that SwarmUI counts as live or as loading a model. */
function mergeComfy(
  { backends, queues, queuesAgain }: ServerReading,
  globals: readonly Counters[],
): { readonly jobs: ComfyJobs; readonly mayHaveMore: boolean } {
  // A child reports only its remote's first queue: those jobs count, but there may be more.
  if (!backends.answered || !hasQueue(queues) || !isComplete(queues)) {
    return { jobs: { remaining: null, unattributed: null }, mayHaveMore: false };
  }
  const remaining = remainingJobs(queues);
  const covered = backends.value.every((backend) =>
    backend.status !== "running" || isComfyBackend(backend)
  );
  // Told while the counters were read, or before: these jobs may be anybody's.
  if (queues.some(({ isTold }) => isTold === true)) {
    return { jobs: { remaining, unattributed: null }, mayHaveMore: true };
  }
  if (!covered || globals.length === 0) {
    return { jobs: { remaining, unattributed: null }, mayHaveMore: false };
  }
  const again = queuesAgain.length > 0 && isComplete(queuesAgain)
    ? remainingJobs(queuesAgain)
    : remaining;
  const counted = globals.map(countedJobs);
  const unattributed = Math.max(0, Math.min(remaining, again) - Math.max(...counted));
  const isAlwaysMore = counted.every((count, index) => (index === 0 ? remaining : again) > count);
  return { jobs: { remaining, unattributed }, mayHaveMore: unattributed === 0 && isAlwaysMore };
}

function hasQueue(queues: readonly QueueReading[]): boolean {
  return queues.some(({ answer, backend }) => isComfyBackend(backend) || (jobsIn(answer) ?? 0) > 0);
}

function isComplete(queues: readonly QueueReading[]): boolean {
  return queues.every(({ answer, backend }) =>
    isChild(backend) || (answer.answered && answer.value.kind !== "withheld")
  );
}
