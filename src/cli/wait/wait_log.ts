/** What a wait tells on its way: one line for each change. */
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { formatDuration } from "../../render/text.ts";
import { verdictKey, verdictText } from "../../render/verdict_text.ts";
import type { CommandContext } from "../context.ts";

/** Tells changes on stderr, and with `--format json` as NDJSON on standard output too. */
export class WaitLog {
  readonly #context: CommandContext;
  #told: string | null = null;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** Tells a look, if it differs from the one before. */
  async tell(report: DetectionReport, step: WaitStep): Promise<void> {
    const { messages, output } = this.#context;
    const key = verdictKey(report);
    const wasBroken = step.ended === null && step.wasBroken;
    if (key === this.#told && !wasBroken) return;
    this.#told = key;
    const text = wasBroken
      ? "Idle, but a backend was used since the last look: the time of quiet starts again"
      : verdictText(report);
    await messages.note(this.#withQuiet(text, step));
    await output.writeLine({
      event: "verdict.changed",
      time: new Date(report.takenAt).toISOString(),
      verdict: report.verdict,
      likely: report.likely,
      generations_running: report.generationsRunning,
      generations_running_basis: report.basis,
      images_outstanding: report.images.outstanding,
      quiet_seconds: quietSeconds(step),
      window_restarted: wasBroken,
    });
  }

  #withQuiet(text: string, step: WaitStep): string {
    return step.ended === null && step.isQuiet && step.quietMs >= 1000
      ? `${text} (quiet for ${formatDuration(step.quietMs)})`
      : text;
  }
}

function quietSeconds(step: WaitStep): number {
  return "quietMs" in step ? Math.round(step.quietMs / 100) / 10 : 0;
}
