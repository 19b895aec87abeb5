/** What `wait` tells people: a line for each change on its way, and one at its end. Pure. */
import type { IdleWaitOptions, WaitStep } from "../detection/idle_wait.ts";
import type { DetectionReport } from "../detection/report.ts";
import { escapeForTerminal } from "./escape.ts";
import { formatDuration } from "./text.ts";
import { verdictText } from "./verdict_text.ts";
import type { WaitEnd } from "./wait_document.ts";
import { AGES_BLIND_SPOTS } from "./wait_document.ts";

/** Makes the text of `wait`; it ends with a line break. */
export function waitText(end: WaitEnd, rules: IdleWaitOptions): string {
  return `${escapeForTerminal(endText(end, rules))}\n`;
}

/** A look on the way, without a line break; ids in it are escaped by the caller. */
export function waitStepText(report: DetectionReport, step: WaitStep): string {
  if (step.ended !== null) return verdictText(report);
  const text = step.wasBroken
    ? "Idle, but a backend was used, came or went since the last look: the quiet starts again"
    : verdictText(report);
  return step.isQuiet && step.quietMs >= 1000
    ? `${text} (quiet for ${formatDuration(step.quietMs)})`
    : text;
}

function endText({ step, report }: WaitEnd, { assume, idleForMs }: IdleWaitOptions): string {
  // "Idle" alone would be an answer, where the exit code says that there is none.
  if (step.ended === "unknown" && report.verdict === "idle") {
    return step.about === "ages" ? "Idle, but not known for how long" : "Idle, but not for certain";
  }
  if (step.ended !== "idle") return verdictText(report);
  const assumed = report.verdict === "idle" ? "" : `, assumed with --assume ${assume}`;
  if (idleForMs === 0) return `Idle${assumed}`;
  const basis = step.basis === "backend_ages"
    ? `, by the backends' ages (not visible there: ${AGES_BLIND_SPOTS})`
    : "";
  return `Idle: quiet for ${formatDuration(step.quietMs)}${basis}${assumed}`;
}
