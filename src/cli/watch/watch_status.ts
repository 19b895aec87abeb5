/** Runs `status --watch`: looks again and again and shows the newest report. */
import type { DetectionReport } from "../../detection/report.ts";
import type { Claim } from "../../generation/claim.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { claimDocuments } from "../../render/status/claim.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import { statusDocument } from "../../render/status/status_document.ts";
import { briefStatusText, statusText, statusWarnings } from "../../render/status/status_text.ts";
import { wrapText } from "../../render/wrap_text.ts";
import { claimsOn } from "../claims/claims_on.ts";
import type { CommandContext } from "../context.ts";
import { documentError, EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { withModels } from "../later_looks.ts";
import { statusProblem } from "../status_problem.ts";
import { scheduleLooks } from "./look_schedule.ts";
import { nextLookMs, openWatchObserver } from "./watch_observer.ts";
import { WatchOutput } from "./watch_output.ts";

/**
 * Watches until Ctrl-C. On a terminal the text is redrawn in place, or written again below with
 * `TERM=dumb`. Otherwise each look is one line of JSON, or text with `--format table`.
 *
 * @param options.intervalMs Time between two looks, in milliseconds; changes of records and of
 * ComfyUI's queues come sooner. `undefined`: see `nextLookMs()`.
 */
export async function watchStatus(
  options: { readonly intervalMs: number | undefined; readonly models: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const { output, clock } = context;
  await using observer = await openWatchObserver(context);
  const { stores, pushes } = observer;
  const claimStore = await context.adapters.claims(context.settings);
  using interrupts = context.listenForInterrupts();
  await using shown = await WatchOutput.open(context);
  let last: DetectionReport | null = null;
  const looks = scheduleLooks({
    stores,
    pushes,
    clock,
    intervalMs: () => nextLookMs(last, { pushes, intervalMs: options.intervalMs }),
    signal: interrupts.first,
  });
  for await (const reason of looks) {
    // Records change four times a second: the models, a large answer, are not asked for so often.
    const models = options.models && (last === null || reason === "interval");
    const seen = await untilAborted(
      Promise.all([observer.look({ models, isQuiet: shown.isText }), claimStore.list()]),
      interrupts.first,
    );
    if (interrupts.first.aborted || seen === null) break;
    const [detection, reading] = seen;
    const report: DetectionReport = models || last === null
      ? detection.report
      : withModels(detection.report, last);
    last = report;
    const claims = claimsOn(reading, { report, host: context.hostname() });
    await shown.show({
      verdict: report.verdict,
      screen: (size) => screenText(report, { ...size, claims }),
      text: () =>
        `${timeText(report)}\n${wholeText(report, { isColored: output.isColored, claims })}\n`,
      document: () => lineOf(report, claims),
    });
    await observer.prune(detection);
  }
  return EXIT.interrupted;
}

/**
 * The whole report, or its most important parts if the screen is too small. Long lines are broken
 * where there is room for that.
 */
function screenText(
  report: DetectionReport,
  { rows, columns, claims }: {
    readonly rows: number;
    readonly columns: number;
    readonly claims: readonly Claim[] | null;
  },
): string {
  const time = `${timeText(report)}, Ctrl-C ends`;
  const brief = `${briefStatusText(report)}${troubleText(report)}`;
  for (const text of [wholeText(report, { isColored: false, claims }), brief]) {
    const screen = wrapText(`${text}${time}`, columns);
    if (screen.split("\n").length <= rows) return screen;
  }
  const lines = brief.trimEnd().split("\n");
  const room = Math.max(1, rows - 1);
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), "…"];
  return [...shown, time].join("\n");
}

function wholeText(
  report: DetectionReport,
  options: { readonly isColored: boolean; readonly claims: readonly Claim[] | null },
): string {
  return `${statusText(report, options)}${troubleText(report)}`;
}

function timeText({ takenAt }: DetectionReport): string {
  return `${new Date(takenAt).toISOString().slice(11, 19)} UTC`;
}

/**
 * The messages of a look, which go to stderr in other cases but would disturb the screen; empty if
 * there are none.
 */
function troubleText(report: DetectionReport): string {
  const problem = statusProblem(report);
  const lines = [
    ...statusWarnings(report).map((warning) => `Warning: ${warning}`),
    ...(problem === null ? [] : [`Error: ${problem.message}`]),
  ];
  return lines.length === 0 ? "" : `\n${lines.map(escapeForTerminal).join("\n")}\n`;
}

function lineOf(report: DetectionReport, claims: readonly Claim[] | null): unknown {
  const error = documentError(statusProblem(report));
  return statusDocument(report, error, claimDocuments(claims, report.takenAt));
}
