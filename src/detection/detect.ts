/** Asks all tiers at the same time and makes one report of the answers. */
import type { Clock } from "../generation/clock.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import type { OwnerLocks } from "../generation/records/owner.ts";
import type { GenerationStore } from "../generation/records/store.ts";
import type { BackendHistory } from "./backend_history.ts";
import { firstSeenOff } from "./backend_history.ts";
import { judgeGlobal, judgeReach, listBlindSpots, viewBackends } from "./coverage.ts";
import { listEvidence, SCOPE_SEES } from "./evidence.ts";
import type { JudgedRecord } from "./judge.ts";
import { mergeWork, withChildrenOnly } from "./merge.ts";
import type { QueuePushes } from "./queue_pushes.ts";
import type { RecordsReading, SeenRecord } from "./records_tier.ts";
import { isPrivate, readRecords } from "./records_tier.ts";
import type { DetectionReport, ReportedBackend } from "./report.ts";
import type { ReportedGenerations } from "./report_generations.ts";
import type { ServerReading } from "./server_tier.ts";
import { askFirstRound, askLastRound, askSecondRound } from "./server_tier.ts";
import type { Standing } from "./standing.ts";
import { judgeStandings } from "./standing.ts";
import type { SwarmServer } from "./swarm_server.ts";
import { jobsIn } from "./swarm_server.ts";
import { countGenerations, decideVerdict } from "./verdict.ts";

/** What detection asks. */
export interface DetectionSources {
  /** All scopes; the scope `process` is tier 2. */
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** This machine's name; `null` if Deno may not read it. */
  readonly hostname: () => string | null;
  readonly server: SwarmServer;
  readonly clock: Clock;
  /** What earlier looks of this process remember about the server's backends. */
  readonly history: BackendHistory;
  /** What is told between two looks. @default {nothing} */
  readonly pushes?: Pick<QueuePushes, "addTo" | "evidence">;
}

/** A report, and the records that may be removed, as each scope holds them. */
export interface Detection {
  readonly report: DetectionReport;
  readonly prunable: readonly GenerationRecord[];
}

/**
 * Says whether a generation is in progress, and how that is known. Never throws because a tier
 * could not answer.
 *
 * @param options.models Whether to count the models too; that answer is large.
 */
export async function detect(
  sources: DetectionSources,
  options: { readonly models: boolean },
): Promise<Detection> {
  const { server, clock, pushes } = sources;
  const asked = { server, clock };
  // Asks the server first, and reads the records while it answers.
  const [first, records] = await Promise.all([
    askFirstRound(asked, options),
    readRecords(sources),
  ]);
  const own = records.seen.length === 0
    ? []
    : await (await import("./seen_records.ts")).selectOwn(records.seen, server, sources.hostname());
  const second = await askSecondRound(asked, { first, seen: own });
  const read = await askLastRound(asked, { first, second, seen: own });
  const serverReading = pushes?.addTo(read) ?? read;
  const nowMs = clock.now();
  const generations = own.length === 0
    ? NO_GENERATIONS
    : (await import("./report_generations.ts")).reportGenerations(own, {
      reading: serverReading,
      seenAtMs: records.seenAtMs,
      nowMs,
    });
  const { standings, vanished } = await judgeBackends(sources, serverReading);
  const report = makeReport({
    records,
    generations,
    serverReading,
    standings,
    vanished,
    server,
    nowMs,
  });
  const told = pushes?.evidence() ?? [];
  return {
    report: told.length === 0 ? report : { ...report, evidence: [...report.evidence, ...told] },
    prunable: generations.prunable,
  };
}

const NO_GENERATIONS: ReportedGenerations = {
  judged: [],
  running: [],
  uncertain: [],
  prunable: [],
};

/** Compares the backends with what earlier looks remember about them. */
async function judgeBackends(
  { server, clock, history }: DetectionSources,
  reading: ServerReading,
): Promise<
  {
    readonly standings: ReadonlyMap<number, Standing>;
    readonly vanished: readonly Standing[];
  }
> {
  const nowMs = clock.now();
  history.take(reading, nowMs);
  const vanished = history.vanished(clock.monotonicMs());
  if (!reading.backends.answered) return { standings: new Map(), vanished };
  const backends = reading.backends.value;
  const standings = judgeStandings(backends, {
    queues: new Map(reading.queues.map(({ backend, answer }) => [backend.id, answer])),
    settled: history.settled,
    offSince: latest(await firstSeenOff(server, { backends, nowMs }), history.offSince),
    nowMs,
  });
  history.keep(reading, standings);
  return { standings, vanished };
}

function latest(
  kept: ReadonlyMap<number, number>,
  own: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const ids = [...kept.keys(), ...own.keys()];
  return new Map(
    ids.map((id) => [id, Math.max(kept.get(id) ?? -Infinity, own.get(id) ?? -Infinity)]),
  );
}

function makeReport(from: {
  readonly records: RecordsReading;
  readonly generations: ReportedGenerations;
  readonly serverReading: ServerReading;
  readonly standings: ReadonlyMap<number, Standing>;
  readonly vanished: readonly Standing[];
  readonly server: SwarmServer;
  readonly nowMs: number;
}): DetectionReport {
  const { records, serverReading, server } = from;
  const { judged, running, uncertain } = from.generations;
  const standings = [...from.standings.values(), ...from.vanished];
  const work = mergeWork(serverReading, judged, { unread: records.unread });
  const reach = judgeReach(serverReading);
  const global = judgeGlobal(serverReading.globals);
  const backends = viewBackends(serverReading, standings);
  const { verdict, likely } = decideVerdict({
    reach,
    running: running.length,
    // Records that were not read are certainly over only if the whole server has no work.
    uncertain: uncertain.length + (global === "zero" ? 0 : records.unread),
    global,
    backends: backends.work,
    queuesCoverAll: backends.queuesCoverAll,
  });
  const neither = global === "unseen" && !backends.queuesTold;
  const { count, basis } = countGenerations({
    verdict,
    running: running.length,
    hasMore: work.hasUntracked || (work.comfyJobs.unattributed ?? 0) > 0,
    mayHaveMore: work.mayHaveUntracked,
    complete: global !== "unseen" && backends.allSeen && records.unread === 0,
    runningBackends: neither ? countEstimate(serverReading) : null,
  });
  return {
    takenAt: from.nowMs,
    serverUrl: server.url,
    reach,
    responseTimeMs: responseTime(serverReading),
    identity: reach === "online" ? server.identity() : null,
    verdict,
    likely,
    generationsRunning: count,
    basis,
    active: running,
    uncertain,
    elsewhere: countElsewhere(records.seen, judged),
    images: work.images,
    comfyJobs: work.comfyJobs,
    backends: reportBackends(serverReading, from.standings),
    vanished: from.vanished,
    models: serverReading.models?.answered ? serverReading.models.value : null,
    resources: serverReading.resources.answered ? serverReading.resources.value : null,
    evidence: listEvidence(records, { judged, reading: serverReading }),
    blindSpots: [
      ...records.scopes.flatMap(({ scope, reading }) =>
        reading.answered ? [] : [SCOPE_SEES[scope]]
      ),
      ...records.unread === 0 ? [] : [`${records.unread} older records, which were not read`],
      ...listBlindSpots(serverReading, { reach, standings }),
    ],
  };
}

/**
 * The original tool's rule: counts backends that are `running`, which on SwarmUI means ready.
 * Backends whose own queue answered are left out, since more is known about them.
 */
function countEstimate(reading: ServerReading): number | null {
  if (!reading.backends.answered) return null;
  const known = new Set(
    reading.queues.flatMap(({ backend, answer }) => answer.answered ? [backend.id] : []),
  );
  const ready = reading.backends.value.filter(({ status }) =>
    status === "running" || status === "generating"
  );
  return withChildrenOnly(ready).filter(({ id }) => !known.has(id)).length;
}

function responseTime(reading: ServerReading): number | null {
  const answers = [...reading.globals.map(({ answer }) => answer), reading.backends];
  const times = answers.flatMap((answer) => answer.answered ? [answer.elapsedMs] : []);
  if (times.length > 0) return Math.min(...times);
  const { resources, models } = reading;
  if (resources.answered) return resources.elapsedMs;
  return models?.answered ? models.elapsedMs : null;
}

function reportBackends(
  reading: ServerReading,
  standings: ReadonlyMap<number, Standing>,
): readonly ReportedBackend[] | null {
  if (!reading.backends.answered) return null;
  const queues = new Map(reading.queues.map(({ backend, answer }) => [backend.id, answer]));
  return reading.backends.value.map((backend) => {
    const queueRemaining = jobsIn(queues.get(backend.id));
    return { ...backend, queueRemaining, standing: standings.get(backend.id) ?? null };
  });
}

function countElsewhere(
  seen: readonly SeenRecord[],
  judged: readonly JudgedRecord[],
): DetectionReport["elsewhere"] {
  const own = new Set(judged.map(({ record }) => record.id));
  const counts = new Map<string, { records: number; isShared: boolean }>();
  for (const { record, scopes } of seen) {
    if (own.has(record.id) || record.serverUrl === null) continue;
    const known = counts.get(record.serverUrl);
    counts.set(record.serverUrl, {
      records: (known?.records ?? 0) + 1,
      isShared: (known?.isShared ?? true) && !isPrivate(scopes),
    });
  }
  return [...counts].map(([serverUrl, { records, isShared }]) => ({
    serverUrl,
    records,
    ...(isShared ? { isShared } : {}),
  }));
}
