/** Writes the result of `cancel`: the document or the text, and the error. */
import type { DetectionReport } from "../../detection/report.ts";
import { AppError } from "../../errors.ts";
import type { CancelReport } from "../../render/generation/cancel_document.ts";
import { cancelDocument } from "../../render/generation/cancel_document.ts";
import { cancelText } from "../../render/generation/cancel_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";

/** A report in which nothing was done. */
export function emptyCancelReport(serverUrl: string): CancelReport {
  return { serverUrl, cancelled: null, candidates: null, everyone: null };
}

/** Writes what was done, even if it is not what was asked for. */
export async function writeCancelResult(
  report: CancelReport,
  { problem, context }: { readonly problem: AppError | null; readonly context: CommandContext },
): Promise<ExitCode> {
  const nowMs = context.clock.now();
  return await reportResult(context, {
    document: (error) => cancelDocument(report, { error, nowMs }),
    text: () => context.output.wrapped(cancelText(report, { nowMs })),
    names: () => stoppedIds(report),
    problem,
  });
}

function stoppedIds({ cancelled }: CancelReport): readonly string[] {
  const generations = cancelled?.generations ?? [];
  return generations.filter(({ outcome }) => outcome === "stopped")
    .map(({ target }) => target.record.id);
}

/**
 * Writes the document of a failure before anything was done.
 *
 * @throws The error itself, if no document is wanted or it is a bug of this program.
 */
export async function writeCancelFailure(
  error: unknown,
  context: CommandContext,
): Promise<ExitCode> {
  const { output, settings } = context;
  const isTold = output.wasWritten || !output.wantsDocument;
  if (isTold || !(error instanceof AppError)) throw error;
  const report = emptyCancelReport(settings.apiUrl.value.replace(/\/+$/, ""));
  return await writeCancelResult(report, { problem: error, context });
}

/**
 * Says whether ComfyUI is still ending what was stopped: its step or its model load goes on for
 * seconds after the counters are zero (`swarmui-protocol.md §8.2`).
 *
 * @returns `null` if ComfyUI's jobs cannot be seen, or if there were some before that nothing
 * explains: they may be the same.
 */
export function isWindingDown(
  before: DetectionReport,
  { comfyJobs: { remaining, unattributed } }: DetectionReport,
): boolean | null {
  if (remaining === 0 || unattributed === 0) return false;
  return unattributed !== null && before.comfyJobs.unattributed === 0 ? true : null;
}
