/**
 * Tier 3: asks the server, in rounds. A quiet server gets two rounds, others at most four. Each
 * source misses something that the next one sees (`docs/detection.md`), so all are asked every
 * time.
 *
 * The order matters: work leaves SwarmUI's counters before it leaves ComfyUI, so ComfyUI's queues
 * are asked only after the counters have answered. The other way round, a run could be missed by
 * both.
 */
import type { Clock } from "../generation/clock.ts";
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import type { Answer, NoAnswer } from "./answer.ts";
import type { ListReading, QueueReading } from "./queue_reading.ts";
import { askAgain, probed, readList, readQueues, remainingJobs } from "./queue_reading.ts";
import type { SeenRecord } from "./records_tier.ts";
import type { AskedSession, SessionReading } from "./session_reading.ts";
import type { ComfyQueue, ModelTotals, ServerResources, SwarmServer } from "./swarm_server.ts";

/** A reading of the counters of the whole server. */
export interface GlobalReading {
  readonly answer: Answer<Counters>;
  /** When it was asked, on the monotonic clock, in milliseconds. */
  readonly askedAtMs: number;
}

/** Everything that the server said. */
export interface ServerReading extends ListReading {
  /** One reading, or two if work was seen or the owner of a record may be gone. */
  readonly globals: readonly GlobalReading[];
  /** `null`: not asked for. */
  readonly models: Answer<ModelTotals> | null;
  readonly resources: Answer<ServerResources>;
  /** Of every ComfyUI backend that is `running`, and of one child of each remote SwarmUI. */
  readonly queues: readonly QueueReading[];
  /** The same, a moment later; empty unless there were more jobs than the counters show. */
  readonly queuesAgain: readonly QueueReading[];
  /** Of the first running backend, if the list of backends is missing. */
  readonly firstQueue: Answer<ComfyQueue> | null;
  /** As many readings as of the counters, unless no session had to be asked. */
  readonly sessions: readonly SessionReading[];
}

/** The server to ask, and the clock to use. */
export interface AskedServer {
  readonly server: SwarmServer;
  readonly clock: Clock;
}

/** What every server is asked, at once. */
export interface FirstRound {
  readonly global: GlobalReading;
  readonly list: ListReading;
  /** Still open, since nothing depends on it; `null`: not asked for. */
  readonly models: Promise<Answer<ModelTotals>> | null;
  /** Still open, since nothing depends on it. */
  readonly resources: Promise<Answer<ServerResources>>;
}

/** What is asked once the counters, the backends and the records are known. */
export interface SecondRound {
  /** The first list of backends, or a second one; see `ListReading`. */
  readonly list: ListReading;
  readonly queues: readonly QueueReading[];
  readonly firstQueue: Answer<ComfyQueue> | null;
  /** The sessions that could have been asked; empty if none had to be. */
  readonly asked: readonly AskedSession[];
  readonly sessions: SessionReading;
}

const NO_SESSIONS: SessionReading = new Map();

/** How old an answer may be by which a server is idle, in milliseconds. */
const FRESH_MS = 1_000;

/** Asks for the counters and the backends, and sends the questions that nothing else depends on. */
export async function askFirstRound(
  { server, clock }: AskedServer,
  options: { readonly models: boolean },
): Promise<FirstRound> {
  const models = options.models ? server.modelTotals() : null;
  const resources = server.resources();
  const [global, list] = await Promise.all([readGlobal(server, clock), readList(server, clock)]);
  return { global, list, models, resources };
}

/**
 * Asks ComfyUI's queues, and the records' own sessions if the counters show work or are missing.
 *
 * @param known.seen This server's records, newest first.
 */
export async function askSecondRound(by: AskedServer, known: {
  readonly first: FirstRound;
  readonly seen: readonly SeenRecord[];
}): Promise<SecondRound> {
  const { first: { global, list }, seen } = known;
  const isSilent = isAway(global.answer) && isAway(list.backends);
  const needsSessions = seen.length > 0 && !isSilent &&
    (!global.answer.answered || showsWork(global.answer.value));
  // Loaded only where there are records.
  const asking = needsSessions ? await import("./session_reading.ts") : null;
  const asked = asking?.withSession(seen, by.server) ?? [];
  const [firstQueues, firstQueue, sessions] = await Promise.all([
    readQueues(by, probed(list.backends)),
    list.backends.answered ? null : readFirstQueue(by.server, list.backends),
    asking?.readSessions(by, { asked, until: global.answer }) ?? NO_SESSIONS,
  ]);
  const { queues, ...latest } = await askAgain(by, { list, queues: firstQueues });
  return { list: latest, queues, firstQueue, asked, sessions };
}

/**
 * Reads a second time what may have changed between the readings, if that matters, and waits for
 * the open questions of the first round. A quiet server is asked nothing here.
 */
export async function askLastRound(by: AskedServer, known: {
  readonly first: FirstRound;
  readonly second: SecondRound;
  readonly seen: readonly SeenRecord[];
}): Promise<ServerReading> {
  const { first: { global, models, resources }, second, seen } = known;
  const { list, queues, firstQueue, asked, sessions } = second;
  const globals = [global];
  const sessionReadings = [sessions];
  let queuesAgain: readonly QueueReading[] = [];
  const hasMoreJobs = exceedsCounters(queues, global);
  if (hasMoreJobs || needsSecondReading(global, seen)) {
    const again = asked.filter(({ id }) => sessions.has(id));
    const asking = again.length > 0 ? await import("./session_reading.ts") : null;
    const [globalAgain, sessionsAgain, jobs] = await Promise.all([
      readGlobal(by.server, by.clock),
      asking?.readSessions(by, { asked: again, until: null }) ?? NO_SESSIONS,
      hasMoreJobs ? readQueues(by, probed(list.backends)) : [],
    ]);
    globals.push(globalAgain);
    sessionReadings.push(sessionsAgain);
    queuesAgain = jobs;
  }
  const readAtMs = by.clock.monotonicMs();
  const reading = {
    globals,
    ...list,
    models: await models,
    resources: await resources,
    queues,
    queuesAgain,
    firstQueue,
    sessions: asked.length === 0 ? [] : sessionReadings,
  };
  return await refresh(by, { reading, readAtMs });
}

/**
 * Reads the counters and the queues again if they show no work and have become old: while a slow
 * answer of no importance was waited for, or while this process was stopped, work may have begun.
 */
async function refresh(by: AskedServer, { reading, readAtMs }: {
  readonly reading: ServerReading;
  readonly readAtMs: number;
}): Promise<ServerReading> {
  const { globals, queues, backends } = reading;
  const isOld = (sinceMs: number): boolean => by.clock.monotonicMs() - sinceMs > FRESH_MS;
  const told = globals.at(-1);
  const isQuiet = told?.answer.answered &&
    globals.every(({ answer }) => answer.answered && !showsWork(answer.value));
  if (!isQuiet || remainingJobs(queues) > 0 || !isOld(told.askedAtMs + told.answer.elapsedMs)) {
    return reading;
  }
  const isListOld = isOld(readAtMs);
  const global = await readGlobal(by.server, by.clock);
  return {
    ...reading,
    globals: [global],
    queues: isListOld ? await readQueues(by, probed(backends)) : queues,
  };
}

/**
 * Says whether the server gave nothing at all: more questions would only take another time-out
 * each.
 */
function isAway(answer: Answer<unknown>): boolean {
  return !answer.answered && (answer.reason === "timeout" || answer.reason === "unreachable");
}

function needsSecondReading({ answer }: GlobalReading, seen: readonly SeenRecord[]): boolean {
  if (!answer.answered) return false;
  // A zero that was read before a record may be older than that record's request.
  return showsWork(answer.value) ? seen.length > 0 : seen.some(({ owner }) => owner !== "alive");
}

/**
 * Says whether ComfyUI has more jobs than the counters explain. This may also be jobs that moved
 * between the two readings.
 */
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

/** Does not ask if the server refused the login, did not answer, or may not be asked. */
function readFirstQueue(server: SwarmServer, refusal: NoAnswer): Promise<Answer<ComfyQueue>> {
  switch (refusal.reason) {
    case "refused":
    case "unreachable":
    case "timeout":
    case "permission":
    case "setting":
    case "not_swarmui": {
      const { answered, reason, elapsedMs, putOff } = refusal;
      return Promise.resolve({
        answered,
        reason,
        ...(putOff === undefined ? {} : { putOff }),
        elapsedMs,
      });
    }
    default:
      return server.comfyQueue(null);
  }
}
