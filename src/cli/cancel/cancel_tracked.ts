/** Runs `cancel` without `--everyone`, from the records to the result. */
import { mapBounded } from "../../detection/map_bounded.ts";
import { isPrivate } from "../../detection/records_tier.ts";
import type { SeenRecord } from "../../detection/records_tier.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { UsageError } from "../../errors.ts";
import type { Cancellation } from "../../generation/stop/cancel_generation.ts";
import { cancelGeneration } from "../../generation/stop/cancel_generation.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import type { ServerPart } from "../../generation/server/watched_server.ts";
import { formatCount } from "../../render/text.ts";
import { originText } from "../../render/status/verdict_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import type { Observer } from "../observer.ts";
import { openObserver } from "../observer.ts";
import { NO_CREDENTIALS } from "../settings.ts";
import type { Settings } from "../setting_layers.ts";
import { statusProblem } from "../status_problem.ts";
import { unreadProblem, userScopeProblem } from "../user_scope_problem.ts";
import { writeDuration } from "../quantities.ts";
import { cancelProblem } from "./cancel_problem.ts";
import { emptyCancelReport, isWindingDown, writeCancelResult } from "./cancel_result.ts";
import type { WantedGenerations } from "./choose_targets.ts";
import { chooseTargets } from "./choose_targets.ts";
import type { EndedGeneration } from "./ended_generation.ts";
import { findEnded } from "./ended_generation.ts";

/** How many generations are cancelled at the same time. */
const PARALLEL = 16;

/**
 * Cancels the chosen generations, and writes the result.
 *
 * @throws {AppError} If nothing was done: no such generation, or no server that could be asked.
 */
export async function cancelTracked(
  wanted: WantedGenerations,
  context: CommandContext,
): Promise<ExitCode> {
  const observer = await openObserver(context);
  const { report, prunable } = await observer.look({ models: false });
  const records = await observer.records();
  const scopeProblem = userScopeProblem(records);
  const choice = chooseTargets(wanted, {
    report,
    host: context.hostname(),
    seen: records.seen,
    unread: unreadProblem(records),
    ended: wanted.id === undefined ? null : await endedOf(wanted.id, context),
  });
  const nothing = emptyCancelReport(report.serverUrl);
  if (choice.candidates !== null) {
    const problem = new UsageError(
      `Cannot choose a generation: ${choice.candidates.length} on ${report.serverUrl} could be ` +
        "meant (give an ID, or --all)",
    );
    return await writeCancelResult({ ...nothing, candidates: choice.candidates }, {
      problem,
      context,
    });
  }
  const { targets, skipped, younger } = choice;
  const untracked = {
    untrackedImages: report.images.untracked,
    origin: originText(report),
  };
  const problem = statusProblem(report);
  // If only this login is refused, the generations' own sessions are enough to cancel them.
  if (problem !== null && (report.reach !== "refused" || targets.length === 0)) throw problem;
  // No generation is known, but some may be running: only an idle server certainly has none.
  const isBlind = wanted.all || (targets.length === 0 && report.verdict !== "idle");
  if (isBlind && scopeProblem !== null) throw scopeProblem;
  const [shared, foreign] = [true, false].map((isShared) =>
    skipped.filter(({ session }) => (session !== null) === isShared).length
  );
  if (foreign) {
    await context.messages.note(
      `Not touched: ${formatCount(foreign, "generation")} whose session this user does not have`,
    );
  }
  if (shared) {
    await context.messages.note(
      `Not touched: ${formatCount(shared, "generation")} of other machines (cancel ID stops one)`,
    );
  }
  if (younger.length > 0) {
    const started = younger.length === 1 ? "was started" : "were started";
    await context.messages.note(
      `Not touched: ${formatCount(younger.length, "generation")} that ${started} less than ` +
        `${writeDuration(wanted.olderThan ?? 0)} ago`,
    );
  }
  if (targets.length === 0) {
    await observer.prune({ report, prunable });
    const cancelled = { generations: [], ...untracked };
    return await writeCancelResult({ ...nothing, cancelled }, { problem: null, context });
  }
  using interrupts = context.listenForInterrupts();
  const giveUp = interrupts.first;
  const cancellations = await cancelAll(targets, { observer, context, giveUp });
  const windingDown = giveUp.aborted
    ? null
    : await untilAborted(settle(cancellations, { observer, context, before: report }), giveUp);
  const generations = cancellations.map((each) => ({
    ...each,
    windingDown: each.outcome === "stopped" ? windingDown : null,
  }));
  return await writeCancelResult(
    { ...nothing, cancelled: { generations, ...untracked } },
    {
      problem: cancelProblem(cancellations, { isInterrupted: giveUp.aborted, scopeProblem }),
      context,
    },
  );
}

async function endedOf(
  id: string,
  { adapters, clock, settings }: CommandContext,
): Promise<EndedGeneration | null> {
  const [log, ends] = await Promise.all([adapters.requestLog(), adapters.endLog(settings)]);
  return await findEnded(id, { log, ends, nowMs: clock.now() });
}

async function cancelAll(targets: readonly SeenRecord[], by: {
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly giveUp: AbortSignal;
}): Promise<readonly Cancellation[]> {
  const { observer, context, giveUp } = by;
  const serverOf = sessionServers(observer.serverUrl, context);
  return await mapBounded(
    targets,
    PARALLEL,
    (target) =>
      cancelGeneration(askedHere(target, observer), {
        serverOf,
        look: async () => {
          const { seen } = await observer.records();
          const found = seen.find(({ record }) => record.id === target.record.id);
          return found === undefined ? null : askedHere(found, observer);
        },
        clock: context.clock,
        giveUp,
        onWaiting: () =>
          void context.messages.note(
            `Waiting for ${target.record.id}: it has not reached the server yet`,
          ),
      }),
  );
}

/**
 * A target whose session, if it comes from another machine, is sent to the server that is asked here and
 * nowhere else: its name there may mean another machine here.
 */
function askedHere(target: SeenRecord, { serverUrl }: Observer): SeenRecord {
  if (target.session === null || isPrivate(target.scopes)) return target;
  return { ...target, session: target.session.under(serverUrl) };
}

/**
 * Notes that the orphans were cancelled, since no owner is left to do it, looks again, removes the
 * records that are over by then, and says whether ComfyUI is winding down. Living owners remove
 * their records themselves.
 */
async function settle(cancellations: readonly Cancellation[], by: {
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly before: DetectionReport;
}): Promise<boolean | null> {
  const { observer, context: { adapters, clock, settings }, before } = by;
  const orphans = cancellations.filter(({ target, outcome }) =>
    outcome === "stopped" && target.owner === "gone"
  );
  if (orphans.length > 0) {
    const log = await adapters.endLog(settings);
    const endedAt = clock.now();
    await Promise.all(
      orphans.map(({ target: { record: { id } } }) =>
        log?.put({ id, outcome: "cancelled", endedAt })
      ),
    );
  }
  const detection = await observer.look({ models: false });
  await observer.prune(detection);
  return isWindingDown(before, detection.report);
}

/**
 * Finds the server of a session. Each session is sent only to the address that is stored beside it.
 * If that is another name of this server, the user's credentials, which were given for this
 * address, are not sent; the session is enough.
 *
 * @param serverUrl The server that is asked.
 */
function sessionServers(
  serverUrl: string,
  { adapters, settings }: CommandContext,
): (session: ServerSession) => Promise<ServerPart> {
  const servers = new Map<string, Promise<ServerPart>>();
  return (session) => {
    const known = servers.get(session.serverUrl);
    if (known !== undefined) return known;
    const server = adapters.imageServer(
      isSameServerUrl(session.serverUrl, serverUrl) ? settings : at(session.serverUrl, settings),
    );
    servers.set(session.serverUrl, server);
    return server;
  };
}

function at(serverUrl: string, settings: Settings): Settings {
  return {
    ...settings,
    apiUrl: { value: serverUrl, source: "default", place: null },
    ...NO_CREDENTIALS,
  };
}
