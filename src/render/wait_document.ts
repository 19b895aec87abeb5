/** The end of `wait` as one JSON document: that of `status`, and how the wait ended. Pure. */
import type { WaitStep } from "../detection/idle_wait.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { WaitRules } from "../detection/state_wait.ts";
import type { Claim } from "../generation/claim.ts";
import { claimDocument } from "./status/claim.ts";
import type { DocumentError } from "./status/status_document.ts";
import { statusDocument } from "./status/status_document.ts";

/** How a wait ended. */
export interface WaitEnd {
  readonly step:
    | Exclude<WaitStep, { readonly ended: null }>
    | { readonly ended: "timed_out" | "interrupted" | "not_yet"; readonly quietMs: number };
  /** The last look. */
  readonly report: DetectionReport;
  readonly waitedMs: number;
  /** The claim that was taken. */
  readonly claim?: Claim;
  /** Whoever holds the claim that was wanted. */
  readonly holder?: Claim;
}

/** What the backends' ages cannot show, for windows that depend on them. */
export const AGES_BLIND_SPOTS =
  "model loads, work that wound down, and jobs sent straight to ComfyUI";

/** Makes the document of `wait`. */
export function waitDocument(
  { step, report, waitedMs, claim, holder }: WaitEnd,
  about: {
    readonly rules: WaitRules;
    readonly error: DocumentError | null;
    /** @default {when the last look was taken} */
    readonly nowMs?: number;
  },
): Readonly<Record<string, unknown>> {
  const { rules, error, nowMs = report.takenAt } = about;
  const basis = step.ended === "idle" ? step.basis : null;
  return {
    ...statusDocument(report, error),
    wait: {
      condition: rules.goal,
      ended: step.ended,
      quiet_seconds: quietSeconds(step),
      idle_for_seconds: rules.idleForMs / 1000,
      quiet_basis: basis,
      blind_spots: basis === "backend_ages" ? [AGES_BLIND_SPOTS] : [],
      assumed: rules.assume,
      waited_seconds: Math.round(waitedMs / 100) / 10,
      claim: claim === undefined ? null : claimDocument(claim, nowMs),
      claimed_by: holder === undefined ? null : claimDocument(holder, nowMs),
    },
  };
}

/** How long it was quiet, in seconds; never rounded up. */
export function quietSeconds(step: WaitEnd["step"] | WaitStep): number {
  return "quietMs" in step ? Math.floor(step.quietMs / 100) / 10 : 0;
}
