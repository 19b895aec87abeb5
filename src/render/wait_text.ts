/** What `wait` prints for people: a line for each change, and one at the end. Pure. */
import type { WaitStep } from "../detection/idle_wait.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { WaitRules } from "../detection/state_wait.ts";
import { lowerFirst } from "../errors.ts";
import { holderText } from "./status/claim.ts";
import { escapeForTerminal } from "./escape.ts";
import { formatDuration } from "./text.ts";
import { verdictReason, verdictText } from "./status/verdict_text.ts";
import type { WaitEnd } from "./wait_document.ts";
import { AGES_BLIND_SPOTS } from "./wait_document.ts";

/** What is waited for, for people. */
export interface WaitTextRules extends WaitRules {
  /** `--idle-for` as people write it: `10m`. */
  readonly idleFor: string;
}

/**
 * Makes the text of `wait`; it ends with a line break. It never says only `Idle` unless the exit
 * code is 0.
 */
export function waitText(end: WaitEnd, rules: WaitTextRules, nowMs: number): string {
  const { claim, holder } = end;
  const text = escapeForTerminal(endText(end, rules));
  if (claim !== undefined) {
    const lasts = formatDuration(claim.expiresAt - claim.takenAt);
    return `${text}\nClaimed for ${lasts}: ${claim.id} (asset-generator release ${claim.id} ends it)\n`;
  }
  if (holder === undefined) return `${text}\n`;
  return escapeForTerminal(`Not free: the server is ${holderText(holder, nowMs)}`) + "\n";
}

/** A look before the end, without a line break; the caller escapes ids in it. */
export function waitStepText(
  report: DetectionReport,
  { step, rules }: {
    readonly step: Extract<WaitStep, { readonly ended: null }>;
    readonly rules: WaitTextRules;
  },
): string {
  if (step.wasBroken) {
    return "Idle, but a backend was used, came or went since the last look: the quiet starts again";
  }
  return step.isQuiet || report.verdict === "idle"
    ? quietText(step, { report, rules })
    : verdictText(report);
}

/** How much of the required quiet has passed: `Idle for 2s of 10m`. */
export function quietText({ quietMs }: { readonly quietMs: number }, { report, rules }: {
  readonly report: DetectionReport;
  readonly rules: WaitTextRules;
}): string {
  const assumed = assumedText(report, rules);
  if (rules.idleForMs === 0) return `Idle${assumed}`;
  return `Idle for ${formatDuration(quietMs)} of ${rules.idleFor}${assumed}`;
}

/** Added if the server is not known to be idle, but is assumed to be. */
function assumedText({ verdict }: DetectionReport, { assume }: WaitTextRules): string {
  return verdict === "idle" ? "" : `, assumed with --assume ${assume}`;
}

/** The last look of a wait that did not reach its goal. */
function missedText({ quietMs }: { readonly quietMs: number }, { report, rules }: {
  readonly report: DetectionReport;
  readonly rules: WaitTextRules;
}): string {
  if (rules.goal !== "idle") return verdictText(report);
  if (report.verdict === "idle" && rules.idleForMs === 0) return "Idle, but not for certain";
  if (quietMs > 0 || report.verdict === "idle") return quietText({ quietMs }, { report, rules });
  return rules.assume === "likely" && report.likely === "idle"
    ? "Likely idle, but not seen so for long enough"
    : verdictText(report);
}

/**
 * The last look of a wait that did not reach its goal, as what follows "the server": `is busy: 1
 * generation`.
 */
export function missedClause(look: { readonly quietMs: number }, { report, rules }: {
  readonly report: DetectionReport;
  readonly rules: WaitTextRules;
}): string {
  const text = missedText(look, { report, rules });
  if (text.startsWith("Idle for ")) return `has been ${lowerFirst(text)}`;
  if (text === verdictText(report)) {
    if (report.verdict === "unknown") {
      return `may be idle or busy: ${verdictReason(report) ?? "not known"}`;
    }
    if (report.verdict === "unreachable") return `does not answer: ${verdictReason(report)}`;
  }
  return `is ${lowerFirst(text)}`;
}

function endText({ step, report }: WaitEnd, rules: WaitTextRules): string {
  switch (step.ended) {
    case "idle": {
      const assumed = assumedText(report, rules);
      if (rules.idleForMs === 0) return `Idle${assumed}`;
      const basis = step.basis === "backend_ages"
        ? `, by the backends' ages (not visible there: ${AGES_BLIND_SPOTS})`
        : "";
      return `Idle for ${formatDuration(step.quietMs)}${basis}${assumed}`;
    }
    case "online":
      return "Online";
    case "busy":
      return report.verdict === "busy" ? verdictText(report) : `Busy${assumedText(report, rules)}`;
    case "unknown":
      // "Idle" alone would look like the answer, while the exit code says that there is none.
      if (report.verdict !== "idle") return verdictText(report, { advises: false });
      return step.about === "ages"
        ? "Idle, but not known for how long"
        : "Idle, but not for certain";
    case "unreachable":
      return verdictText(report);
    case "not_yet":
      return missedText(step, { report, rules });
    case "timed_out":
    case "interrupted": {
      const text = missedText(step, { report, rules });
      return rules.goal === "idle" && text.startsWith("Idle") ? text : `Still ${lowerFirst(text)}`;
    }
    default:
      return step satisfies never;
  }
}
