/** One line about a running generation. Pure. */
import { knownProgress, type RunSnapshot } from "../../generation/run/run_progress.ts";
import { delayText, formatDuration, formatPercent } from "../text.ts";

const BAR_CELLS = 15;
/** In a narrower terminal, there is no bar, so that the words have room. */
const BAR_FROM_COLUMNS = 60;

/**
 * Makes the line: a bar, percent of all, image k of n, step of the present image, remaining,
 * elapsed.
 *
 * @param about.steps Steps requested; `null`: the server's default, so the step is in percent.
 * @param about.columns The room for it; the least important parts are left out first.
 */
export function progressText(
  snapshot: RunSnapshot,
  about: { readonly elapsedMs: number; readonly steps: number | null; readonly columns: number },
): string {
  const { imagesTotal, imagesDone, current, remainingMs, delayedBy } = snapshot;
  const known = knownProgress(snapshot);
  const image = Math.min(imagesTotal, imagesDone + 1);
  const parts = {
    percent: known === null ? null : formatPercent(known),
    image: `image ${image} of ${imagesTotal}`,
    step: current === null || current === 0 ? phase(snapshot) : step(current, about.steps),
    left: remainingMs !== null && imagesDone < imagesTotal
      ? `about ${formatDuration(Math.max(1000, remainingMs))} left${delayText(delayedBy)}`
      : null,
    // Tenths of a second would only flicker.
    elapsed: `${formatDuration(Math.floor(about.elapsedMs / 1000) * 1000)} elapsed`,
  };
  if (about.columns < BAR_FROM_COLUMNS) return fit(parts, about.columns);
  return `${bar(snapshot.progress)} ${fit(parts, about.columns - BAR_CELLS - 1)}`;
}

/** The least important part first; parts that are not in this list are never left out. */
const DISPENSABLE = ["elapsed", "step", "left", "image"] as const;

/** Leaves out whole parts until the line fits, instead of cutting a word. */
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
function phase({ counters, overall, imagesDone, imagesTotal }: RunSnapshot): string | null {
  if (imagesDone === imagesTotal) return null;
  if (counters === null) return "waiting for the server";
  if (counters.loadingModels > 0) return "loading the model";
  if (counters.liveGens === 0) return "waiting for a backend";
  // By its counters alone the server does not tell which part of the image it makes.
  return overall === null ? null : "preparing";
}
