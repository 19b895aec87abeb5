/** What has happened between two looks. Pure but for its own memory of the last look. */
import type { EndOutcome } from "../generation/end_log.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import type { DetectionReport, ReportedGeneration } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** Something that happened. `generation` is as it was seen last. */
export type DetectionEvent =
  | {
    readonly kind: "generation.started";
    readonly generation: ReportedGeneration;
    /** True if it ran already when the watch began. */
    readonly wasRunning: boolean;
  }
  | { readonly kind: "generation.progress"; readonly generation: ReportedGeneration }
  /** Its process is gone and the server works on. */
  | { readonly kind: "generation.orphaned"; readonly generation: ReportedGeneration }
  | {
    readonly kind: "generation.finished" | "generation.failed" | "generation.cancelled";
    readonly generation: ReportedGeneration;
    /** `null`: nobody told how it ended, only that it did. */
    readonly outcome: EndOutcome | null;
  }
  | {
    readonly kind: "verdict.changed";
    readonly report: DetectionReport;
    /** `null`: the first look. */
    readonly previous: Verdict | null;
  };

/** Turns looks into events. */
export class EventSource {
  readonly #findEnd: (id: string) => Promise<{ readonly outcome: EndOutcome } | null>;
  #known = new Map<string, ReportedGeneration>();
  #verdict: Verdict | null = null;

  /** @param findEnd How a generation that is seen no more has ended; `null` if nobody told. */
  constructor(findEnd: (id: string) => Promise<{ readonly outcome: EndOutcome } | null>) {
    this.#findEnd = findEnd;
  }

  /** What a look brings; ends come before starts, and the verdict last. */
  async look(report: DetectionReport): Promise<readonly DetectionEvent[]> {
    const isFirst = this.#verdict === null;
    const events: DetectionEvent[] = [];
    const seen = new Map(report.active.map((one) => [one.record.id, one]));
    // What nobody knows of has not ended: it is kept until somebody does.
    const uncertain = new Set(report.uncertain.map(({ record }) => record.id));
    for (const [id, generation] of this.#known) {
      if (seen.has(id)) continue;
      if (uncertain.has(id)) seen.set(id, generation);
      else events.push(await this.#ended(generation));
    }
    for (const [id, generation] of seen) {
      const before = this.#known.get(id);
      if (before === undefined) {
        events.push({ kind: "generation.started", generation, wasRunning: isFirst });
      } else if (hasMoved(before.record, generation.record)) {
        events.push({ kind: "generation.progress", generation });
      }
      if (generation.orphaned && before?.orphaned !== true) {
        events.push({ kind: "generation.orphaned", generation });
      }
    }
    if (report.verdict !== this.#verdict) {
      events.push({ kind: "verdict.changed", report, previous: this.#verdict });
    }
    this.#known = seen;
    this.#verdict = report.verdict;
    return events;
  }

  /**
   * What records alone bring, without asking the server.
   *
   * @returns `null` if they tell of another set of generations: then a look is due.
   */
  progress(records: readonly GenerationRecord[]): readonly DetectionEvent[] | null {
    const byId = new Map(records.map((record) => [record.id, record]));
    if ([...this.#known.keys()].some((id) => !byId.has(id))) return null;
    if (records.some(({ id }) => !this.#known.has(id))) return null;
    const events: DetectionEvent[] = [];
    for (const [id, generation] of this.#known) {
      const record = byId.get(id);
      if (record === undefined || !hasMoved(generation.record, record)) continue;
      const moved = { ...generation, record };
      this.#known.set(id, moved);
      events.push({ kind: "generation.progress", generation: moved });
    }
    return events;
  }

  async #ended(generation: ReportedGeneration): Promise<DetectionEvent> {
    const end = await this.#findEnd(generation.record.id);
    const outcome = end?.outcome ?? null;
    return { kind: `generation.${outcome ?? "finished"}`, generation, outcome };
  }
}

function hasMoved(before: GenerationRecord, now: GenerationRecord): boolean {
  return now.updatedAt >= before.updatedAt && (
    now.status !== before.status || now.progress !== before.progress ||
    now.imagesDone !== before.imagesDone
  );
}
