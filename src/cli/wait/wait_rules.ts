/** What the options of `wait` come to, for one server as for many. */
import type { Assumption, WaitStep } from "../../detection/idle_wait.ts";
import type { Detection } from "../../detection/detect.ts";
import { askedPauseMs } from "../../detection/put_off.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { WaitGoal, WaitRules } from "../../detection/state_wait.ts";
import { AppError, UsageError } from "../../errors.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { Observer } from "../observer.ts";
import { INTERVAL_MS, watchIntervalMs } from "../later_looks.ts";
import { lookSettled } from "../observer.ts";
import { writeOption } from "../option.ts";
import { writeDuration } from "../quantities.ts";

/**
 * The same at an idle server whose queues are all observed, in milliseconds. Each look tells by the
 * backends' ages whether anything was missed since the one before. More than a minute, however it
 * varies, so that a minute of quiet takes two looks.
 */
const OBSERVED_MS = 70_000;
/**
 * The fraction by which the interval varies, so that many waiting processes do not ask at the same
 * moment.
 */
const JITTER = 0.1;

/** The options of `wait`; durations in milliseconds. */
export interface WaitOptions extends GlobalOptions {
  readonly all: boolean | undefined;
  readonly any: boolean | undefined;
  readonly for: WaitGoal | undefined;
  readonly idleFor: number | undefined;
  readonly timeout: number | undefined;
  readonly timeoutExitCode: number | undefined;
  readonly interval: number | undefined;
  readonly assume: Assumption | undefined;
  readonly trustAges: boolean | undefined;
  readonly requireExact: boolean | undefined;
  readonly once: boolean | undefined;
  readonly claim: string | undefined;
  readonly claimFor: number | undefined;
}

/** @throws {UsageError} If options contradict each other. */
export function checkWaitOptions(options: WaitOptions): void {
  checkGoal(options);
  if (options.any && options.all) {
    throw new UsageError("Cannot use --any and --all together: wait for one server, or for all");
  }
  if (options.once && (options.timeout ?? options.interval) !== undefined) {
    throw new UsageError("Cannot use --once with --timeout or --interval: it looks only once");
  }
  if (options.requireExact && options.assume !== undefined) {
    throw new UsageError(
      "Cannot use --require-exact with --assume: one asks for certainty, the other assumes",
    );
  }
  if (options.claimFor !== undefined && options.claim === undefined) {
    throw new UsageError("Cannot use --claim-for without --claim");
  }
  if (options.claim !== undefined && (options.any || options.all)) {
    throw new UsageError("Cannot use --claim with --any or --all: a claim is on one server");
  }
  if (options.timeoutExitCode !== undefined && options.timeout === undefined) {
    throw new UsageError("Cannot use --timeout-exit-code without --timeout");
  }
}

/** The options that make sense only while an idle server is waited for, and why. */
const ONLY_FOR_IDLE: readonly (readonly [keyof WaitOptions, string])[] = [
  ["idleFor", "it says for how long the server must be idle"],
  ["trustAges", "it says for how long the server has been idle"],
  ["requireExact", "it says when the server counts as idle"],
  ["once", "it remembers how long the server has been idle (--timeout 0 looks once)"],
  ["claim", "a claim is taken when the server is idle"],
];

/** @throws {UsageError} If an option does not go with what is waited for. */
function checkGoal(options: WaitOptions): void {
  const { for: goal = "idle", assume } = options;
  if (goal === "idle") return;
  for (const [name, why] of ONLY_FOR_IDLE) {
    if (options[name] === undefined) continue;
    throw new UsageError(`Cannot use ${writeOption(name)} with --for ${goal}: ${why}`);
  }
  if (goal === "online" && assume !== undefined) {
    throw new UsageError("Cannot use --assume with --for online: it says when a server is idle");
  }
}

/** What is waited for. */
export function waitRules(options: WaitOptions): WaitTextRules {
  return {
    goal: options.for ?? "idle",
    idleForMs: options.idleFor ?? 0,
    idleFor: writeDuration(options.idleFor ?? 0),
    trustAges: options.trustAges ?? false,
    assume: options.assume ?? null,
    requireExact: options.requireExact ?? false,
  };
}

/**
 * Looks once for a wait. Only whether the server is idle or busy is worth looking again for, as
 * `lookSettled()` does.
 *
 * @param at.signal Ends it with the last look that was had.
 */
export function lookForWait({ goal, assume }: WaitRules, { observer, context, signal }: {
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
}): Promise<Detection> {
  if (goal === "online") return observer.look({ models: false });
  const isAssumed = assume !== null;
  return lookSettled({ observer, context }, { models: false, isAssumed, signal });
}

/** A look that did not end the wait. */
export type UnendedStep = Extract<WaitStep, { readonly ended: null }>;

/**
 * Time until the next look, in milliseconds: if the quiet will be long enough before that is due, the
 * moment when it is.
 *
 * @param about.quiet `null`: it is long enough already.
 * @param about.isObserved Whether all that could work is observed (`QueuePushes`).
 */
export function untilNextLook(report: DetectionReport, about: {
  readonly quiet: Pick<UnendedStep, "isQuiet" | "quietMs"> | null;
  readonly intervalMs: number | undefined;
  readonly idleForMs: number;
  readonly isObserved: boolean;
}): number {
  const { quiet, idleForMs } = about;
  const untilQuietMs = quiet?.isQuiet ? idleForMs - quiet.quietMs : Infinity;
  const isRare = about.isObserved && report.verdict === "idle" && idleForMs > 0;
  const dueMs = watchIntervalMs(report, isRare ? OBSERVED_MS : INTERVAL_MS);
  const intervalMs = varied(about.intervalMs ?? dueMs);
  return Math.max(Math.min(intervalMs, Math.max(untilQuietMs, 1)), askedPauseMs(report));
}

function varied(intervalMs: number): number {
  return Math.round(intervalMs * (1 + JITTER * (2 * Math.random() - 1)));
}

/** The end of a wait that has taken too long. */
export interface Deadline extends Disposable {
  /** Aborted when the time has come. */
  readonly signal: AbortSignal;
  /** Milliseconds until then; `Infinity` if it never comes. */
  leftMs(): number;
}

/** @param timeoutMs 0 or `Infinity`: nothing is aborted. */
export function startDeadline(
  timeoutMs: number,
  { clock, terminal }: Pick<CommandContext, "clock" | "terminal">,
): Deadline {
  const endMs = clock.monotonicMs() + timeoutMs;
  const [deadline, disposed] = [new AbortController(), new AbortController()];
  if (timeoutMs > 0 && timeoutMs !== Infinity) {
    void clock.sleep(timeoutMs, disposed.signal).then(() => {
      if (disposed.signal.aborted) return;
      terminal.endSoon(new AppError("timed_out", "Timed out"));
      deadline.abort();
    });
  }
  return {
    signal: deadline.signal,
    leftMs: () => endMs - clock.monotonicMs(),
    [Symbol.dispose]: () => disposed.abort(),
  };
}
