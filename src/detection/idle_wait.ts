/** Waiting for a quiet server, from report to report. Pure but for its own memory. */
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

/** By how much a look may be late, in milliseconds. */
const SLACK_MS = 1_000;

/** How long `likely` must have held before it is taken for idle, in milliseconds. */
export const LIKELY_HOLD_MS = 5_000;

/** What an unknown verdict that will last is taken for. */
export type Assumption = "likely" | "idle" | "busy";

/** What is waited for. */
export interface IdleWaitOptions {
  /** How long the server must have been quiet without a break, in milliseconds; 0: idle once. */
  readonly idleForMs: number;
  /** Whether the quiet may begin before the first look, by the backends' ages. */
  readonly trustAges: boolean;
  /**
   * `null`: an unknown verdict that will last ends the wait. What may pass is never assumed away.
   */
  readonly assume: Assumption | null;
  /** Whether the server counts as idle only if nothing could be running there unseen. */
  readonly requireExact: boolean;
}

/** What is kept from one look to the next, also between processes. */
export interface WaitMemory {
  readonly window: QuietWindow | null;
  /** Since when `likely` has held; on the looks' clock, milliseconds. */
  readonly likelySinceMs: number | null;
  /**
   * When the first look was answered that was put off since the last one that counts; same clock.
   * Absent: none was.
   */
  readonly putOffSinceMs?: number;
}

/** What a look has come to. */
export type WaitStep =
  | {
    readonly ended: null;
    readonly quietMs: number;
    /** The server is quiet, though not for long enough. */
    readonly isQuiet: boolean;
    /** The quiet was broken, or may have been, between two looks that both saw it idle. */
    readonly wasBroken: boolean;
    /** Set if the server could not answer for a reason that passes, so that the look does not count. */
    readonly wasPutOff?: true;
  }
  | { readonly ended: "idle"; readonly quietMs: number; readonly basis: QuietWindow["basis"] }
  | {
    readonly ended: "unknown";
    /**
     * What cannot be known: whether it is idle, whether that is certain, for how long it has been so,
     * which only the ages tell, or where SwarmUI is.
     */
    readonly about: "verdict" | "certainty" | "ages" | "address";
    readonly reason: UnknownReason;
  }
  | { readonly ended: "unreachable" };

/** Goes from look to look until the server has been quiet for long enough. */
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

  /** What the next look needs, to be kept between processes. */
  get memory(): WaitMemory {
    return this.#memory;
  }

  /**
   * Takes a look in; its times are on one clock with all others, milliseconds.
   *
   * @param told.toldAtMs As of `advanceWindow()`.
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
    // Nothing is assumed of what is not SwarmUI.
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
    // Without the ages, what ran between two looks is not seen: no window can ever be proven.
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
   * A look that was put off is passed over for as long as the next one that counts may still be in
   * time; only one that had no answer in time, for two may be a server that hangs.
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

  /** The window to go on with: none if looks were put off for too long. */
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
    // One in the future was told by a clock that has been set back since.
    const isKnown = likelySinceMs !== null && likelySinceMs <= seen.askedAtMs;
    return isKnown ? likelySinceMs : seen.answeredAtMs;
  }

  /** Nothing that waiting could change keeps the answer from us. */
  #isHopeless(report: DetectionReport): boolean {
    const { assume } = this.#options;
    return assume === null || (assume === "likely" && !canBeLikely(report));
  }
}

/** Says whether a look comes soon enough after the first one that was put off. */
function isInTime(putOffSinceMs: number | null, askedAtMs: number): boolean {
  // Whoever obeys `Retry-After: 30` is a little late.
  return putOffSinceMs === null || Math.abs(askedAtMs - putOffSinceMs) <= PUT_OFF_MAX_MS + SLACK_MS;
}

/** Says whether an idle server may hold work that is not visible, for a reason that will last. */
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
 * The port through which a wait goes on from process to process. It keeps waits by what they wait
 * for; times in them are epoch milliseconds.
 */
export interface WaitStore {
  /**
   * Goes on with a wait, one process at a time.
   *
   * @param change Is given what was kept, `null` if there is nothing or nothing that can be
   *   understood; says what is to be kept.
   * @returns What `change` gave.
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {StateFileError} If it could not be read or written.
   */
  update<T extends { readonly kept: WaitMemory }>(
    key: WaitKey,
    change: (kept: WaitMemory | null) => T,
  ): Promise<T>;
}

/** What a wait is about: waits with other rules do not share their windows. */
export interface WaitKey {
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** The rules in one word, safe in a file name. */
  readonly rules: string;
}
