/**
 * Runs `cancel --everyone`: says whose work it is, asks whether to go on, and writes the result.
 */
import type { UserWork, UserWorkCount, UserWorkStop } from "../../detection/stop_user_work.ts";
import { mayHaveWork, stopUserWork } from "../../detection/stop_user_work.ts";
import { AppError, UsageError } from "../../errors.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import type { EveryoneReport } from "../../render/generation/cancel_document.ts";
import {
  countersText,
  HELD_WORK,
  otherWork,
  userName,
} from "../../render/generation/cancel_text.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openObserver } from "../observer.ts";
import { emptyCancelReport, isWindingDown, writeCancelResult } from "./cancel_result.ts";

const NEEDS = "permission read_server_info_panels";

/**
 * Stops all work of the server's user, and writes the result.
 *
 * @param options.isSure Goes on without asking.
 * @throws {AppError} If nothing was done: no answer, no permission, or nobody to ask.
 */
export async function cancelEveryone(
  options: { readonly isSure: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { adapters, settings, clock } = context;
  const work = await adapters.userWork(settings);
  const before = await work.count();
  const report = { user: before.user, before, after: null, windingDown: null, elapsedMs: 0 };
  const empty = emptyCancelReport(work.url);

  function finish(everyone: EveryoneReport, problem: AppError | null): Promise<ExitCode> {
    return writeCancelResult({ ...empty, everyone }, { problem, context });
  }

  if (mayHaveWork(before) === false) {
    return await finish({ ...report, outcome: "nothing_to_stop", after: before }, null);
  }
  const plan = describePlan(before, work.url);
  if (options.isSure) {
    await context.messages.note(`${plan}.`);
  } else if (!await askFirst(`${plan}. Go on?`, context)) {
    const problem = new AppError("failed", "Nothing was cancelled: the answer was not yes");
    return await finish({ ...report, outcome: "declined" }, problem);
  }
  const observer = await openObserver(context);
  const seen = await observer.look({ models: false });
  using interrupts = context.listenForInterrupts();
  const giveUp = interrupts.first;
  const startedMs = clock.monotonicMs();
  const { outcome, after } = await stopUserWork(work, { clock, giveUp });
  const elapsedMs = clock.monotonicMs() - startedMs;
  const last = giveUp.aborted ? null : await untilAborted(observer.look({ models: false }), giveUp);
  if (last !== null) await observer.prune(last);
  const windingDown = last === null ? null : isWindingDown(seen.report, last.report);
  const everyone: EveryoneReport = { ...report, outcome, after, windingDown, elapsedMs };
  if (outcome === "stopped") return await finish(everyone, null);
  return await finish(everyone, unfinished({ outcome, after }, { work, before, giveUp }));
}

/** Why it is not known whether everything stopped. */
function unfinished(
  { outcome, after }: UserWorkStop,
  by: {
    readonly work: UserWork;
    readonly before: UserWorkCount;
    readonly giveUp: AbortSignal;
  },
): AppError {
  if (after === null) {
    return new AppError(
      "interrupted",
      `Interrupted before ${by.work.url} answered: it may have stopped the work or not ` +
        "(run the same again)",
    );
  }
  const isInterrupted = by.giveUp.aborted;
  if (outcome === "still_running") {
    const left = after.own === null ? "work" : countersText(after.own);
    const text = `${left} of ${userName(by.before.user)} left on ${by.work.url}, or new ` +
      "(run the same again)";
    return isInterrupted
      ? new AppError("interrupted", `Interrupted before all was seen to stop: ${text}`)
      : new AppError("timed_out", `Cannot confirm that all stopped: ${text}; ${HELD_WORK}`);
  }
  return isInterrupted
    ? new AppError("interrupted", `Interrupted before all was seen to stop: ${unseen(after)}`)
    : new AppError("unknown", `Cannot confirm that all stopped: ${unseen(after)}`);
}

function describePlan(count: UserWorkCount, url: string): string {
  const { user, own, all } = count;
  const whose =
    `This stops all work of ${userName(user)} on ${url}, whichever program started it, ` +
    "including the web UI";
  if (own !== null) {
    const others = otherWork(count);
    return `${whose}: ${countersText(own)}${others === null ? "" : `; it leaves ${others} alone`}`;
  }
  return all === null
    ? `${whose}; the server does not tell how much that is (is the ${NEEDS} missing?)`
    : `${whose}; of all users together there is ${countersText(all)}`;
}

function unseen({ all }: UserWorkCount): string {
  return all === null
    ? `the server accepted the request, but does not tell what it is working on (is the ${NEEDS} missing?)`
    : `the server accepted the request, and has ${
      countersText(all)
    } left, which may be other users'`;
}

/**
 * Asks on the terminal whether to go on; only `y` and `yes` mean yes.
 *
 * @param question May hold foreign text.
 * @throws {UsageError} If nobody can be asked.
 */
async function askFirst(
  question: string,
  { adapters, terminal }: Pick<CommandContext, "adapters" | "terminal">,
): Promise<boolean> {
  const keyboard = await adapters.keyboard();
  if (!keyboard.isTerminal || !terminal.isErrTerminal) {
    throw new UsageError(
      "Cannot ask whether to go on: this is not a terminal",
      { addWords: ["--yes"] },
    );
  }
  await terminal.err(`${escapeForTerminal(question)} [y/N] `);
  const answer = await keyboard.readLine();
  return /^\s*(y|yes)\s*$/i.test(answer ?? "");
}
