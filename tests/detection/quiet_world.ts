/**
 * A model of a server in which everything is known: when each backend worked, and what a look at it
 * shows.
 */
import type { DetectionReport } from "../../src/detection/report.ts";
import { comfyBackend } from "../support/sample_answers.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";

/** A run of images, from claiming a backend to releasing it. Times in milliseconds. */
export interface Run {
  readonly backend: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What may go wrong during a look. */
export type Mishap = "unreachable" | "unknown" | null;

/** A look; its questions are answered at these times. */
export interface Look {
  readonly askedAtMs: number;
  readonly agesAtMs: number;
  readonly countersAtMs: number;
  readonly queuesAtMs: number;
  readonly answeredAtMs: number;
  readonly mishap: Mishap;
}

/** See the top of this file. */
export class QuietWorld {
  readonly #backends: number;
  readonly #runs: readonly Run[];
  readonly #restartsMs: readonly number[];

  constructor(about: {
    readonly backends: number;
    readonly runs: readonly Run[];
    /** When the server was restarted: all runs end, and all ages are forgotten. */
    readonly restartsMs: readonly number[];
  }) {
    this.#backends = about.backends;
    this.#restartsMs = about.restartsMs;
    this.#runs = about.runs.map((run) => {
      const cutMs = about.restartsMs.find((atMs) => atMs > run.fromMs && atMs < run.toMs);
      return { ...run, toMs: cutMs ?? run.toMs };
    });
  }

  /** The report of a look. */
  report(look: Look): DetectionReport {
    const backends = this.#ages(look.agesAtMs).map((
      age,
      id,
    ) => (reportedBackend(comfyBackend({ id, secondsSinceUsed: age }), 0)));
    if (look.mishap === "unreachable") {
      return sampleReport({ verdict: "unreachable", reach: "offline", backends: null });
    }
    if (look.mishap === "unknown") return sampleReport({ verdict: "unknown", backends });
    const isBusy = this.#works(look.countersAtMs) || this.#works(look.queuesAtMs);
    return sampleReport({ verdict: isBusy ? "busy" : "idle", backends });
  }

  /** Whether any backend worked at any time between two moments. */
  workedBetween(fromMs: number, toMs: number): boolean {
    return this.#runs.some((run) => run.fromMs < toMs && run.toMs > fromMs);
  }

  /** Whether a restart at this time could not hide a run, because no backend had been used. */
  isUnused(atMs: number): boolean {
    return this.#ages(atMs).every((age) => age === null);
  }

  #works(atMs: number): boolean {
    return this.#runs.some((run) => run.fromMs <= atMs && atMs < run.toMs);
  }

  #ages(atMs: number): readonly (number | null)[] {
    const bornMs = this.#restartsMs.findLast((restartMs) => restartMs <= atMs) ?? -Infinity;
    return Array.from({ length: this.#backends }, (_, id) => {
      const stamps = this.#runs
        .filter(({ backend }) => backend === id)
        .flatMap(({ fromMs, toMs }) => [fromMs, toMs])
        .filter((stampMs) => stampMs <= atMs && stampMs > bornMs);
      return stamps.length === 0 ? null : Math.floor((atMs - Math.max(...stamps)) / 1000);
    });
  }
}
