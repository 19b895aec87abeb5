/** Reads the list of backends, and the ComfyUI queue of each one that can be asked. */
import type { Clock } from "../generation/clock.ts";
import type { Answer } from "./answer.ts";
import { mapBounded } from "./map_bounded.ts";
import type { Backend, ComfyQueue, SwarmServer } from "./swarm_server.ts";
import { controllerOf, isChild, isComfyBackend, jobsIn } from "./swarm_server.ts";

/** How many questions may be open at the same time. */
const PARALLEL = 16;
/** How long all the questions together may take, in milliseconds. */
const ROUND_MS = 10_000;

/** When a list of backends was asked for and answered, on the monotonic clock, in milliseconds. */
export interface ListTimes {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** ComfyUI's queue of one backend. */
export interface QueueReading {
  readonly backend: Backend;
  readonly answer: Answer<ComfyQueue>;
  /** Set if ComfyUI's own socket told of jobs that were not read (`QueuePushes`). */
  readonly isTold?: true;
}

/** A list of backends. */
export interface ListReading {
  /** Asked for a second time if a running backend withheld its queue. */
  readonly backends: Answer<readonly Backend[]>;
  readonly listed: ListTimes;
  /** Backends of the first list that were gone from the second. */
  readonly vanished: readonly Backend[];
}

/** ComfyUI jobs in all queues that answered. */
export function remainingJobs(queues: readonly QueueReading[]): number {
  return queues.reduce((sum, { answer }) => sum + (jobsIn(answer) ?? 0), 0);
}

/** Asks for the list. */
export async function readList(server: SwarmServer, clock: Clock): Promise<ListReading> {
  const askedAtMs = clock.monotonicMs();
  const backends = await server.backends();
  return { backends, listed: { askedAtMs, answeredAtMs: clock.monotonicMs() }, vanished: [] };
}

/**
 * Chooses whose queue is asked: every running ComfyUI, and one running child of each remote
 * SwarmUI, since all of its children give the same answer (`swarmui-protocol.md §20.4`).
 */
export function probed(backends: Answer<readonly Backend[]>): readonly Backend[] {
  if (!backends.answered) return [];
  const running = backends.value.filter(({ status }) => status === "running");
  const children = new Map<number | null, Backend>();
  for (const child of running.filter(isChild)) {
    const owner = controllerOf(child);
    const known = children.get(owner);
    if (known === undefined || known.id < child.id) children.set(owner, child);
  }
  return [...running.filter(isComfyBackend), ...children.values()];
}

/** Asks the queues of backends, 16 at a time. */
export async function readQueues(
  { server, clock }: { readonly server: SwarmServer; readonly clock: Clock },
  backends: readonly Backend[],
): Promise<readonly QueueReading[]> {
  const ask = limitTime(clock);
  return await mapBounded(backends, PARALLEL, async (backend) => ({
    backend,
    answer: await ask(() => server.comfyQueue(backend.id)),
  }));
}

/**
 * Asks running backends again if they withheld their queue. A backend at rest does so for 50 ms
 * while it restarts. One that does so twice is full, and about to be restarted or switched off
 * (`swarmui-protocol.md §20.2`).
 */
export async function askAgain(by: { readonly server: SwarmServer; readonly clock: Clock }, seen: {
  readonly list: ListReading;
  readonly queues: readonly QueueReading[];
}): Promise<ListReading & { readonly queues: readonly QueueReading[] }> {
  const { list, queues } = seen;
  const withheld = new Set(queues.filter(isWithheld).map(({ backend }) => backend.id));
  if (!list.backends.answered || withheld.size === 0) return { ...list, queues };
  const second = await readList(by.server, by.clock);
  const settled = queues.filter((one) => !isWithheld(one));
  // Without the second list nothing is known of the backends that withheld their queue.
  if (!second.backends.answered) return { ...list, queues: settled };
  const known = new Set(settled.map(({ backend }) => backend.id));
  const again = probed(second.backends).filter(({ id }) => !known.has(id));
  const ids = new Set(second.backends.value.map(({ id }) => id));
  return {
    ...second,
    vanished: list.backends.value.filter(({ id }) => withheld.has(id) && !ids.has(id)),
    queues: [...settled, ...await readQueues(by, again)],
  };
}

function isWithheld({ answer, backend }: QueueReading): boolean {
  // A child's answer without jobs proves nothing, so asking it again would not help.
  return answer.answered && answer.value.kind === "withheld" && !isChild(backend);
}

/**
 * Lets questions be asked for `ROUND_MS`. Later ones are not asked and count as not answered in
 * time, so that a hundred backends that hang do not take a hundred time-outs.
 */
function limitTime(clock: Clock): <T>(put: () => Promise<Answer<T>>) => Promise<Answer<T>> {
  const endMs = clock.monotonicMs() + ROUND_MS;
  return (put) =>
    clock.monotonicMs() < endMs ? put() : Promise.resolve({
      answered: false,
      reason: "timeout",
      message: "the questions before it took all the time",
      elapsedMs: 0,
    });
}
