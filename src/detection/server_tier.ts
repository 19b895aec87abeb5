/**
 * Tier 3: what the server says, in rounds. Each source is blind to something that the next one
 * sees (`docs/detection.md`), so all are asked every time.
 *
 * Order matters: work leaves SwarmUI's counters before it leaves ComfyUI, so ComfyUI's queues are
 * asked only after the counters have answered; the other way round a run could slip between both.
 */
import type { Clock } from "../generation/clock.ts";
import type { Counters } from "../generation/counters.ts";
import { showsWork } from "../generation/counters.ts";
import type { Answer, NoAnswer } from "./answer.ts";
import type { ListReading, QueueReading } from "./queue_reading.ts";
import { askAgain, probed, readList, readQueues, remainingJobs } from "./queue_reading.ts";
import type { SeenRecord } from "./records_tier.ts";
import type { SessionReading } from "./session_reading.ts";
import { readSessions, withSession } from "./session_reading.ts";
import type { ComfyQueue, ModelTotals, ServerResources, SwarmServer } from "./swarm_server.ts";

/** A reading of the counters of the whole server. */
export interface GlobalReading {
  readonly answer: Answer<Counters>;
  /** When it was asked; on the monotonic clock, milliseconds. */
  readonly askedAtMs: number;
}

/** All that the server said. */
export interface ServerReading extends ListReading {
  /** One reading, or two where work was seen or a record's owner is not seen to live. */
  readonly globals: readonly GlobalReading[];
  /** `null`: was not to be asked. */
  readonly models: Answer<ModelTotals> | null;
  readonly resources: Answer<ServerResources>;
  /** Of every ComfyUI backend that says it runs, and of one child of each remote SwarmUI. */
  readonly queues: readonly QueueReading[];
  /** The same, a moment later; empty unless there were more jobs than the counters show. */
  readonly queuesAgain: readonly QueueReading[];
  /** Of the first running backend, where the list of backends could not be had. */
  readonly firstQueue: Answer<ComfyQueue> | null;
  /** As many readings as of the counters, unless no record's session was to be asked. */
  readonly sessions: readonly SessionReading[];
}

/** Asks the server all questions, in rounds: two of a quiet server, at most four. */
export async function readServer(server: SwarmServer, about: {
  /** This server's records, newest first; called once, when the first round is over. */
  readonly records: () => Promise<readonly SeenRecord[]>;
  readonly models: boolean;
  readonly clock: Clock;
}): Promise<ServerReading> {
  const { clock } = about;
  // Round 1. Models and resources are waited for at the very end: nothing depends on them.
  const models = about.models ? server.modelTotals() : null;
  const resources = server.resources();
  const [first, list] = await Promise.all([
    readGlobal(server, clock),
    readList(server, clock),
  ]);
  const seen = await about.records();

  // Round 2.
  const isSilent = isAway(first.answer) && isAway(list.backends);
  const sessionsNeeded = !first.answer.answered || showsWork(first.answer.value);
  const asked = sessionsNeeded && !isSilent ? withSession(seen) : [];
  const [firstQueues, firstQueue, sessions] = await Promise.all([
    readQueues({ server, clock }, probed(list.backends)),
    list.backends.answered ? null : readFirstQueue(server, list.backends),
    readSessions({ server, clock }, { asked, until: first.answer }),
  ]);
  const { queues, ...latest } = await askAgain({ server, clock }, { list, queues: firstQueues });

  // Last round: what was sampled at different instants is sampled again.
  const globals = [first];
  const sessionReadings = [sessions];
  let queuesAgain: readonly QueueReading[] = [];
  const hasMoreJobs = exceedsCounters(queues, first);
  if (hasMoreJobs || needsSecondReading(first, seen)) {
    const again = asked.filter(({ id }) => sessions.has(id));
    const [second, sessionsAgain, jobs] = await Promise.all([
      readGlobal(server, clock),
      readSessions({ server, clock }, { asked: again, until: null }),
      hasMoreJobs ? readQueues({ server, clock }, probed(latest.backends)) : [],
    ]);
    globals.push(second);
    sessionReadings.push(sessionsAgain);
    queuesAgain = jobs;
  }
  return {
    globals,
    ...latest,
    models: await models,
    resources: await resources,
    queues,
    queuesAgain,
    firstQueue,
    sessions: asked.length === 0 ? [] : sessionReadings,
  };
}

/** Nothing came: to ask on would only cost another deadline. */
function isAway(answer: Answer<unknown>): boolean {
  return !answer.answered && (answer.reason === "timeout" || answer.reason === "unreachable");
}

function needsSecondReading({ answer }: GlobalReading, seen: readonly SeenRecord[]): boolean {
  if (!answer.answered) return false;
  // A zero that was read before a record was may be older than its request.
  return showsWork(answer.value) ? seen.length > 0 : seen.some(({ owner }) => owner !== "alive");
}

/** Says whether ComfyUI has more jobs than the counters explain, as jobs that move may seem to. */
function exceedsCounters(queues: readonly QueueReading[], { answer }: GlobalReading): boolean {
  return answer.answered && remainingJobs(queues) > countedJobs(answer.value);
}

/** Jobs in ComfyUI that SwarmUI's counters explain. */
export function countedJobs(counters: Counters): number {
  return counters.liveGens + counters.loadingModels;
}

async function readGlobal(server: SwarmServer, clock: Clock): Promise<GlobalReading> {
  const askedAtMs = clock.monotonicMs();
  return { answer: await server.globalCounters(), askedAtMs };
}

/** Who refuses a login, or is away, answers this one no better: it is asked only else. */
function readFirstQueue(server: SwarmServer, refusal: NoAnswer): Promise<Answer<ComfyQueue>> {
  switch (refusal.reason) {
    case "refused":
    case "unreachable":
    case "timeout":
    case "permission":
    case "not_swarmui": {
      const { answered, reason, elapsedMs } = refusal;
      return Promise.resolve({ answered, reason, elapsedMs });
    }
    default:
      return server.comfyQueue(null);
  }
}
