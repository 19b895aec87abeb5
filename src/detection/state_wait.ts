/** Waits until a server answers, or until it is busy, from report to report. */
import type { IdleWaitOptions, WaitMemory, WaitStep } from "./idle_wait.ts";
import { IdleWait } from "./idle_wait.ts";
import { asksForPatience } from "./put_off.ts";
import type { DetectionReport } from "./report.ts";
import { canBeLikely, passingReason, unknownReason, wrongAddress } from "./unknown_reason.ts";

/** What a wait is for: an idle server, one that answers at all, or one that works. */
export type WaitGoal = "idle" | "online" | "busy";

/** What is waited for, in full. */
export interface WaitRules extends IdleWaitOptions {
  readonly goal: WaitGoal;
}

/** Begins a wait; `memory` as in `IdleWait`. */
export function beginWait(
  { goal, ...options }: WaitRules,
  memory: WaitMemory | null,
): IdleWait | StateWait {
  return goal === "idle" ? new IdleWait(options, memory) : new StateWait({ ...options, goal });
}

/**
 * Takes look after look until the server answers (`online`) or works (`busy`).
 *
 * A server is online once SwarmUI answers and takes the login, whatever its backends do. Work that
 * begins and ends between two looks is not seen.
 */
class StateWait {
  readonly #goal: "online" | "busy";
  readonly #assume: IdleWaitOptions["assume"];
  #isFirst = true;

  constructor({ goal, assume }: {
    readonly goal: "online" | "busy";
    /** Only for `busy`: what an unknown verdict is taken for if its reason will not pass. */
    readonly assume: IdleWaitOptions["assume"];
  }) {
    this.#goal = goal;
    this.#assume = assume;
  }

  /** Takes in a look. */
  take(report: DetectionReport): WaitStep {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    // Waiting does not make it SwarmUI.
    const notSwarm = wrongAddress(report);
    if (notSwarm !== null) return { ended: "unknown", about: "address", reason: notSwarm };
    return this.#goal === "online" ? onlineStep(report) : this.#busyStep(report, isFirst);
  }

  /** Begins anew; there is nothing to forget. */
  restart(): void {}

  #busyStep(report: DetectionReport, isFirst: boolean): WaitStep {
    if (report.verdict === "busy") return { ended: "busy" };
    if (isFirst && report.verdict === "unreachable" && !asksForPatience(report)) {
      return { ended: "unreachable" };
    }
    const reason = unknownReason(report);
    if (!reason?.isLasting) return NOT_YET;
    // Reasons that may pass are never assumed away.
    if (this.#assume === "busy" && passingReason(report) === null) return { ended: "busy" };
    const isHopeless = this.#assume === null ||
      (this.#assume === "likely" && !canBeLikely(report));
    return isHopeless ? { ended: "unknown", about: "verdict", reason } : NOT_YET;
  }
}

function onlineStep(report: DetectionReport): WaitStep {
  if (report.reach === "online") return { ended: "online" };
  const reason = unknownReason(report);
  return reason?.isLasting ? { ended: "unknown", about: "verdict", reason } : NOT_YET;
}

const NOT_YET: WaitStep = { ended: null, quietMs: 0, isQuiet: false, wasBroken: false };
