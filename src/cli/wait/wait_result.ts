/** Why a wait ended, as text, document and exit code. */
import { AppError } from "../../errors.ts";
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { unknownReason } from "../../detection/unknown_reason.ts";
import { statusDocument } from "../../render/status_document.ts";
import { formatDuration } from "../../render/text.ts";
import { verdictText } from "../../render/verdict_text.ts";
import type { WaitOptions } from "../commands/wait.ts";
import type { CommandContext } from "../context.ts";
import { describeFailure, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";

/** How a wait ended. */
export interface WaitEnd {
  readonly step:
    | Exclude<WaitStep, { readonly ended: null }>
    | { readonly ended: "timed_out" | "interrupted" | "not_yet"; readonly quietMs: number }
    | { readonly ended: "unknown" };
  /** The last look. */
  readonly report: DetectionReport;
  readonly waitedMs: number;
}

/** What the backends' ages cannot tell, said where a window rests on them. */
const AGES_BLIND_SPOTS = "model loads, work that wound down, and jobs sent straight to ComfyUI";

/** Writes the status document, or a line of text, and says why it ended. */
export async function writeWaitResult(
  end: WaitEnd,
  { options, context }: { readonly options: WaitOptions; readonly context: CommandContext },
): Promise<ExitCode> {
  const problem = waitProblem(end, options);
  const failure = problem === null ? null : describeFailure(problem);
  const error = failure && { code: failure.code, message: failure.message };
  const document = { ...statusDocument(end.report, error), wait: waitBlock(end, options) };
  await context.output.writeDocument(document, () => `${endText(end, options)}\n`, {
    asLine: !options.once,
  });
  if (failure === null) return EXIT.ok;
  await context.messages.error(failure.message);
  return end.step.ended === "timed_out"
    ? options.timeoutExitCode ?? EXIT.timedOut
    : failure.exitCode;
}

function waitBlock(
  { step, waitedMs }: WaitEnd,
  options: WaitOptions,
): Readonly<Record<string, unknown>> {
  const basis = step.ended === "idle" ? step.basis : null;
  return {
    ended: step.ended,
    quiet_seconds: "quietMs" in step ? Math.round(step.quietMs / 100) / 10 : 0,
    idle_for_seconds: (options.idleFor ?? 0) / 1000,
    quiet_basis: basis,
    blind_spots: basis === "backend_ages" ? [AGES_BLIND_SPOTS] : [],
    assumed: options.assume ?? null,
    waited_seconds: Math.round(waitedMs / 100) / 10,
  };
}

function waitProblem({ step, report }: WaitEnd, options: WaitOptions): AppError | null {
  const server = report.serverUrl;
  const last = verdictText(report);
  switch (step.ended) {
    case "idle":
      return null;
    case "not_yet":
      return new AppError(
        "busy",
        `${server} is not idle for long enough: ${quietText(step, last)}`,
      );
    case "timed_out":
      return new AppError(
        "timed_out",
        `Timed out after ${formatDuration(options.timeout ?? 0)} waiting for ${server}: ` +
          quietText(step, last),
      );
    case "interrupted":
      return new AppError("interrupted", `Interrupted while waiting for ${server}`);
    case "unreachable":
      return new AppError("unreachable", `Cannot wait for ${server}: it did not answer`);
    case "unknown": {
      const reason = unknownReason(report) ?? ("reason" in step ? step.reason : null);
      const needs = reason?.needs ? `it needs ${reason.needs}, or ` : "";
      return new AppError(
        "unknown",
        `Cannot know whether ${server} is idle: ${reason?.message ?? "no answer"} ` +
          `(${needs}choose with --assume)`,
      );
    }
    default:
      return step satisfies never;
  }
}

function quietText({ quietMs }: { readonly quietMs: number }, last: string): string {
  return quietMs >= 1000 ? `quiet for ${formatDuration(quietMs)} only` : lowerFirst(last);
}

function endText({ step, report }: WaitEnd, options: WaitOptions): string {
  if (step.ended !== "idle") return verdictText(report);
  const assumed = report.verdict === "idle" ? "" : `, assumed with --assume ${options.assume}`;
  if ((options.idleFor ?? 0) === 0) return `Idle${assumed}`;
  const basis = step.basis === "backend_ages"
    ? `, by the backends' ages (not visible there: ${AGES_BLIND_SPOTS})`
    : "";
  return `Idle: quiet for ${formatDuration(step.quietMs)}${basis}${assumed}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
