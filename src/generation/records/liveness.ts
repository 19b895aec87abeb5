/**
 * Decides whether a record's generation is still running. The end of its process does not end it,
 * because the server goes on; and a living process does not prove that it is running. So there are
 * two questions and one table.
 */
import type { GenerationRecord } from "../generation.ts";
import { hasHeartbeat } from "../generation.ts";
import type { Owner } from "./owner.ts";

/** What the server says about a record's own session. `unseen`: no answer, or no session known. */
export type ServerWork = "working" | "done" | "unseen";

/** What has become of a record's generation. */
export type Liveness =
  /**
   * It is running. `orphaned`: its process is gone without having left it on purpose (`detached`).
   * `verified: false`: nobody could confirm it.
   */
  | { readonly kind: "running"; readonly orphaned: boolean; readonly verified: boolean }
  /** It is over. `prune`: whoever notices may remove the record. */
  | { readonly kind: "ended"; readonly prune: boolean }
  /** Its process is gone and the server could not be asked. */
  | { readonly kind: "uncertain" };

/** The table of `docs/detection.md`, row by row. */
export function judgeLiveness(record: GenerationRecord, seen: {
  readonly owner: Owner;
  readonly server: ServerWork;
  readonly nowMs: number;
}): Liveness {
  const { owner, server } = seen;
  switch (owner) {
    case "alive":
      if (server === "done" && !hasHeartbeat(record, seen.nowMs)) {
        return { kind: "ended", prune: false };
      }
      return { kind: "running", orphaned: false, verified: true };
    case "gone":
      if (record.status === "pending") return { kind: "ended", prune: true };
      if (server === "working") {
        return { kind: "running", orphaned: record.detached !== true, verified: true };
      }
      return server === "done" ? { kind: "ended", prune: true } : { kind: "uncertain" };
    case "unseen":
      if (server === "done") return { kind: "ended", prune: false };
      return { kind: "running", orphaned: false, verified: server === "working" };
    default:
      return owner satisfies never;
  }
}
