/** "Did you mean": the words nearest to one that does not exist. */

/** How many words are shown where none is near. */
const SHOWN_MAX = 10;

/** The shortest candidate that is near a word because the word begins with it. */
const LEAST_START = 5;

/**
 * The candidates that are nearest to a word, nearest first; none if nothing is near. Case does not
 * count. Near: at most a third of the word's letters differ (two for a short word), or one of both
 * begins with the other.
 *
 * @param options.limit How many at most. @default {3}
 */
export function suggest(
  word: string,
  candidates: Iterable<string>,
  options: { readonly limit?: number } = {},
): readonly string[] {
  const wanted = word.toLowerCase();
  const reach = Math.max(2, Math.floor(wanted.length / 3));
  const near: { readonly candidate: string; readonly distance: number }[] = [];
  for (const candidate of candidates) {
    const found = candidate.toLowerCase();
    const isStart = wanted.length >= 2 && found.startsWith(wanted);
    const differ = isStart ? 0.5 : editDistance(wanted, found, reach);
    const isLonger = found.length >= LEAST_START && wanted.startsWith(found);
    const distance = isLonger ? Math.min(differ, reach) : differ;
    if (distance <= reach && distance < wanted.length) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return near.slice(0, options.limit ?? 3).map(({ candidate }) => candidate);
}

/**
 * The nearest words as a hint behind a refusal: `closest: a, b`; else the first of all there are.
 *
 * @param all What could have been meant.
 */
export function nearestHint(nearest: readonly string[], all: readonly string[]): string {
  if (nearest.length > 0) return `closest: ${nearest.join(", ")}`;
  const shown = all.slice(0, SHOWN_MAX).join(", ");
  return all.length === 0
    ? "it has none"
    : `there is ${shown}${all.length > SHOWN_MAX ? ", …" : ""}`;
}

/**
 * How many letters must be added, removed, changed, or swapped with their neighbour to make one word
 * of another; `Infinity` if more than `reach`.
 */
function editDistance(from: string, to: string, reach: number): number {
  if (Math.abs(from.length - to.length) > reach) return Infinity;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(Math.min(
        at(last, column) + 1,
        at(line, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      ));
    }
    if (Math.min(...line) > reach) return Infinity;
    [beforeLast, last] = [last, line];
  }
  return at(last, to.length);
}

function at(line: readonly number[], column: number): number {
  return line[column] ?? Infinity;
}
