/** Turns the facts into the checks of `doctor`. Pure. */
import type { Check } from "./check.ts";
import type { DoctorFacts } from "./facts.ts";
import { checkMachine } from "./machine_checks.ts";
import { checkDoor } from "./reach_checks.ts";
import { checkRecords } from "./record_checks.ts";
import { checkSessions } from "./session_checks.ts";
import { checkSources } from "./source_checks.ts";
import { canBeExact, checkVerdict, listObstacles } from "./verdict_checks.ts";

/** All checks, and what the verdict can be here. */
export interface Diagnosis {
  readonly serverUrl: string;
  /** Grouped, in the order of reading. */
  readonly checks: readonly Check[];
  /** What keeps the verdict from `idle`; empty if idle can be known. */
  readonly obstacles: readonly string[];
  /** Whether idle can be known here, with nothing that could run unseen. */
  readonly isCertain: boolean;
}

/** Judges all facts. Every check is always in the list, so that scripts find it. */
export function diagnose(facts: DoctorFacts): Diagnosis {
  const { report } = facts;
  const obstacles = listObstacles(report);
  return {
    serverUrl: report.serverUrl,
    checks: [
      ...checkMachine(facts),
      ...checkRecords(facts),
      ...checkDoor(facts),
      ...checkSources(report),
      ...checkSessions(facts),
      ...checkVerdict(report, obstacles),
    ],
    obstacles,
    isCertain: obstacles.length === 0 && canBeExact(report),
  };
}
