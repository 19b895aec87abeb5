/** Whether a replay agrees with the recording, apart from what is random. */
import type { Replay, ReplayedSample } from "./replay.ts";
import type { Scenario } from "./scenarios.ts";

/** How far apart equal moments may be, in samples of 100 to 250 ms. */
const SAMPLE_WINDOW = 2;

/** The differences; an empty list if there are none. */
export function problemsOf(player: Replay, loose: Scenario["loose"]): readonly string[] {
  const socketProblems = player.sockets.flatMap(({ name, actual, expected }) => {
    const found: string[] = [];
    const compare = (what: keyof typeof actual): void => {
      const isLoose = what === "milestones" && loose === "errors";
      const hides = loose === "previews" && what === "progress";
      const [one, other] = [actual[what], expected[what]].map((value) =>
        JSON.stringify(
          isLoose && Array.isArray(value) ? withoutRepeats(value) : value,
          hides ? withoutPreviews : undefined,
        )
      );
      if (one !== other) found.push(`${name} ${what}: ${one} instead of ${other}`);
    };
    compare("milestones");
    // one recording left the progress out
    if (Object.keys(expected.progress).length > 0) compare("progress");
    if (
      loose !== "waiting" && !isPart(actual.waiting, expected.waiting) &&
      !isPart(expected.waiting, actual.waiting)
    ) {
      compare("waiting");
    }
    compare("firstStatus");
    compare("lastStatus");
    compare("keepAlives");
    compare("others");
    return found;
  });
  return [...player.problems, ...socketProblems, ...sampleProblems(player.samples)];
}

/**
 * Compares what another client saw. The simulator is not exactly as fast as the recorded server, so
 * each moment may match a moment a few samples earlier or later.
 */
function sampleProblems(samples: readonly ReplayedSample[]): readonly string[] {
  return samples.flatMap(({ expected, actual }, index) => {
    // the first sample was taken while the first request was on its way
    if (index === 0) return [];
    const near = samples.slice(Math.max(0, index - SAMPLE_WINDOW), index + SAMPLE_WINDOW + 1);
    return Object.entries(actual).flatMap(([name, value]) => {
      const known = near.map((sample) => JSON.stringify(sample.expected.values[name]));
      if (known.includes(JSON.stringify(value))) return [];
      return [`sample ${name} at ${expected.atMs}: ${JSON.stringify(value)}, not ${known.join()}`];
    });
  });
}

function withoutPreviews(_: string, value: unknown): unknown {
  return Array.isArray(value) ? value.filter((item) => !String(item).includes("preview")) : value;
}

function withoutRepeats(list: readonly unknown[]): readonly unknown[] {
  return list.filter((item, index) => item !== list[index - 1]);
}

/**
 * Whether one list equals another with some items left out: two changes in quick succession may be
 * reported as one.
 */
function isPart(part: readonly number[], whole: readonly number[]): boolean {
  let at = 0;
  for (const item of whole) if (item === part[at]) at++;
  return at === part.length;
}
