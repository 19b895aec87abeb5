/** Runs `wait --once`: one look, as a part of a wait that continues in the next process. */
import { IdleWait } from "../../detection/idle_wait.ts";
import type { IdleWaitOptions, WaitMemory, WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { passingReason, unknownReason } from "../../detection/unknown_reason.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import type { Claiming } from "../claims/claiming.ts";
import type { CommandContext } from "../context.ts";
import type { Observer } from "../observer.ts";
import { lookSettled } from "../observer.ts";

/**
 * Looks, and continues the window that was kept, if one is needed.
 *
 * @throws {PermissionError} If Deno's permission to keep it is missing.
 * @throws {StateFileError} If it could not be kept.
 */
export async function lookOnce(
  rules: IdleWaitOptions,
  { observer, context, claiming = null }: {
    readonly observer: Observer;
    readonly context: CommandContext;
    /** Takes the claim. @default {none is wanted} */
    readonly claiming?: Claiming | null;
  },
): Promise<WaitEnd> {
  const { clock, adapters } = context;
  const askedAtMs = clock.now();
  const isAssumed = rules.assume !== null;
  const detection = await lookSettled({ observer, context }, { models: false, isAssumed });
  const { report } = detection;
  const times = { askedAtMs, answeredAtMs: clock.now() };

  function take(kept: WaitMemory | null): { readonly step: WaitStep; readonly kept: WaitMemory } {
    const wait = new IdleWait(rules, kept);
    // Other processes may have entered their looks while this one waited for its turn.
    const step = wait.take(report, { ...times, toldAtMs: clock.now() });
    return { step, kept: wait.memory };
  }

  // Without a window there is nothing to keep, and no permission is needed for it.
  const keeps = rules.idleForMs > 0 || rules.assume === "likely";
  const { step } = keeps
    ? await (await adapters.waitStore()).update(keyOf(rules, observer), take)
    : take(null);
  await observer.prune(detection);
  const end = { step: endOf(step, { report, rules }), report, waitedMs: 0 };
  if (end.step.ended !== "idle" || claiming === null) return end;
  const attempt = await claiming.take(report);
  if ("claim" in attempt) return { ...end, claim: attempt.claim };
  if ("problem" in attempt) throw attempt.problem;
  const { quietMs } = end.step;
  return { ...end, step: { ended: "not_yet", quietMs }, holder: attempt.holder };
}

/**
 * The key of a wait. Waits for different lengths share a window; waits that take different things
 * for idle do not.
 */
function keyOf(
  { assume, trustAges, requireExact }: IdleWaitOptions,
  { serverUrl }: Observer,
): { readonly serverUrl: string; readonly rules: string } {
  const more = [trustAges ? "-ages" : "", requireExact ? "-exact" : ""];
  return { serverUrl, rules: [assume ?? "known", ...more].join("") };
}

/** How the wait ends after this look. */
function endOf(step: WaitStep, { report, rules }: {
  readonly report: DetectionReport;
  readonly rules: IdleWaitOptions;
}): WaitEnd["step"] {
  if (step.ended !== null) return step;
  if (report.verdict === "unreachable") return { ended: "unreachable" };
  const reason = unknownReason(report);
  // Reasons that may pass are never assumed away; they also keep an assumption from being made.
  const passing = rules.assume === null ? null : passingReason(report);
  const isAssumed = rules.assume !== null && passing === null;
  if (reason !== null && !(reason.isLasting && isAssumed)) {
    return { ended: "unknown", about: "verdict", reason: passing ?? reason };
  }
  return { ended: "not_yet", quietMs: step.quietMs };
}
