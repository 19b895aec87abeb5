/** One line about a generation under way. Pure. */
import type { RunSnapshot } from "../generation/run_progress.ts";
import { formatDuration, formatPercent } from "./text.ts";

const SEPARATOR = " · ";
const BAR_CELLS = 15;
/** In a narrower terminal the words have the room of the bar. */
const BAR_FROM_COLUMNS = 60;

/**
 * Makes the line: a bar, percent of all, image k of n, step of the image under way, remaining, elapsed.
 * What has no room is left out from the end.
 *
 * @param about.steps Steps asked for; `null`: the server's default, so the step is in percent.
 * @param about.columns Longest line, in characters.
 */
export function progressText(
  snapshot: RunSnapshot,
  about: { readonly elapsedMs: number; readonly steps: number | null; readonly columns: number },
): string {
  const { imagesTotal, imagesDone, current, remainingMs } = snapshot;
  const image = Math.min(imagesTotal, imagesDone + 1);
  const left = remainingMs !== null && imagesDone < imagesTotal
    ? `about ${formatDuration(Math.max(1000, remainingMs))} left`
    : null;
  const parts = [
    formatPercent(snapshot.progress),
    `image ${image} of ${imagesTotal}`,
    current === null || current === 0 ? phase(snapshot) : step(current, about.steps),
    left,
    `${formatDuration(Math.floor(about.elapsedMs / 1000) * 1000)} elapsed`,
  ].filter((part) => part !== null);
  const start = about.columns < BAR_FROM_COLUMNS ? "" : `${bar(snapshot.progress)} `;
  while (parts.length > 1 && (start + parts.join(SEPARATOR)).length > about.columns) parts.pop();
  return (start + parts.join(SEPARATOR)).slice(0, about.columns);
}

function bar(fraction: number): string {
  const full = Math.floor(fraction * BAR_CELLS);
  return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
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
