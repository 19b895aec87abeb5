/** Why what was waited for has not come, as an error for people. Pure. */
import { serverAdvice } from "../../detection/answer.ts";
import type { WaitStep } from "../../detection/idle_wait.ts";
import { AppError, withAdvice } from "../../errors.ts";
import { unknownText } from "../../render/status/verdict_text.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import { missedClause } from "../../render/wait_text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import { statusProblem } from "../status_problem.ts";
import { writeDuration } from "../quantities.ts";

/**
 * The problem; `null` if what was waited for has come.
 *
 * @param about.timeoutMs The value of `--timeout`; `Infinity` without it.
 * @param about.isToldAbove Whether the line before this one already shows the last look.
 */
export function waitProblem(
  { step, report, holder }: WaitEnd,
  about: {
    readonly rules: WaitTextRules;
    readonly timeoutMs: number;
    readonly isToldAbove: boolean;
  },
): AppError | null {
  const { rules, timeoutMs, isToldAbove } = about;
  const server = report.serverUrl;
  function withLook(said: string, look: { readonly quietMs: number }): string {
    if (isToldAbove) return said;
    return holder === undefined
      ? `${said}; it ${missedClause(look, { report, rules })}`
      : `${said}: ${holder.name} holds ${holder.id}`;
  }
  switch (step.ended) {
    case "idle":
    case "online":
    case "busy":
      return null;
    case "not_yet":
      if (holder !== undefined) return new AppError("busy", withLook(`${server} is claimed`, step));
      return new AppError(
        "busy",
        `${server} ${isToldAbove ? notYetText(rules) : missedClause(step, { report, rules })}`,
      );
    case "timed_out":
      return new AppError(
        "timed_out",
        withLook(timeoutText(`${server}${goalText(rules)}`, timeoutMs), step),
      );
    case "interrupted":
      return new AppError("interrupted", `Interrupted while waiting for ${server}`);
    case "unreachable":
      return statusProblem(report) ??
        new AppError("unreachable", `Cannot wait for ${server}: it did not answer`);
    case "unknown":
      return new AppError("unknown", cannotKnow(step, { server, rules }));
    default:
      return step satisfies never;
  }
}

/** What is waited for, after the name of who is waited for; nothing for `idle`. */
export function goalText({ goal }: Pick<WaitTextRules, "goal">): string {
  return goal === "idle" ? "" : ` to be ${goal}`;
}

function notYetText({ idleForMs, idleFor }: WaitTextRules): string {
  return idleForMs === 0 ? "is not idle" : `has not been idle for ${idleFor} yet`;
}

function timeoutText(server: string, timeoutMs: number): string {
  return timeoutMs === 0
    ? `Did not wait for ${server}, because of --timeout 0`
    : `Timed out after ${writeDuration(timeoutMs)} waiting for ${server}`;
}

function cannotKnow(
  { about, reason }: Extract<WaitStep, { readonly ended: "unknown" }>,
  { server, rules }: { readonly server: string; readonly rules: WaitTextRules },
): string {
  const found = unknownText(reason);
  if (reason.evidence?.reason === "setting") return reason.evidence.message ?? found;
  if (about === "address") {
    const advice = serverAdvice("not_swarmui") ?? "";
    return `Cannot wait for ${server}: ${withAdvice(found, advice)}`;
  }
  if (rules.goal === "online") {
    const whole = reason.needs === null ? found : withAdvice(found, `it needs ${reason.needs}`);
    return `Cannot know whether ${server} is online: ${whole}`;
  }
  // A Deno flag has no article, a permission of SwarmUI has one.
  const needed = reason.needs?.replace(/^permission /, "the permission ");
  const needs = needed === undefined ? "" : `it needs ${needed}, or `;
  if (about === "ages") {
    const advice = `${needs}leave out --idle-for`;
    return `Cannot know how long ${server} has been idle: ${withAdvice(found, advice)}`;
  }
  if (about === "certainty") {
    return `Cannot be certain that ${server} is idle: ${found} (or leave out --require-exact)`;
  }
  const assume = rules.assume === null
    ? "decide with --assume"
    : "decide with --assume idle or --assume busy";
  const advice = reason.isLasting ? `${needs}${assume}` : "this may pass; try again";
  return `Cannot know whether ${server} is ${rules.goal}: ${withAdvice(found, advice)}`;
}
