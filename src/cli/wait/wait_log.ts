/** What a wait tells on its way: one line for each change. */
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Verdict } from "../../detection/verdict.ts";
import { eventDocument } from "../../render/event_document.ts";
import { verdictKey } from "../../render/verdict_text.ts";
import { quietSeconds } from "../../render/wait_document.ts";
import { waitStepText } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import { unlessClosed } from "../output.ts";

/**
 * Tells changes on stderr, and with `--format json` as NDJSON on standard output too. That nobody
 * reads them ends no wait: its exit code is the answer.
 */
export class WaitLog {
  readonly #context: CommandContext;
  #told: string | null = null;
  #verdict: Verdict | null = null;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** Tells a look, if it differs from the one before. */
  async tell(report: DetectionReport, step: WaitStep): Promise<void> {
    const { messages, output } = this.#context;
    // It changes nothing; before the first look that counts it is all there is to tell.
    if (step.ended === null && step.wasPutOff && this.#told !== null) return;
    const key = verdictKey(report);
    const wasBroken = step.ended === null && step.wasBroken;
    if (key === this.#told && !wasBroken) return;
    const previous = this.#verdict;
    this.#told = key;
    this.#verdict = report.verdict;
    await messages.note(waitStepText(report, step));
    const event = eventDocument({ kind: "verdict.changed", report, previous }, report.takenAt);
    await unlessClosed(output.writeLine({
      ...event,
      quiet_seconds: quietSeconds(step),
      window_restarted: wasBroken,
    }));
  }
}
