/**
 * Reports the progress of a wait: one line for each change, and on a terminal how long it has been
 * quiet.
 */
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Verdict } from "../../detection/verdict.ts";
import { eventDocument } from "../../render/event_document.ts";
import { cutLine } from "../../render/text.ts";
import { verdictKey, verdictText } from "../../render/status/verdict_text.ts";
import { quietSeconds } from "../../render/wait_document.ts";
import { quietText, waitStepText } from "../../render/wait_text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import { unlessClosed } from "../output.ts";

/** Time between two updates of that line, in milliseconds. */
const DRAW_MS = 1_000;
const CLEAR_LINE = "\r\x1b[2K";

/**
 * Reports changes on stderr, and with `--format json` also as NDJSON on standard output. If nobody
 * reads them, the wait goes on: its exit code is the answer.
 */
export class WaitLog {
  readonly #context: CommandContext;
  readonly #rules: WaitTextRules;
  readonly #name: string | null;
  #told: string | null = null;
  #toldText: string | null = null;
  #verdict: Verdict | null = null;

  /** @param name The server's, where several are waited for; `null`: there is one. */
  constructor(context: CommandContext, rules: WaitTextRules, name: string | null = null) {
    this.#context = context;
    this.#rules = rules;
    this.#name = name;
  }

  /**
   * Reports a look if it differs from the previous one. The look that ends the wait, or after which
   * there is no time for another, is left to the result.
   */
  async tell(
    report: DetectionReport,
    step: WaitStep,
    { isLast }: { readonly isLast: boolean },
  ): Promise<void> {
    const { messages, output } = this.#context;
    // It changes nothing, except before the first look that counts, when there is nothing else to
    // report.
    if (step.ended === null && step.wasPutOff && this.#told !== null) return;
    const key = verdictKey(report);
    const wasBroken = step.ended === null && step.wasBroken;
    if (key === this.#told && !wasBroken) return;
    const previous = this.#verdict;
    this.#told = key;
    this.#verdict = report.verdict;
    if (!isLast && (step.ended === null || this.#name !== null)) {
      const text = this.#textOf(report, step);
      if (text !== this.#toldText) await messages.note(text);
      this.#toldText = text;
    }
    const event = eventDocument(
      { kind: "verdict.changed", report, previous },
      report.takenAt,
      this.#name,
    );
    await unlessClosed(output.writeLine({
      ...event,
      quiet_seconds: quietSeconds(step),
      window_restarted: wasBroken,
    }));
  }

  /** Of several servers one may be done, or given up, while the others are waited for. */
  #textOf(report: DetectionReport, step: WaitStep): string {
    const rules = this.#rules;
    const text = step.ended === null
      ? waitStepText(report, { step, rules })
      : step.ended === "idle"
      ? quietText(step, { report, rules })
      : step.ended === "online"
      ? "Online"
      : verdictText(report);
    return this.#name === null ? text : `${this.#name}: ${text}`;
  }

  /**
   * Sleeps until the next look. On a terminal, a line counts the quiet time meanwhile, and is
   * removed at the end.
   */
  async sleep(
    delayMs: number,
    { report, step, signal }: {
      readonly report: DetectionReport;
      readonly step: Extract<WaitStep, { readonly ended: null }>;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { clock, terminal, messages } = this.#context;
    const isCounted = step.isQuiet && this.#rules.idleForMs > 0 && terminal.isErrTerminal &&
      !terminal.isDumb && messages.verbosity !== "quiet";
    if (!isCounted) return await clock.sleep(delayMs, signal);
    const startedMs = clock.monotonicMs();
    for (;;) {
      const passedMs = clock.monotonicMs() - startedMs;
      if (passedMs >= delayMs || signal.aborted) break;
      const quietMs = step.quietMs + passedMs;
      const text = quietText({ quietMs }, { report, rules: this.#rules });
      await terminal.err(`${CLEAR_LINE}${cutLine(text, terminal.columns() - 1)}`);
      await clock.sleep(Math.min(DRAW_MS, delayMs - passedMs), signal);
    }
    await terminal.err(CLEAR_LINE);
  }
}
