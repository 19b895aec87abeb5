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
import type { ServerSession } from "../generation/session.ts";
import type { Answer, NoAnswer } from "./answer.ts";
import { mapBounded } from "./map_bounded.ts";
import type { SeenRecord } from "./records_tier.ts";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerResources,
  SwarmServer,
} from "./swarm_server.ts";
import { isComfyBackend } from "./swarm_server.ts";

/** Questions of one kind under way at the same time. */
const PARALLEL = 16;
/** How long the questions of one kind may take together, in milliseconds, however many they are. */
const ROUND_MS = 10_000;
/** Sessions asked at most in one reading, the newest first. */
const SESSIONS_MAX = 64;

/** A reading of the counters of the whole server. */
export interface GlobalReading {
  readonly answer: Answer<Counters>;
  /** When it was asked; on the monotonic clock, milliseconds. */
  readonly askedAtMs: number;
}

/** What each record's own session answered, by record id. */
export type SessionReading = ReadonlyMap<string, Answer<Counters | "gone">>;

/** ComfyUI's queue of one backend. */
export interface QueueReading {
  readonly backend: Backend;
  readonly answer: Answer<ComfyQueue>;
}

/** All that the server said. */
export interface ServerReading {
  /** One reading, or two where work was seen or a record's owner is not seen to live. */
  readonly globals: readonly GlobalReading[];
  readonly backends: Answer<readonly Backend[]>;
  /** `null`: was not to be asked. */
  readonly models: Answer<ModelTotals> | null;
  readonly resources: Answer<ServerResources>;
  /** Of every ComfyUI backend that says it runs. */
  readonly queues: readonly QueueReading[];
  /** The same, a moment later; empty unless there were more jobs than the counters show. */
  readonly queuesAgain: readonly QueueReading[];
  /** Of the first running backend, where the list of backends could not be had. */
  readonly firstQueue: Answer<ComfyQueue> | null;
  /** As many readings as of the counters, unless no record's session was to be asked. */
  readonly sessions: readonly SessionReading[];
}

/** Asks the server all questions, in at most three rounds. */
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
  const [first, backends] = await Promise.all([readGlobal(server, clock), server.backends()]);
  const seen = await about.records();

  // Round 2.
  const isSilent = isAway(first.answer) && isAway(backends);
  const sessionsNeeded = !first.answer.answered || showsWork(first.answer.value);
  const asked = sessionsNeeded && !isSilent ? withSession(seen) : [];
  const [queues, firstQueue, sessions] = await Promise.all([
    readQueues({ server, clock }, backends),
    backends.answered ? null : readFirstQueue(server, backends),
    readSessions({ server, clock }, asked),
  ]);

  // Round 3: what was sampled at different instants is sampled again.
  const globals = [first];
  const sessionReadings = [sessions];
  let queuesAgain: readonly QueueReading[] = [];
  const hasMoreJobs = exceedsCounters(queues, first);
  if (hasMoreJobs || needsSecondReading(first, seen)) {
    const [second, again, jobs] = await Promise.all([
      readGlobal(server, clock),
      readSessions({ server, clock }, asked),
      hasMoreJobs ? readQueues({ server, clock }, backends) : [],
    ]);
    globals.push(second);
    sessionReadings.push(again);
    queuesAgain = jobs;
  }
  return {
    globals,
    backends,
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

/** ComfyUI jobs in all queues that answered. */
export function remainingJobs(queues: readonly QueueReading[]): number {
  let remaining = 0;
  for (const { answer } of queues) {
    if (answer.answered && !answer.value.dead) remaining += answer.value.remaining;
  }
  return remaining;
}

async function readGlobal(server: SwarmServer, clock: Clock): Promise<GlobalReading> {
  const askedAtMs = clock.monotonicMs();
  return { answer: await server.globalCounters(), askedAtMs };
}

/**
 * Lets questions be put for `ROUND_MS`; from then on they are answered by that they were not put, so
 * that a hundred backends that hang do not take a hundred deadlines.
 */
function limitTime(clock: Clock): <T>(put: () => Promise<Answer<T>>) => Promise<Answer<T>> {
  const endMs = clock.monotonicMs() + ROUND_MS;
  return (put) =>
    clock.monotonicMs() < endMs ? put() : Promise.resolve({
      answered: false,
      reason: "timeout",
      message: "the questions before it took all the time there is",
      elapsedMs: 0,
    });
}

async function readQueues(
  { server, clock }: { readonly server: SwarmServer; readonly clock: Clock },
  backends: Answer<readonly Backend[]>,
): Promise<readonly QueueReading[]> {
  if (!backends.answered) return [];
  const ready = backends.value.filter((backend) =>
    isComfyBackend(backend) && backend.status === "running"
  );
  const ask = limitTime(clock);
  return await mapBounded(ready, PARALLEL, async (backend) => ({
    backend,
    answer: await ask(() => server.comfyQueue(backend.id)),
  }));
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

interface AskedSession {
  readonly id: string;
  readonly session: ServerSession;
}

function withSession(seen: readonly SeenRecord[]): readonly AskedSession[] {
  const asked: AskedSession[] = [];
  for (const { record, session } of seen) {
    if (session !== null && asked.length < SESSIONS_MAX) asked.push({ id: record.id, session });
  }
  return asked;
}

async function readSessions(
  { server, clock }: { readonly server: SwarmServer; readonly clock: Clock },
  asked: readonly AskedSession[],
): Promise<SessionReading> {
  const ask = limitTime(clock);
  return new Map(
    await mapBounded(
      asked,
      PARALLEL,
      async ({ id, session }) => [id, await ask(() => server.sessionCounters(session))] as const,
    ),
  );
}
