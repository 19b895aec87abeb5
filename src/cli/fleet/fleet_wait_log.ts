/** What a wait for several servers prints while it runs: a line for each change of a server. */
import type { WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { fleetQuietText } from "../../render/fleet/fleet_wait_text.ts";
import { cutLine } from "../../render/text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import { WaitLog } from "../wait/wait_log.ts";

/** How often the line with the idle time is drawn, in milliseconds. */
const DRAW_MS = 1_000;
const CLEAR_LINE = "\r\x1b[2K";

/** How long one server had been idle at some moment. */
interface Quiet {
  /** `null`: it is not idle. */
  readonly quietMs: number | null;
  /** On the monotonic clock. */
  readonly atMs: number;
}

/**
 * Prints changes to stderr, each with its server; on a terminal, a line shows the idle time in
 * between.
 */
export class FleetWaitLog {
  readonly #context: CommandContext;
  readonly #about: { readonly want: "any" | "all"; readonly rules: WaitTextRules };
  readonly #quiets = new Map<string, Quiet>();
  readonly #logs: ReadonlyMap<string, WaitLog>;
  #isDrawn = false;

  constructor(
    context: CommandContext,
    about: {
      readonly names: readonly string[];
      readonly want: "any" | "all";
      readonly rules: WaitTextRules;
    },
  ) {
    this.#context = context;
    this.#about = about;
    this.#logs = new Map(
      about.names.map((name) => [name, new WaitLog(context, about.rules, name)]),
    );
    for (const name of about.names) this.#quiets.set(name, { quietMs: null, atMs: 0 });
  }

  /** Prints the result of a look at a server if it differs from the previous one. */
  async tell(
    name: string,
    { report, step, isLast }: {
      readonly report: DetectionReport;
      readonly step: WaitStep;
      /** Whether the whole wait ends with it. */
      readonly isLast: boolean;
    },
  ): Promise<void> {
    const isQuiet = step.ended === "idle" || (step.ended === null && step.isQuiet);
    const quietMs = isQuiet && "quietMs" in step ? step.quietMs : null;
    this.#quiets.set(name, { quietMs, atMs: this.#context.clock.monotonicMs() });
    await this.#clear();
    await this.#logs.get(name)?.tell(report, step, { isLast });
  }

  /** Draws the idle time on a terminal, until the signal is aborted. */
  async count(signal: AbortSignal): Promise<void> {
    const { clock, terminal, messages } = this.#context;
    const { rules, want } = this.#about;
    const isCounted = rules.idleForMs > 0 && terminal.isErrTerminal && !terminal.isDumb &&
      messages.verbosity !== "quiet";
    if (!isCounted) return;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      const quiets = [...this.#quiets].map(([name, { quietMs, atMs }]) => ({
        name,
        quietMs: quietMs === null ? null : quietMs + nowMs - atMs,
      }));
      const text = fleetQuietText(quiets, { want, rules });
      if (text === null) await this.#clear();
      else {
        this.#isDrawn = true;
        await terminal.err(`${CLEAR_LINE}${cutLine(text, terminal.columns() - 1)}`);
      }
      await clock.sleep(DRAW_MS, signal);
    }
    await this.#clear();
  }

  async #clear(): Promise<void> {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    await this.#context.terminal.err(CLEAR_LINE);
  }
}
