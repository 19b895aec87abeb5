/** The verdict, its number and that number's basis: three pure tables (`docs/detection.md`). */

/** `unknown` is never `idle`, and never zero. */
export type Verdict = "busy" | "idle" | "unknown" | "unreachable";

/** How the server answered our questions as a whole. */
export type Reach = "online" | "offline" | "refused" | "not_asked";

/**
 * What the backends add to the counters. `some`: one is at work. `none`: none is, as far as can be
 * seen. `unknown`: one may be, or the backends are not known.
 */
export type BackendsWork = "some" | "none" | "unknown";

/** What the verdict is made of: only numbers that were read, never differences between readings. */
export interface VerdictInput {
  readonly reach: Reach;
  /** Records whose generation is running. */
  readonly running: number;
  /** Records whose generation is uncertain. */
  readonly uncertain: number;
  readonly global: "work" | "zero" | "unseen";
  readonly backends: BackendsWork;
  /** ComfyUI's queues hold all the work there can be, and have answered. */
  readonly queuesCoverAll: boolean;
}

/** Decides; the rows are tried in this order. */
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

/** On what a number of generations rests. */
export type Basis = "exact" | "backend_status" | "none" | "at_least";

/** What the number is made of. */
export interface CountInput {
  readonly verdict: Verdict;
  readonly running: number;
  /** Untracked work or unattributed jobs were seen: one generation more, at least. */
  readonly hasMore: boolean;
  /** Such work may be there although none could be shown. */
  readonly mayHaveMore: boolean;
  /** The counters answered, and every backend was seen at rest or at work by its own answer. */
  readonly complete: boolean;
  /** Backends that say they run; `null` unless neither counters nor queues could be had. */
  readonly runningBackends: number | null;
}

/** Counts generations: 0 if and only if the verdict is `idle`, and never a zero for unknown. */
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
