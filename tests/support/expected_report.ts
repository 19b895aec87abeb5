import { assertEquals } from "@std/assert";
import type { DetectionReport } from "../../src/detection/report.ts";
import type { Scenario } from "./scenario.ts";
import { play } from "./scenario.ts";

/** The parts of a report that a script relies on. Not said: nothing there, server online. */
export interface ExpectedReport {
  readonly verdict: DetectionReport["verdict"];
  readonly likely?: "idle";
  readonly count: number | null;
  readonly basis: DetectionReport["basis"];
  readonly active?: readonly string[];
  readonly uncertain?: readonly string[];
  readonly prunable?: readonly string[];
  readonly untracked?: number | null;
  readonly unattributed?: number | null;
  readonly reach?: DetectionReport["reach"];
}

/** All was seen, and there is nothing. */
export const IDLE: ExpectedReport = { verdict: "idle", count: 0, basis: "exact" };
/** Neither counters nor queues told anything. */
export const UNKNOWN: ExpectedReport = {
  verdict: "unknown",
  count: null,
  basis: "none",
  untracked: null,
  unattributed: null,
};

/** Plays a scenario and compares those parts. */
export async function assertReport(scenario: Scenario, expected: ExpectedReport): Promise<void> {
  const { report, prunable } = await play(scenario);
  assertEquals({
    verdict: report.verdict,
    likely: report.likely,
    count: report.generationsRunning,
    basis: report.basis,
    active: report.active.map(({ record }) => record.id).toSorted(),
    uncertain: report.uncertain.map(({ record }) => record.id),
    prunable: prunable.map(({ id }) => id),
    untracked: report.images.untracked,
    unattributed: report.comfyJobs.unattributed,
    reach: report.reach,
  }, {
    likely: null,
    active: [],
    uncertain: [],
    prunable: [],
    untracked: 0,
    unattributed: 0,
    reach: "online",
    ...expected,
  });
}
