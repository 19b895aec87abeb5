/** What `status --watch` does: looks again and again and shows the newest. */
import type { DetectionReport } from "../../detection/report.ts";
import { statusDocument } from "../../render/status_document.ts";
import { statusText } from "../../render/status_text.ts";
import type { CommandContext } from "../context.ts";
import { describeFailure, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { openObserver } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { LiveScreen } from "./live_screen.ts";
import { scheduleLooks } from "./look_schedule.ts";

/**
 * Watches until Ctrl-C. On a terminal the text is drawn again in place; else, and with
 * `--format json`, each look is one line of JSON.
 *
 * @param options.intervalMs Time between two looks, in milliseconds; changes of records come sooner.
 */
export async function watchStatus(
  options: { readonly intervalMs: number; readonly models: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, output, clock } = context;
  const observer = await openObserver(context);
  using interrupts = context.listenForInterrupts();
  const isDrawn = output.format === "table" && terminal.isOutTerminal;
  await using screen = new LiveScreen(terminal);
  using _ = terminal.onResize(() => void screen.redraw());
  const looks = scheduleLooks({
    stores: observer.stores,
    clock,
    intervalMs: options.intervalMs,
    signal: interrupts.first,
  });
  for await (const _ of looks) {
    const detection = await observer.look({ models: options.models });
    if (interrupts.first.aborted) break;
    if (isDrawn) await screen.show(screenText(detection.report));
    else await terminal.out(`${JSON.stringify(lineOf(detection.report))}\n`);
    await observer.prune(detection);
  }
  return EXIT.interrupted;
}

function screenText(report: DetectionReport): string {
  const problem = statusProblem(report);
  const time = new Date(report.takenAt).toISOString().slice(11, 19);
  const error = problem === null ? "" : `\nError: ${problem.message}\n`;
  return `${statusText(report)}${error}\n${time} UTC, Ctrl-C ends\n`;
}

function lineOf(report: DetectionReport): unknown {
  const problem = statusProblem(report);
  const failure = problem === null ? null : describeFailure(problem);
  return statusDocument(report, failure && { code: failure.code, message: failure.message });
}
