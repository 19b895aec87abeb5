/**
 * What `wait --any` and `wait --all` do: look at the servers until one of them, or all, are idle,
 * online or busy.
 */
import type { Detection } from "../../detection/detect.ts";
import { FleetWait } from "../../detection/fleet_wait.ts";
import type { FleetWaitEnd } from "../../detection/fleet_wait.ts";
import type { WaitStep } from "../../detection/idle_wait.ts";
import { mapBounded } from "../../detection/map_bounded.ts";
import { askedPauseMs } from "../../detection/put_off.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { beginWait } from "../../detection/state_wait.ts";
import { firstAbort, untilAborted } from "../../generation/until_aborted.ts";
import { fleetWaitDocument } from "../../render/fleet/fleet_wait_document.ts";
import type { FleetWaitResult } from "../../render/fleet/fleet_wait_document.ts";
import { fleetWaitText } from "../../render/fleet/fleet_wait_text.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import { documentError } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { openObserver } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { lookOnce } from "../wait/look_once.ts";
import { openWatchObserver, untilDue } from "../watch/watch_observer.ts";
import {
  checkWaitOptions,
  lookForWait,
  startDeadline,
  untilNextLook,
  waitRules,
} from "../wait/wait_rules.ts";
import type { Deadline, WaitOptions } from "../wait/wait_rules.ts";
import { AT_ONCE, openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { FleetWaitLog } from "./fleet_wait_log.ts";
import { fleetWaitProblem } from "./fleet_wait_problem.ts";
import { viewFleet } from "./fleet_view.ts";
import { runLoops, Turns } from "./turns.ts";

/**
 * Waits, or looks once with `--once`; prints the changes, and at the end the reason why it ended.
 */
export async function waitForFleet(
  options: WaitOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkWaitOptions(options);
  const rules = waitRules(options);
  const want = options.any ? "any" : "all";
  const members = openFleet(options, context, `--${want}`);
  const timeoutMs = options.timeout ?? Infinity;
  using deadline = startDeadline(timeoutMs, context);
  const how = { want, rules, intervalMs: options.interval, context } as const;
  const end = options.once
    ? await lookOnceAt(members, how)
    : await new FleetWaiting(members, { ...how, deadline }).run();
  const { servers, verdict, problems } = viewFleet(
    members.flatMap(({ name }) => {
      const report = end.ends.get(name)?.report;
      return report === undefined ? [] : [{ name, report }];
    }),
  );
  const result: FleetWaitResult = { ...end, want, servers, verdict };
  const errors = new Map([...problems].map(([name, problem]) => [name, documentError(problem)]));
  const { server } = result;
  const exitCode = await reportResult(context, {
    document: (error) => fleetWaitDocument(result, { rules, errors, error }),
    text: () => fleetWaitText(result, rules),
    ...result.ended === rules.goal && server !== null ? { names: () => [server] } : {},
    problem: fleetWaitProblem(result, {
      rules,
      timeoutMs,
      isToldAbove: context.output.showsText,
    }),
    asLine: !options.once,
    exitCodeAnswers: true,
  });
  return result.ended === "timed_out" ? options.timeoutExitCode ?? exitCode : exitCode;
}

type End = Pick<FleetWaitResult, "ended" | "server" | "ends" | "waitedMs">;

interface How {
  readonly want: "any" | "all";
  readonly rules: WaitTextRules;
  readonly intervalMs: number | undefined;
  readonly context: CommandContext;
}

/** One look at each server, as a part of a wait that continues from one process to the next. */
async function lookOnceAt(members: readonly FleetMember[], { want, rules }: How): Promise<End> {
  const found = await mapBounded(members, AT_ONCE, async (member): Promise<[string, WaitEnd]> => {
    const context = await member.context;
    const observer = await openObserver(context);
    return [member.name, await lookOnce(rules, { observer, context })];
  });
  const all = found.map(([, { step }]) => step.ended);
  const isEnough = want === "any" ? all.includes("idle") : all.every((ended) => ended === "idle");
  const ended = isEnough
    ? "idle"
    : (["not_yet", "unknown", "unreachable"] as const).find((each) => all.includes(each)) ??
      "not_yet";
  const decisive = found.find(([, { step }]) => step.ended === ended)?.[0] ?? null;
  const server = isEnough && want === "all" ? null : decisive;
  return { ended, server, ends: new Map(found), waitedMs: 0 };
}

/** A running wait: a loop for each server, and one end for all. */
class FleetWaiting {
  readonly #members: readonly FleetMember[];
  readonly #how: How & { readonly deadline: Deadline };
  readonly #wait: FleetWait;
  readonly #log: FleetWaitLog;
  readonly #turns = new Turns(AT_ONCE);
  readonly #last = new Map<string, { readonly step: WaitStep; readonly report: DetectionReport }>();
  readonly #decided = Promise.withResolvers<FleetWaitEnd>();
  #isDecided = false;
  /** Aborted once every server was looked at. */
  readonly #complete = new AbortController();
  /** Aborted when all servers are to be looked at again at once. */
  #wake = new AbortController();

  constructor(members: readonly FleetMember[], how: How & { readonly deadline: Deadline }) {
    this.#members = members;
    this.#how = how;
    const names = members.map(({ name }) => name);
    this.#wait = new FleetWait(names, {
      want: how.want,
      goal: how.rules.goal,
      looksOnce: how.deadline.leftMs() <= 0,
    });
    this.#log = new FleetWaitLog(how.context, { ...how, names });
  }

  /** Runs until the wait is decided, times out, or is interrupted. */
  async run(): Promise<End> {
    const { context } = this.#how;
    const { clock } = context;
    using interrupts = context.listenForInterrupts();
    const startedMs = clock.monotonicMs();
    const over = new AbortController();
    const signal = AbortSignal.any([interrupts.first, over.signal]);
    const follows = this.#members.map((member) => (end: AbortSignal) => this.#follow(member, end));
    const counts = (end: AbortSignal): Promise<void> => this.#log.count(end);
    const loops = runLoops([counts, ...follows], signal, (loop, end) => loop(end));
    // A loop that fails ends the wait; loops that have all ended do not.
    const failing = loops.then(() => NEVER);
    try {
      const ending = Promise.race([this.#decided.promise, failing, this.#tooLate(signal)]);
      const { ended, name } = await untilAborted(ending, interrupts.first) ?? INTERRUPTED;
      const waitedMs = clock.monotonicMs() - startedMs;
      return { ended, server: name, ends: await this.#ends(ended, waitedMs), waitedMs };
    } finally {
      over.abort();
      await loops.catch(() => {});
    }
  }

  /**
   * Resolves when the time is up. As with a single server, the first look at each server is still
   * finished.
   */
  async #tooLate(signal: AbortSignal): Promise<{ ended: "timed_out"; name: null }> {
    const { deadline } = this.#how;
    if (deadline.leftMs() > 0) await firstAbort([signal, deadline.signal]);
    await firstAbort([signal, this.#complete.signal]);
    return { ended: "timed_out", name: null };
  }

  async #follow(member: FleetMember, signal: AbortSignal): Promise<void> {
    const { rules, intervalMs, deadline, context: { clock } } = this.#how;
    const { name } = member;
    const context = await untilAborted(member.context, signal);
    if (context === null) return;
    await using observer = await openWatchObserver(context);
    const { pushes } = observer;
    const wait = beginWait(rules, null);
    while (!signal.aborted) {
      let askedAtMs = 0;
      const looking = this.#turns.take((): Promise<Detection> => {
        askedAtMs = clock.monotonicMs();
        const until = AbortSignal.any([signal, deadline.signal]);
        return lookForWait(rules, { observer, context, signal: until });
      });
      const detection = await untilAborted(looking, signal);
      if (detection === null || this.#isDecided) return;
      const { report } = detection;
      const times = { askedAtMs, answeredAtMs: clock.monotonicMs() };
      const step = wait.take(report, times);
      this.#last.set(name, { step, report });
      const wantedLooks = this.#wait.wantsLooks;
      const end = this.#wait.take(name, { step, ...times });
      this.#isDecided = end !== null;
      const isLast = this.#isDecided || (this.#wait.isComplete && deadline.leftMs() <= 0);
      await this.#log.tell(name, { report, step, isLast });
      await observer.prune(detection);
      if (end !== null) this.#decided.resolve(end);
      if (this.#wait.isComplete) this.#complete.abort();
      if (end !== null || step.ended === "unknown") return;
      if (this.#wait.wantsLooks && !wantedLooks) this.#wakeAll();
      const isWanted = this.#wait.wantsLookAt(name);
      await untilDue(report, {
        dueMs: (isObserved) =>
          isWanted ? askedPauseMs(report) : untilNextLook(report, {
            quiet: step.ended === null ? step : null,
            intervalMs,
            idleForMs: rules.idleForMs,
            isObserved,
          }),
        sleep: (delayMs, until) => clock.sleep(delayMs, until),
        pushes,
        clock,
        signal: AbortSignal.any([signal, this.#wake.signal]),
      });
    }
  }

  #wakeAll(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** The result for each server; if one was not looked at, only its records are read. */
  async #ends(
    ended: FleetWaitResult["ended"],
    waitedMs: number,
  ): Promise<ReadonlyMap<string, WaitEnd>> {
    const unended = ended === "timed_out" || ended === "interrupted" ? ended : "not_yet";
    return new Map(
      await Promise.all(this.#members.map(async ({ name, pending }): Promise<[string, WaitEnd]> => {
        const last = this.#last.get(name);
        if (last === undefined) {
          const observer = await openObserver(await pending());
          const { report } = await observer.look({ models: false, isQuiet: true });
          return [name, { step: { ended: unended, quietMs: 0 }, report, waitedMs }];
        }
        const { step, report } = last;
        const end: WaitEnd["step"] = step.ended === null
          ? { ended: unended, quietMs: step.quietMs }
          : step;
        return [name, { step: end, report, waitedMs }];
      })),
    );
  }
}

const NEVER = new Promise<never>(() => {});
const INTERRUPTED = { ended: "interrupted", name: null } as const;
