/** What has happened between two looks. Pure but for its own memory of the last look. */
import type { GenerationRecord } from "../generation/generation.ts";
import type { EndOutcome } from "../generation/store.ts";
import type { DetectionReport, ReportedGeneration } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/**
 * How long a generation is still looked for after its record has gone, if nobody told its end and the
 * server has work that no record explains: a state file that was removed or broken is written anew
 * with the next heartbeat. Two heartbeats, in milliseconds.
 */
const MISSED_MS = 10_000;

/** Something that happened. `generation` is as it was seen last. */
export type DetectionEvent =
  | {
    readonly kind: "generation.started";
    readonly generation: ReportedGeneration;
    /** True if it ran already when the watch began, as far as could be seen. */
    readonly wasRunning: boolean;
  }
  | { readonly kind: "generation.progress"; readonly generation: ReportedGeneration }
  /** Its process is gone and the server works on. */
  | { readonly kind: "generation.orphaned"; readonly generation: ReportedGeneration }
  | {
    readonly kind: `generation.${EndOutcome}`;
    readonly generation: ReportedGeneration;
    readonly outcome: EndOutcome;
  }
  /**
   * It is over, and nobody told how: its process was killed, its server was started again, or another
   * tool or user wrote its record. Not `generation.finished`, which scripts take for success.
   */
  | {
    readonly kind: "generation.ended";
    readonly generation: ReportedGeneration;
    readonly outcome: null;
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
  /** Since when the record of a known generation has been missing, by the reports' time. */
  readonly #missedMs = new Map<string, number>();
  /** Generations that were uncertain at the last look. */
  #uncertain: ReadonlySet<string> = new Set();
  /** Records seen before that do not run here: of other servers, over, or uncertain. */
  #others: ReadonlySet<string> = new Set();
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
    // An uncertain generation has not ended: it is kept until its end is known.
    const uncertain = new Set(report.uncertain.map(({ record }) => record.id));
    for (const [id, generation] of this.#known) {
      if (seen.has(id)) this.#missedMs.delete(id);
      else if (uncertain.has(id)) seen.set(id, generation);
      else {
        const end = await this.#findEnd(id);
        if (end === null && this.#isMissed(id, report)) seen.set(id, generation);
        else events.push(this.#ended(generation, end?.outcome ?? null));
      }
    }
    for (const [id, generation] of seen) {
      const before = this.#known.get(id);
      if (before === undefined) {
        const wasRunning = isFirst || this.#uncertain.has(id);
        events.push({ kind: "generation.started", generation, wasRunning });
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
    this.#uncertain = uncertain;
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
    const others = [...byId.keys()].filter((id) => !this.#known.has(id));
    const isAsked = others.every((id) => this.#others.has(id));
    this.#others = new Set(others);
    if (!isAsked) return null;
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

  #ended(generation: ReportedGeneration, outcome: EndOutcome | null): DetectionEvent {
    this.#missedMs.delete(generation.record.id);
    return outcome === null
      ? { kind: "generation.ended", generation, outcome }
      : { kind: `generation.${outcome}`, generation, outcome };
  }

  /** Says whether a generation may run on although its record has gone. */
  #isMissed(id: string, { images, takenAt }: DetectionReport): boolean {
    if (images.untracked === 0) return false;
    const sinceMs = this.#missedMs.get(id) ?? takenAt;
    this.#missedMs.set(id, sinceMs);
    return Math.abs(takenAt - sinceMs) < MISSED_MS;
  }
}

/** Compares counts that never go back, not the records' times, which go back when a clock is set back. */
function hasMoved(before: GenerationRecord, now: GenerationRecord): boolean {
  const isOlder = (now.progress ?? 0) < (before.progress ?? 0) ||
    (now.imagesDone ?? 0) < (before.imagesDone ?? 0);
  return !isOlder && (
    now.status !== before.status || now.progress !== before.progress ||
    now.imagesDone !== before.imagesDone
  );
}
