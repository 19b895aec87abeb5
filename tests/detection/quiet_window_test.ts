/** Idle windows from samples at given times; in seconds, because people read them. */
import { assertEquals } from "@std/assert";
import type { QuietLook, QuietWindow } from "../../src/detection/quiet_window.ts";
import { advanceWindow, quietLook, quietMs } from "../../src/detection/quiet_window.ts";
import { comfyBackend } from "../support/sample_answers.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";

/** Ages in whole seconds, of backend 0, 1 and so on; `null`: never used. */
type Ages = readonly (number | null)[] | null;

interface Sample {
  readonly at: number;
  /** How long the look took, in seconds. @default {0} */
  readonly took?: number;
  readonly ages: Ages;
  /** @default {true} */
  readonly isIdle?: boolean;
}

function sample({ at, took = 0, ages, isIdle = true }: Sample): QuietLook {
  return {
    askedAtMs: at * 1000,
    answeredAtMs: (at + took) * 1000,
    isIdle,
    agesSeconds: ages && new Map(ages.map((age, id) => [id, age])),
  };
}

function windowOf(
  samples: readonly Sample[],
  options = { trustAges: false },
): QuietWindow {
  let window: QuietWindow | null = null;
  for (const each of samples) window = advanceWindow(window, sample(each), options);
  if (window === null) throw new RangeError("a window needs a sample");
  return window;
}

/** How long the server has been idle, in seconds, after the last of these samples. */
function quietSeconds(samples: readonly Sample[], options = { trustAges: false }): number {
  return quietMs(windowOf(samples, options)) / 1000;
}

for (
  const [claim, samples, expected] of [
    ["begins with the first clean sample", [{ at: 7, ages: [60] }], 0],
    ["begins when the first sample was complete", [
      { at: 0, took: 1.5, ages: [60] },
      { at: 10, took: 3, ages: [70] },
    ], 8.5],
    ["goes on while the ages grow with the time", [
      { at: 0, ages: [60] },
      { at: 2, ages: [62] },
      { at: 4, ages: [64] },
    ], 4],
    ["goes on while a backend is never used", [
      { at: 0, ages: [null] },
      { at: 5, ages: [null] },
    ], 5],
    ["goes on over ages that the server rounded away", [
      { at: 0.1, ages: [60] },
      { at: 1.95, ages: [61] },
      { at: 3.85, ages: [63] },
    ], 3.75],
    ["is not broken by a slow look, whose ages were read at any time in it", [
      { at: 0, took: 9, ages: [69] },
      { at: 10, took: 9, ages: [70] },
      { at: 30, ages: [90] },
    ], 21],
    ["is not broken by clocks that differ by a thousandth", [
      { at: 0, ages: [10] },
      { at: 3600, ages: [3606] },
    ], 3600],
    ["starts again when the server was busy", [
      { at: 0, ages: [60] },
      { at: 2, ages: [0], isIdle: false },
      { at: 4, ages: [2] },
      { at: 6, ages: [4] },
    ], 2],
    ["starts again when a run began and ended between two samples", [
      { at: 0, ages: [60] },
      { at: 2, ages: [0] },
      { at: 3, ages: [1] },
    ], 1],
    ["starts again when a backend was used that had never been", [
      { at: 0, ages: [null, 60] },
      { at: 10, ages: [8, 70] },
    ], 0],
    ["starts again when one of two backends was used", [
      { at: 0, ages: [60, 60] },
      { at: 10, ages: [70, 9] },
    ], 0],
    ["starts again when a backend has gone", [
      { at: 0, ages: [60, 60] },
      { at: 10, ages: [70] },
    ], 0],
    ["starts again when a backend has come", [
      { at: 0, ages: [60] },
      { at: 10, ages: [70, null] },
    ], 0],
    ["starts again when a server was restarted, which forgets the ages", [
      { at: 0, ages: [60] },
      { at: 10, ages: [null] },
    ], 0],
    ["starts again when the clock was set back", [
      { at: 3600, ages: [60] },
      { at: 10, ages: [70] },
      { at: 12, ages: [72] },
    ], 2],
    ["starts again when the clock was set forth", [
      { at: 0, ages: [60] },
      { at: 3610, ages: [70] },
    ], 0],
    ["does not last where the ages cannot be seen", [
      { at: 0, ages: null },
      { at: 10, ages: null },
    ], 0],
    ["starts again after a sample without ages", [
      { at: 0, ages: [60] },
      { at: 2, ages: null },
      { at: 4, ages: [64] },
      { at: 6, ages: [66] },
    ], 2],
    // Used at −0.5; a run from 0.1 to 0.9 would leave the same ages as none, apart from rounding.
    ["is never longer than the ages allow", [
      { at: 0, ages: [0] },
      { at: 2, ages: [1] },
      { at: 30, ages: [29] },
    ], 29],
    ["is never longer than the ages allow after a slow look", [
      { at: 0, took: 1, ages: [0] },
      { at: 10, took: 1, ages: [9] },
    ], 8],
  ] as const
) {
  Deno.test(`advanceWindow() ${claim}`, () => {
    assertEquals(quietSeconds(samples), expected);
  });
}

Deno.test("advanceWindow() starts again with the next good sample after each kind of bad one", () => {
  const dirty = { at: 2, ages: [62], isIdle: false };
  assertEquals(windowOf([{ at: 0, ages: [60] }, dirty]).sinceMs, null);
  assertEquals(quietSeconds([{ at: 0, ages: [60] }, dirty]), 0);
  assertEquals(windowOf([dirty, { at: 4, ages: [64] }]).sinceMs, 4000);
});

const TRUST = { trustAges: true };

for (
  const [claim, samples, expected, basis] of [
    ["begins at the youngest age", [{ at: 100, ages: [300, 40, null] }], 40, "backend_ages"],
    [
      "begins where the ages may have been read last",
      [{ at: 100, took: 3, ages: [40] }],
      37,
      "backend_ages",
    ],
    [
      "keeps its ground while it goes on",
      [{ at: 100, ages: [40] }, { at: 102, ages: [42] }],
      42,
      "backend_ages",
    ],
    ["says nothing of backends that were never used", [{ at: 100, ages: [null] }], 0, "samples"],
    ["says nothing without ages", [{ at: 100, ages: null }], 0, "samples"],
    ["says nothing without backends", [{ at: 100, ages: [] }], 0, "samples"],
    [
      "begins at the end of the run that broke it",
      [{ at: 100, ages: [300] }, { at: 120, ages: [15] }],
      15,
      "backend_ages",
    ],
    // A job sent directly to ComfyUI, or a model load: it was seen busy, but the ages do not show
    // it.
    [
      "never begins before a sample that was not clean",
      [{ at: 100, ages: [50], isIdle: false }, { at: 110, ages: [60] }],
      10,
      "backend_ages",
    ],
    [
      "never begins before an unreachable server was looked for",
      [{ at: 100, took: 5, ages: null, isIdle: false }, { at: 110, ages: [60] }],
      5,
      "backend_ages",
    ],
    [
      "does not forget the use of a backend that has gone",
      [{ at: 100, ages: [300, 2] }, { at: 110, ages: [310] }],
      0,
      "samples",
    ],
    [
      "does not forget the use of a backend that was started anew",
      [{ at: 100, ages: [300, 2] }, { at: 110, ages: [310, null] }],
      0,
      "samples",
    ],
    [
      "starts with a sample when the clock was set back",
      [{ at: 3600, ages: [300] }, { at: 10, ages: [310] }],
      0,
      "samples",
    ],
  ] as const
) {
  Deno.test(`advanceWindow() with trusted ages ${claim}`, () => {
    assertEquals([quietSeconds(samples, TRUST), windowOf(samples, TRUST).basis], [expected, basis]);
  });
}

Deno.test("advanceWindow() learns nothing from a look that began before the last one", () => {
  const first: Sample = { at: 0, ages: [60] };
  const newer: Sample = { at: 60.2, took: 0.2, ages: [120] };
  const older: Sample = { at: 60.1, took: 0.4, ages: [120] };
  assertEquals(quietSeconds([first, newer, older]), 60.2);
  assertEquals(quietSeconds([first, newer, older, { at: 120, ages: [180] }]), 120);
  assertEquals(windowOf([first, { ...newer, isIdle: false }, older]).sinceMs, null);
  assertEquals(windowOf([first, newer, { ...older, isIdle: false }]).sinceMs, null);
});

Deno.test("advanceWindow() ignores a look that is entered after a later one", () => {
  const window = windowOf([{ at: 0, ages: [60] }, { at: 61, ages: [121] }]);
  const late = sample({ at: 60, ages: [120] });
  assertEquals(advanceWindow(window, late, { trustAges: false, toldAtMs: 62_000 }), window);
  // If reported at once, it is because a clock was set back.
  const { sinceMs } = advanceWindow(window, late, { trustAges: false });
  assertEquals(sinceMs, 60_000);
});

Deno.test("quietLook() takes the ages of a report, and none where no backend was listed", () => {
  const times = { askedAtMs: 5, answeredAtMs: 7 };
  const backends = [
    reportedBackend(comfyBackend({ id: 3, secondsSinceUsed: 9 }), 0),
    reportedBackend(comfyBackend({ id: 4, secondsSinceUsed: null }), 0),
  ];
  assertEquals(quietLook(sampleReport({ backends }), times), {
    ...times,
    isIdle: true,
    agesSeconds: new Map([[3, 9], [4, null]]),
  });
  assertEquals(quietLook(sampleReport({ backends: null, verdict: "unknown" }), times), {
    ...times,
    isIdle: false,
    agesSeconds: null,
  });
});
