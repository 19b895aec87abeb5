import type { JudgedRecord } from "../../src/detection/judge.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";

/** A record whose generation runs, as detection judges it. */
export function runningRecord(
  record: GenerationRecord,
  changes: Partial<JudgedRecord> = {},
): JudgedRecord {
  return {
    record,
    versions: [record],
    session: null,
    scopes: ["user"],
    owner: "alive",
    isWithdrawn: false,
    server: "working",
    liveness: { kind: "running", orphaned: false, verified: true },
    ...changes,
  };
}
