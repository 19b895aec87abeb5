/** One line about a generation under way. Pure. */
import type { RunSnapshot } from "../generation/run_progress.ts";
import { formatDuration, formatPercent } from "./text.ts";

/**
 * Makes the line: image k of n, percent of all, step of the image under way, elapsed, remaining.
 *
 * Both fractions are shown, as SwarmUI's own page does: the whole in workflow nodes and images, and
 * the node under way, in which nearly all the time passes.
 *
 * @param about.steps Steps asked for; `null`: the server's default, so the step is in percent.
 * @param about.columns The room for it; what matters least is left out first. @default {Infinity}
 */
export function progressText(
  snapshot: RunSnapshot,
  about: {
    readonly elapsedMs: number;
    readonly steps: number | null;
    readonly columns?: number;
  },
): string {
  const { imagesTotal, imagesDone, current, remainingMs } = snapshot;
  const image = Math.min(imagesTotal, imagesDone + 1);
  const parts = {
    image: `Image ${image} of ${imagesTotal}`,
    percent: formatPercent(snapshot.progress),
    step: current === null || current === 0 ? phase(snapshot) : step(current, about.steps),
    elapsed: `${formatDuration(about.elapsedMs)} elapsed`,
    left: remainingMs !== null && imagesDone < imagesTotal
      ? `${formatDuration(Math.max(1000, remainingMs))} left`
      : null,
  };
  return fit(parts, about.columns ?? Infinity);
}

/** The least important part first; what is not here is never left out. */
const DISPENSABLE = ["elapsed", "step", "left", "image"] as const;

/** Leaves out whole parts until the line fits: a word that is cut says less than none. */
function fit(parts: Readonly<Record<string, string | null>>, columns: number): string {
  const left = new Map(Object.entries(parts));
  function line(): string {
    return [...left.values()].filter((part) => part !== null).join(" · ");
  }
  for (const name of DISPENSABLE) {
    if (line().length <= columns) break;
    left.delete(name);
  }
  return line();
}

function step(current: number, steps: number | null): string {
  return steps === null || steps === 0
    ? `step ${Math.round(current * 100)}%`
    : `step ${Math.round(current * steps)}/${steps}`;
}

/** What a generation does before the first step of an image. */
function phase({ counters, overall }: RunSnapshot): string | null {
  if (counters === null) return "waiting for the server";
  if (counters.loadingModels > 0) return "loading the model";
  if (counters.liveGens === 0) return "waiting for a backend";
  return overall === null ? "starting" : "preparing";
}
