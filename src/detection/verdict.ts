/** The verdict, its number and that number's basis: three pure tables (`docs/detection.md`). */

/** `unknown` is never `idle`, and never zero. */
export type Verdict = "busy" | "idle" | "unknown" | "unreachable";

/** How the server took our questions as a whole. */
export type Reach = "online" | "offline" | "refused" | "not_asked";

/**
 * What ComfyUI's queues say together. `work`: some job is there. `zero`: every ComfyUI backend
 * answered zero or holds no work. `none`: there is no ComfyUI backend. `not_permitted`: this user
 * may not ask. `incomplete`: one is loading or waiting, or gave no answer in time, or the backends
 * are not known.
 */
export type ComfyCoverage = "work" | "zero" | "none" | "not_permitted" | "incomplete";

/** What the verdict is made of: only what was read, never differences. */
export interface VerdictInput {
  readonly reach: Reach;
  /** Records whose generation is running. */
  readonly running: number;
  /** Records of which nobody knows. */
  readonly uncertain: number;
  readonly global: "work" | "zero" | "unseen";
  readonly comfy: ComfyCoverage;
  /** Every backend that can hold work is ComfyUI and has answered. */
  readonly comfyCoversAll: boolean;
}

/** Decides; the rows are tried in this order. */
export function decideVerdict(
  input: VerdictInput,
): { readonly verdict: Verdict; readonly likely: "idle" | null } {
  if (input.reach === "offline") return { verdict: "unreachable", likely: null };
  if (input.running > 0 || input.global === "work" || input.comfy === "work") {
    return { verdict: "busy", likely: null };
  }
  if (
    input.uncertain === 0 && input.global === "zero" &&
    (input.comfy === "zero" || input.comfy === "none" || input.comfy === "not_permitted")
  ) {
    return { verdict: "idle", likely: null };
  }
  const likelyIdle = input.comfy === "zero" && input.comfyCoversAll;
  return { verdict: "unknown", likely: likelyIdle ? "idle" : null };
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
  /** The counters and all ComfyUI queues answered, and nothing else can hold work. */
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
