/** Why a wait ended, as text, document and exit code. */
import { AppError } from "../../errors.ts";
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import { statusDocument } from "../../render/status_document.ts";
import { formatDuration } from "../../render/text.ts";
import { unknownText } from "../../render/unknown_text.ts";
import { verdictText } from "../../render/verdict_text.ts";
import { statusProblem } from "../status_problem.ts";
import type { WaitOptions } from "./wait_options.ts";
import type { CommandContext } from "../context.ts";
import { writeDuration } from "../duration.ts";
import { describeFailure, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { unlessClosed } from "../output.ts";

/** How a wait ended. */
export interface WaitEnd {
  readonly step:
    | Exclude<WaitStep, { readonly ended: null }>
    | { readonly ended: "timed_out" | "interrupted" | "not_yet"; readonly quietMs: number };
  /** The last look. */
  readonly report: DetectionReport;
  readonly waitedMs: number;
}

/** What the backends' ages cannot tell, said where a window rests on them. */
const AGES_BLIND_SPOTS = "model loads, work that wound down, and jobs sent straight to ComfyUI";

/**
 * Writes the status document, or a line of text, and says why it ended. The exit code is the answer,
 * whether the rest is read or not.
 */
export async function writeWaitResult(
  end: WaitEnd,
  { options, context }: { readonly options: WaitOptions; readonly context: CommandContext },
): Promise<ExitCode> {
  const problem = waitProblem(end, options);
  const failure = problem === null ? null : describeFailure(problem);
  const error = failure && { code: failure.code, message: failure.message };
  const document = { ...statusDocument(end.report, error), wait: waitBlock(end, options) };
  const text = () => `${escapeForTerminal(endText(end, options))}\n`;
  await unlessClosed(context.output.writeDocument(document, text, { asLine: !options.once }));
  if (failure === null) return EXIT.ok;
  await context.messages.error(failure.message);
  return end.step.ended === "timed_out"
    ? options.timeoutExitCode ?? EXIT.timedOut
    : failure.exitCode;
}

/** How long it was quiet, in seconds; never rounded up to what was not seen. */
export function quietSeconds(step: WaitEnd["step"] | WaitStep): number {
  return "quietMs" in step ? Math.floor(step.quietMs / 100) / 10 : 0;
}

function waitBlock(
  { step, waitedMs }: WaitEnd,
  options: WaitOptions,
): Readonly<Record<string, unknown>> {
  const basis = step.ended === "idle" ? step.basis : null;
  return {
    ended: step.ended,
    quiet_seconds: quietSeconds(step),
    idle_for_seconds: (options.idleFor ?? 0) / 1000,
    quiet_basis: basis,
    blind_spots: basis === "backend_ages" ? [AGES_BLIND_SPOTS] : [],
    assumed: options.assume ?? null,
    waited_seconds: Math.round(waitedMs / 100) / 10,
  };
}

function waitProblem({ step, report }: WaitEnd, options: WaitOptions): AppError | null {
  const server = report.serverUrl;
  switch (step.ended) {
    case "idle":
      return null;
    case "not_yet":
      return new AppError(
        "busy",
        `${server} is not idle${options.idleFor ? " for long enough" : ""}: ` +
          quietText(step, { report, options }),
      );
    case "timed_out":
      return new AppError(
        "timed_out",
        `${timeoutText(server, options)}: ${quietText(step, { report, options })}`,
      );
    case "interrupted":
      return new AppError("interrupted", `Interrupted while waiting for ${server}`);
    case "unreachable":
      return statusProblem(report) ??
        new AppError("unreachable", `Cannot wait for ${server}: it did not answer`);
    case "unknown":
      return new AppError("unknown", cannotKnow(step, { server, options }));
    default:
      return step satisfies never;
  }
}

function timeoutText(server: string, { timeout = 0 }: WaitOptions): string {
  return timeout === 0
    ? `Did not wait for ${server}, as --timeout 0 says`
    : `Timed out after ${writeDuration(timeout)} waiting for ${server}`;
}

function cannotKnow(
  { about, reason }: Extract<WaitStep, { readonly ended: "unknown" }>,
  { server, options }: { readonly server: string; readonly options: WaitOptions },
): string {
  const found = unknownText(reason);
  const needs = reason.needs === null ? "" : `it needs ${reason.needs}, or `;
  if (about === "ages") {
    return `Cannot know how long ${server} has been idle: ${found} ` +
      `(${needs}leave out --idle-for)`;
  }
  if (about === "certainty") {
    return `Cannot be certain that ${server} is idle: ${found} (or leave out --require-exact)`;
  }
  const advice = options.assume === undefined
    ? "choose with --assume"
    : `choose another --assume than ${options.assume}`;
  return `Cannot know whether ${server} is idle: ${found} ` +
    (reason.isLasting ? `(${needs}${advice})` : "(it may pass: try again)");
}

function quietText({ quietMs }: { readonly quietMs: number }, { report, options }: {
  readonly report: DetectionReport;
  readonly options: WaitOptions;
}): string {
  if (quietMs >= 1000 || report.verdict === "idle") {
    return `quiet for ${formatDuration(quietMs)} only`;
  }
  return options.assume === "likely" && report.likely === "idle"
    ? "likely idle, but not seen so for long enough"
    : lowerFirst(verdictText(report));
}

function endText({ step, report }: WaitEnd, options: WaitOptions): string {
  // "Idle" alone would be an answer, where the exit code says that there is none.
  if (step.ended === "unknown" && report.verdict === "idle") {
    return step.about === "ages" ? "Idle, but not known for how long" : "Idle, but not for certain";
  }
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
