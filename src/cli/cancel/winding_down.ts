import type { DetectionReport } from "../../detection/report.ts";

/**
 * Says whether ComfyUI still ends what was stopped: its step or its model load runs on for seconds
 * after the counters are zero (`swarmui-protocol.md §8.2`).
 *
 * @returns `null` where ComfyUI's jobs cannot be seen, or where some were there before that nothing
 * explains: they may be the same.
 */
export function isWindingDown(
  before: DetectionReport,
  { comfyJobs: { remaining, unattributed } }: DetectionReport,
): boolean | null {
  if (remaining === 0 || unattributed === 0) return false;
  return unattributed !== null && before.comfyJobs.unattributed === 0 ? true : null;
}
