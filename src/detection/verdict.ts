/**
 * The verdict, the number of generations, and the basis of that number: three pure tables
 * (`docs/detection.md`).
 */

/** The answer of `status`. `unknown` never means `idle`. */
export type Verdict = "busy" | "idle" | "unknown" | "unreachable";

/** Whether and how the server as a whole answered. */
export type Reach = "online" | "offline" | "refused" | "not_asked";

/**
 * What the backends add to the counters. `some`: at least one is working. `none`: none is, as far
 * as this can be seen. `unknown`: one may be working, or the backends are not known.
 */
export type BackendsWork = "some" | "none" | "unknown";

/**
 * What the verdict is decided by. Only numbers that were read, never differences between two
 * readings.
 */
export interface VerdictInput {
  readonly reach: Reach;
  /** Records whose generation is running. */
  readonly running: number;
  /** Records whose generation is uncertain. */
  readonly uncertain: number;
  readonly global: "work" | "zero" | "unseen";
  readonly backends: BackendsWork;
  /** All possible work would be in ComfyUI's queues, and all of these answered. */
  readonly queuesCoverAll: boolean;
}

/** Decides the verdict. The rows are tried in this order. */
export function decideVerdict(
  input: VerdictInput,
): { readonly verdict: Verdict; readonly likely: "idle" | null } {
  const { global, backends } = input;
  if (input.reach === "offline") return { verdict: "unreachable", likely: null };
  if (input.running > 0 || global === "work" || backends === "some") {
    return { verdict: "busy", likely: null };
  }
  if (input.uncertain === 0 && global === "zero" && backends === "none") {
    return { verdict: "idle", likely: null };
  }
  return {
    verdict: "unknown",
    likely: input.queuesCoverAll && backends === "none" ? "idle" : null,
  };
}

/** How reliable the number of generations is. */
export type Basis = "exact" | "backend_status" | "none" | "at_least";

/** What the number is decided by. */
export interface CountInput {
  readonly verdict: Verdict;
  readonly running: number;
  /** Untracked work or unattributed jobs were seen: at least one more generation. */
  readonly hasMore: boolean;
  /** Such work may exist, but could not be seen. */
  readonly mayHaveMore: boolean;
  /** The counters answered, and each backend itself said that it is at rest or at work. */
  readonly complete: boolean;
  /** How many backends are `running`; `null` if the counters or the queues answered. */
  readonly runningBackends: number | null;
}

/**
 * Counts generations. The count is 0 if and only if the verdict is `idle`; unknown is never counted
 * as zero.
 */
export function countGenerations(
  input: CountInput,
): { readonly count: number | null; readonly basis: Basis } {
  const exact = input.complete && !input.hasMore && !input.mayHaveMore;
  switch (input.verdict) {
    case "idle":
      return { count: 0, basis: exact ? "exact" : "at_least" };
    case "busy": {
      const count = Math.max(1, input.running + (input.hasMore ? 1 : 0));
      return { count, basis: exact && input.running > 0 ? "exact" : "at_least" };
    }
    case "unknown":
    case "unreachable":
      if (input.running > 0) return { count: input.running, basis: "at_least" };
      if (input.runningBackends !== null && input.runningBackends > 0) {
        return { count: input.runningBackends, basis: "backend_status" };
      }
      return { count: null, basis: "none" };
    default:
      return input.verdict satisfies never;
  }
}
