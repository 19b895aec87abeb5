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
 */
export function progressText(
  snapshot: RunSnapshot,
  about: { readonly elapsedMs: number; readonly steps: number | null },
): string {
  const { imagesTotal, imagesDone, current, remainingMs } = snapshot;
  const image = Math.min(imagesTotal, imagesDone + 1);
  const parts = [
    `Image ${image} of ${imagesTotal}`,
    formatPercent(snapshot.progress),
    current === null || current === 0 ? phase(snapshot) : step(current, about.steps),
    `${formatDuration(about.elapsedMs)} elapsed`,
  ];
  if (remainingMs !== null && imagesDone < imagesTotal) {
    parts.push(`${formatDuration(Math.max(1000, remainingMs))} left`);
  }
  return parts.filter((part) => part !== null).join(" · ");
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
