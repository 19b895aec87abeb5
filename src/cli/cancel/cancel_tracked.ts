/** What `cancel` does without `--everyone`: from the records to the result. */
import { mapBounded } from "../../detection/map_bounded.ts";
import type { RecordsReading, SeenRecord } from "../../detection/records_tier.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { AppError, PermissionError, UsageError } from "../../errors.ts";
import { cancelGeneration } from "../../generation/cancel_generation.ts";
import type { Cancellation } from "../../generation/cancel_generation.ts";
import { formatCount } from "../../render/text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { writeDuration } from "../duration.ts";
import { openObserver } from "../observer.ts";
import type { Observer } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { cancelProblem } from "./cancel_problem.ts";
import { emptyCancelReport, writeCancelResult } from "./cancel_result.ts";
import { chooseTargets } from "./choose_targets.ts";
import type { WantedGenerations } from "./choose_targets.ts";
import { sessionServers } from "./session_servers.ts";
import { isWindingDown } from "./winding_down.ts";

/** Generations cancelled at the same time. */
const PARALLEL = 16;

/**
 * Cancels what is wanted, and writes what came of it.
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
  const choice = chooseTargets(wanted, { report, seen: records.seen, unread: scopeProblem });
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
  const problem = statusProblem(report);
  // A session is enough, whatever login the questions lack.
  if (problem !== null && (report.reach !== "refused" || targets.length === 0)) throw problem;
  // None is known, but some may run: only an idle server has none for certain.
  const isBlind = wanted.all || (targets.length === 0 && report.verdict !== "idle");
  if (isBlind && scopeProblem !== null) throw scopeProblem;
  if (skipped.length > 0) {
    await context.messages.note(
      `Left alone: ${formatCount(skipped.length, "generation")} of which this user does not hold ` +
        "the session",
    );
  }
  if (younger.length > 0) {
    const started = younger.length === 1 ? "was started" : "were started";
    await context.messages.note(
      `Left alone: ${formatCount(younger.length, "generation")} that ${started} less than ` +
        `${writeDuration(wanted.olderThan ?? 0)} ago`,
    );
  }
  if (targets.length === 0) {
    await observer.prune({ report, prunable });
    const cancelled = { generations: [], untrackedImages: report.images.untracked };
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
    { ...nothing, cancelled: { generations, untrackedImages: report.images.untracked } },
    {
      problem: cancelProblem(cancellations, { isInterrupted: giveUp.aborted, scopeProblem }),
      context,
    },
  );
}

async function cancelAll(targets: readonly SeenRecord[], by: {
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly giveUp: AbortSignal;
}): Promise<readonly Cancellation[]> {
  const { observer, context, giveUp } = by;
  const serverOf = sessionServers(observer.serverUrl, context);
  return await mapBounded(targets, PARALLEL, (target) =>
    cancelGeneration(target, {
      serverOf,
      look: async () =>
        (await observer.records()).seen.find(({ record }) => record.id === target.record.id) ??
          null,
      clock: context.clock,
      giveUp,
      onWaiting: () =>
        void context.messages.note(
          `Waiting for ${target.record.id}: nothing of it has reached the server yet`,
        ),
    }));
}

/**
 * Tells how orphans ended, for nobody else will, removes their records, which this look has seen to
 * be over, and says whether ComfyUI winds down. Records of living owners are left to them.
 */
async function settle(cancellations: readonly Cancellation[], by: {
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly before: DetectionReport;
}): Promise<boolean | null> {
  const { observer, context: { adapters, clock }, before } = by;
  const orphans = cancellations.filter(({ target, outcome }) =>
    outcome === "stopped" && target.owner === "gone"
  );
  if (orphans.length > 0) {
    const log = await adapters.endLog();
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

/** Why this user's own records, which alone hold sessions, could not be read. */
function userScopeProblem({ scopes }: RecordsReading): AppError | null {
  const reading = scopes.find(({ scope }) => scope === "user")?.reading;
  if (reading === undefined || reading.answered) return null;
  const { message, needs } = reading;
  return needs === undefined
    ? new AppError("unknown", message)
    : new PermissionError(`${message} (add ${needs})`, needs);
}
