/** The content of the frames of a generation's WebSocket, as far as their order is fixed. */
import { withoutTime } from "./shape.ts";
import { isObject, type JsonObject } from "./transcript.ts";

/** The frames of one socket in a form that can be compared (`swarmui-protocol.md §4`). */
export interface FrameSummary {
  /** Images by path and index, errors, ends of requests, and the close code, in order. */
  readonly milestones: readonly string[];
  /** The progress of each run, in order. */
  readonly progress: Readonly<Record<string, readonly string[]>>;
  /** The values of `waiting_gens`, which only fall. */
  readonly waiting: readonly number[];
  /** The first and the last status: the four counters and the state of the backends. */
  readonly firstStatus: string;
  readonly lastStatus: string;
  /** All statuses that were seen. */
  readonly statuses: readonly string[];
  readonly keepAlives: number;
  /** Kinds of frames that are not listed above. */
  readonly others: readonly string[];
}

/** Sums up frames. @param closeCode `null` if the socket was not closed. */
export function summary(frames: readonly unknown[], closeCode: number | null): FrameSummary {
  const milestones: string[] = [];
  const progress: Record<string, string[]> = {};
  const waiting: number[] = [];
  const statuses: string[] = [];
  const others: string[] = [];
  let keepAlives = 0;
  for (const frame of frames) {
    if (!isObject(frame)) continue;
    if ("error" in frame || "error_id" in frame) {
      milestones.push(`error ${frame.error_id ?? ""} ${frame.error ?? ""}`);
    } else if ("image" in frame) {
      const image = String(frame.image);
      const path = image.startsWith("data:") ? "data:" : withoutTime(image);
      milestones.push(`image ${frame.batch_index} ${path}`);
    } else if ("discard_indices" in frame) milestones.push("discard_indices");
    else if ("socket_intention" in frame) milestones.push(`intention ${frame.socket_intention}`);
    else if ("keep_alive" in frame) keepAlives++;
    else if (isObject(frame.gen_progress)) {
      const run = String(frame.gen_progress.batch_index);
      (progress[run] ??= []).push(progressText(frame.gen_progress));
    } else if (isObject(frame.status)) {
      const { waiting_gens, loading_models, waiting_backends, live_gens } = frame.status;
      statuses.push(`${waiting_gens},${loading_models},${waiting_backends},${live_gens}`);
      if (waiting.at(-1) !== waiting_gens) waiting.push(Number(waiting_gens));
    } else others.push(Object.keys(frame).join());
  }
  if (closeCode !== null) milestones.push(`close ${closeCode}`);
  return {
    milestones,
    progress,
    waiting,
    statuses,
    firstStatus: statuses[0] ?? "",
    lastStatus: statuses.at(-1) ?? "",
    keepAlives,
    others: [...new Set(others)],
  };
}

function progressText(progress: JsonObject): string {
  const overall = Number(progress.overall_percent).toFixed(3);
  const current = Number(progress.current_percent).toFixed(3);
  const extras = ["preview", "metadata"].filter((key) => key in progress);
  return [overall, current, ...extras].join(" ");
}
