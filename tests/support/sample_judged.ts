import type { JudgedRecord } from "../../src/detection/judge.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { sampleRecord } from "./sample_records.ts";

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

/** Two generations that run: of four images, and of two. */
export const OWN = runningRecord(sampleRecord({ id: "gen-own", imagesTotal: 4, imagesDone: 0 }));
export const OTHER = runningRecord(
  sampleRecord({ id: "gen-other", imagesTotal: 2, imagesDone: 0 }),
);
