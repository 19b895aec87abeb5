/** Finds what has happened between two looks. Pure except for its memory of the last look. */
import type { GenerationRecord } from "../generation/generation.ts";
import type { EndOutcome } from "../generation/records/end_log.ts";
import type { DetectionReport, ReportedGeneration } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/**
 * How long a missing record is still waited for, in milliseconds, if its end is not known and the
 * server has work that no record explains. A state file that was removed or broken is written again
 * with the next heartbeat; this is the time of two.
 */
const MISSED_MS = 10_000;

/**
 * How long an end that nobody told is waited for, if the generation had no process any more, in
 * milliseconds. Whoever follows it looks for a missing picture for two seconds.
 */
const UNTOLD_MS = 3_000;

/** Something that happened. `generation` is as it was last seen, and at its end as it is then. */
export type DetectionEvent =
  | {
    readonly kind: "generation.started";
    readonly generation: ReportedGeneration;
    /** True if it was already running when the watch began, as far as this could be seen. */
    readonly wasRunning: boolean;
  }
  | { readonly kind: "generation.progress"; readonly generation: ReportedGeneration }
  /** Its process is gone, and the server is still working on it. */
  | { readonly kind: "generation.orphaned"; readonly generation: ReportedGeneration }
  | {
    readonly kind: `generation.${EndOutcome}`;
    readonly generation: ReportedGeneration;
    readonly outcome: EndOutcome;
  }
  /**
   * It is over, and its outcome is not known: its process was killed, its server was restarted, or
   * another tool or user wrote its record. This is not `generation.finished`, which scripts take
   * for success.
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
  /** Since when the record of a known generation has been missing, by the time of the reports. */
  readonly #missedMs = new Map<string, number>();
  /** Generations that were uncertain at the last look. */
  #uncertain: ReadonlySet<string> = new Set();
  /** Records seen before that are not running here: of other servers, over, or uncertain. */
  #others: ReadonlySet<string> = new Set();
  #verdict: Verdict | null = null;
  #report: DetectionReport | null = null;

  /**
   * @param findEnd How a generation that is no longer seen has ended; `null` if that is not known.
   */
  constructor(findEnd: (id: string) => Promise<{ readonly outcome: EndOutcome } | null>) {
    this.#findEnd = findEnd;
  }

  /**
   * Whether an end is waited for that somebody may tell soon. Nothing else may announce that: the
   * record is gone.
   */
  get awaitsEnd(): boolean {
    return this.#missedMs.size > 0;
  }

  /** The events of a look. Ends come before starts, and the verdict comes last. */
  async look(report: DetectionReport): Promise<readonly DetectionEvent[]> {
    const isFirst = this.#verdict === null;
    const events: DetectionEvent[] = [];
    const seen = new Map(report.active.map((one) => [one.record.id, one]));
    // An uncertain generation has not ended: it is kept until its end is known.
    const uncertain = new Set(report.uncertain.map(({ record }) => record.id));
    for (const [id, generation] of this.#known) {
      if (seen.has(id)) this.#missedMs.delete(id);
      else if (uncertain.has(id)) seen.set(id, { ...generation, owner: "gone" });
      else {
        const end = await this.#findEnd(id);
        const mayBeTold = end === null &&
          (this.#isMissed(id, report) || this.#isUntold(generation, report));
        if (mayBeTold) seen.set(id, generation);
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
    this.#report = report;
    return events;
  }

  /** What a watch would tell first that began now; nothing before the first look. */
  now(): readonly DetectionEvent[] {
    const report = this.#report;
    if (report === null) return [];
    const events = [...this.#known.values()].flatMap((generation): readonly DetectionEvent[] => [
      { kind: "generation.started", generation, wasRunning: true },
      ...(generation.orphaned ? [{ kind: "generation.orphaned", generation } as const] : []),
    ]);
    return [...events, { kind: "verdict.changed", report, previous: null }];
  }

  /**
   * The events that the records alone show, without asking the server.
   *
   * @returns `null` if they show another set of generations: then a look is due.
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

  #ended(last: ReportedGeneration, outcome: EndOutcome | null): DetectionEvent {
    this.#missedMs.delete(last.record.id);
    const generation = atItsEnd(last, outcome);
    return outcome === null
      ? { kind: "generation.ended", generation, outcome }
      : { kind: `generation.${outcome}`, generation, outcome };
  }

  /**
   * Says whether it may still be told how a generation without a process ended: whoever follows it, as
   * `attach` does, looks for its pictures first.
   */
  #isUntold({ owner, record: { id } }: ReportedGeneration, { takenAt }: DetectionReport): boolean {
    if (owner !== "gone") return false;
    const sinceMs = this.#missedMs.get(id) ?? takenAt;
    this.#missedMs.set(id, sinceMs);
    return Math.abs(takenAt - sinceMs) < UNTOLD_MS;
  }

  /** Says whether a generation may still be running although its record is missing. */
  #isMissed(id: string, { images, takenAt }: DetectionReport): boolean {
    if (images.untracked === 0) return false;
    const sinceMs = this.#missedMs.get(id) ?? takenAt;
    this.#missedMs.set(id, sinceMs);
    return Math.abs(takenAt - sinceMs) < MISSED_MS;
  }
}

/** As it is once it is over: nothing of its last heartbeat holds any more but what was done. */
function atItsEnd(last: ReportedGeneration, outcome: EndOutcome | null): ReportedGeneration {
  const { record } = last;
  return {
    ...last,
    record: {
      ...record,
      status: outcome ?? "ended",
      remainingSeconds: null,
      delayedBy: null,
      ...(outcome === "finished" ? { progress: 1, imagesDone: record.imagesTotal } : {}),
    },
    server: "done",
    orphaned: false,
    queued: false,
    remainingMs: null,
  };
}

/** Compares counts, which never go back. The records' times do go back if a clock is set back. */
function hasMoved(before: GenerationRecord, now: GenerationRecord): boolean {
  const isOlder = (now.progress ?? 0) < (before.progress ?? 0) ||
    (now.imagesDone ?? 0) < (before.imagesDone ?? 0);
  return !isOlder && (
    now.status !== before.status || now.progress !== before.progress ||
    now.imagesDone !== before.imagesDone
  );
}
