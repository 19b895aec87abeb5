/** Waits for a quiet server, from report to report. Pure except for its own memory. */
import { asksForPatience, PUT_OFF_MAX_MS, putOffOf } from "./put_off.ts";
import type { QuietWindow } from "./quiet_window.ts";
import { advanceWindow, isUnbroken, quietLook, quietMs } from "./quiet_window.ts";
import type { DetectionReport } from "./report.ts";
import type { UnknownReason } from "./unknown_reason.ts";
import {
  canBeLikely,
  hiddenAges,
  passingReason,
  unknownReason,
  wrongAddress,
} from "./unknown_reason.ts";

/** How late a look may be, in milliseconds. */
const SLACK_MS = 1_000;

/** How long `likely` must have lasted before it is taken for idle, in milliseconds. */
const LIKELY_HOLD_MS = 5_000;

/** What an unknown verdict is taken for if its reason will not pass. */
export type Assumption = "likely" | "idle" | "busy";

/** What is waited for. */
export interface IdleWaitOptions {
  /**
   * How long the server must have been quiet without interruption, in milliseconds; 0: idle once.
   */
  readonly idleForMs: number;
  /** Whether the quiet may begin before the first look, by the backends' ages. */
  readonly trustAges: boolean;
  /**
   * `null`: an unknown verdict with a lasting reason ends the wait. Reasons that may pass are never
   * assumed away.
   */
  readonly assume: Assumption | null;
  /** Whether the server counts as idle only if nothing could be running unseen. */
  readonly requireExact: boolean;
}

/** What is kept from one look to the next, also between processes. */
export interface WaitMemory {
  readonly window: QuietWindow | null;
  /** Since when `likely` has lasted, on the clock of the looks, in milliseconds. */
  readonly likelySinceMs: number | null;
  /**
   * When the first look was answered that was put off since the last one that counts; same clock.
   * Absent: none was put off.
   */
  readonly putOffSinceMs?: number;
}

/** The result of a look. */
export type WaitStep =
  | {
    readonly ended: null;
    readonly quietMs: number;
    /** The server is quiet, though not for long enough. */
    readonly isQuiet: boolean;
    /** The quiet was interrupted, or may have been, between two looks that both found it idle. */
    readonly wasBroken: boolean;
    /**
     * Set if the look does not count, because the server could not answer for a reason that passes.
     */
    readonly wasPutOff?: true;
  }
  | { readonly ended: "idle"; readonly quietMs: number; readonly basis: QuietWindow["basis"] }
  /** Only where one of these was waited for. */
  | { readonly ended: "online" | "busy" }
  | {
    readonly ended: "unknown";
    /**
     * What cannot be known: whether the server is idle, whether that is certain, for how long it
     * has been idle (only the ages tell), or whether the address is SwarmUI's.
     */
    readonly about: "verdict" | "certainty" | "ages" | "address";
    readonly reason: UnknownReason;
  }
  | { readonly ended: "unreachable" };

/** Takes look after look until the server has been quiet for long enough. */
export class IdleWait {
  readonly #options: IdleWaitOptions;
  #memory: WaitMemory;
  #isFirst: boolean;

  /** @param memory What an earlier process kept; `null`: this is the first look. */
  constructor(options: IdleWaitOptions, memory: WaitMemory | null) {
    this.#options = options;
    this.#isFirst = memory === null;
    this.#memory = memory ?? { window: null, likelySinceMs: null };
  }

  /** What the next look needs, for the next process. */
  get memory(): WaitMemory {
    return this.#memory;
  }

  /** Begins anew: what came between two looks was no quiet. */
  restart(): void {
    this.#memory = { window: null, likelySinceMs: null };
  }

  /**
   * Takes in a look. Its times are on the same clock as all others, in milliseconds.
   *
   * @param told.toldAtMs As in `advanceWindow()`.
   */
  take(report: DetectionReport, told: {
    readonly askedAtMs: number;
    readonly answeredAtMs: number;
    readonly toldAtMs?: number;
  }): WaitStep {
    const { toldAtMs = told.answeredAtMs, ...times } = told;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#passesOver(report, { ...times, isFirst })) {
      const { window } = this.#memory;
      const isQuiet = window !== null && window.sinceMs !== null;
      const quiet = window === null ? 0 : quietMs(window);
      return { ended: null, quietMs: quiet, isQuiet, wasBroken: false, wasPutOff: true };
    }
    const reason = unknownReason(report);
    const isIdle = this.#isIdle(report, { reason, ...times });
    const before = this.#windowBefore(times);
    const look = { ...quietLook(report, times), isIdle };
    const { trustAges } = this.#options;
    const window = advanceWindow(before, look, { trustAges, toldAtMs });
    this.#memory = { window, likelySinceMs: this.#memory.likelySinceMs };
    // Nothing is assumed about a program that is not SwarmUI.
    const notSwarm = wrongAddress(report);
    if (notSwarm !== null) return { ended: "unknown", about: "address", reason: notSwarm };
    if (report.verdict === "unreachable" && isFirst) return { ended: "unreachable" };
    if (reason?.isLasting && this.#isHopeless(report)) {
      return { ended: "unknown", about: "verdict", reason };
    }
    if (this.#options.requireExact && isForeverUncertain(report)) {
      return { ended: "unknown", about: "certainty", reason: uncertainty(report) };
    }
    const quiet = quietMs(window);
    if (isIdle && window.sinceMs !== null && quiet >= this.#options.idleForMs) {
      return { ended: "idle", quietMs: quiet, basis: window.basis };
    }
    // Without the ages, work between two looks is not seen, so no window can ever be proven.
    const hidden = this.#options.idleForMs > 0 ? hiddenAges(report) : null;
    if (hidden !== null) return { ended: "unknown", about: "ages", reason: hidden };
    const wasBroken = before !== null && before.sinceMs !== null && window.sinceMs !== null &&
      window !== before && !isUnbroken(before.last, look);
    return {
      ended: null,
      quietMs: quiet,
      isQuiet: window.sinceMs !== null,
      wasBroken,
    };
  }

  /**
   * Says whether a look that was put off is skipped: as long as the next look that counts can still
   * be in time. Of looks that had no answer in time only one is skipped, since two may mean a
   * server that hangs.
   */
  #passesOver(report: DetectionReport, { isFirst, askedAtMs, answeredAtMs }: {
    readonly isFirst: boolean;
    readonly askedAtMs: number;
    readonly answeredAtMs: number;
  }): boolean {
    const kind = putOffOf(report);
    const { putOffSinceMs = null } = this.#memory;
    if (kind === null) return false;
    // Nobody knows yet whether there is a server at all.
    if (isFirst && report.verdict === "unreachable" && !asksForPatience(report)) return false;
    if (kind === "timeout" && putOffSinceMs !== null) return false;
    if (!isInTime(putOffSinceMs, askedAtMs)) return false;
    this.#memory = { ...this.#memory, putOffSinceMs: putOffSinceMs ?? answeredAtMs };
    return true;
  }

  /** The window to continue; none if looks were put off for too long. */
  #windowBefore({ askedAtMs }: { readonly askedAtMs: number }): QuietWindow | null {
    const { window, putOffSinceMs = null } = this.#memory;
    return window === null || isInTime(putOffSinceMs, askedAtMs)
      ? window
      : { ...window, sinceMs: null };
  }

  #isIdle(report: DetectionReport, seen: {
    readonly reason: UnknownReason | null;
    readonly askedAtMs: number;
    readonly answeredAtMs: number;
  }): boolean {
    const isAssumable = seen.reason?.isLasting === true && passingReason(report) === null;
    const likelySinceMs = isAssumable && report.likely === "idle" ? this.#likelySince(seen) : null;
    this.#memory = { ...this.#memory, likelySinceMs };
    if (report.verdict === "idle") return !this.#options.requireExact || report.basis === "exact";
    if (!isAssumable) return false;
    if (this.#options.assume === "idle") return true;
    return this.#options.assume === "likely" && likelySinceMs !== null &&
      seen.askedAtMs - likelySinceMs >= LIKELY_HOLD_MS;
  }

  #likelySince(seen: { readonly askedAtMs: number; readonly answeredAtMs: number }): number {
    const { likelySinceMs } = this.#memory;
    // A time in the future was written before the clock was set back.
    const isKnown = likelySinceMs !== null && likelySinceMs <= seen.askedAtMs;
    return isKnown ? likelySinceMs : seen.answeredAtMs;
  }

  /** Says whether waiting cannot change the reason for which the answer is unknown. */
  #isHopeless(report: DetectionReport): boolean {
    const { assume } = this.#options;
    return assume === null || (assume === "likely" && !canBeLikely(report));
  }
}

/** Says whether a look comes soon enough after the first one that was put off. */
function isInTime(putOffSinceMs: number | null, askedAtMs: number): boolean {
  // A client that obeys `Retry-After: 30` is a little late.
  return putOffSinceMs === null || Math.abs(askedAtMs - putOffSinceMs) <= PUT_OFF_MAX_MS + SLACK_MS;
}

/** Says whether an idle server may hold work that is not visible, for a lasting reason. */
function isForeverUncertain({ verdict, basis, vanished }: DetectionReport): boolean {
  return verdict === "idle" && basis !== "exact" && vanished.length === 0;
}

function uncertainty({ blindSpots }: DetectionReport): UnknownReason {
  return {
    isLasting: true,
    needs: null,
    evidence: null,
    message: `not visible: ${blindSpots.join("; ")}`,
  };
}

/**
 * The port through which a wait continues in the next process. Waits are kept by what they wait
 * for; their times are epoch milliseconds.
 */
export interface WaitStore {
  /**
   * Continues a wait, one process at a time.
   *
   * @param change Gets what was kept, `null` if there is nothing or it cannot be understood;
   * returns what to keep.
   * @returns What `change` returned.
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {StateFileError} If it could not be read or written.
   */
  update<T extends { readonly kept: WaitMemory }>(
    key: WaitKey,
    change: (kept: WaitMemory | null) => T,
  ): Promise<T>;
}

/** What a wait is for. Waits with different rules do not share their windows. */
export interface WaitKey {
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** The rules in one word that is safe in a file name. */
  readonly rules: string;
}
