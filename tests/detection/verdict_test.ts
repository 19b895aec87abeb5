import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type {
  Basis,
  ComfyCoverage,
  CountInput,
  Reach,
  Verdict,
  VerdictInput,
} from "../../src/detection/verdict.ts";
import { countGenerations, decideVerdict } from "../../src/detection/verdict.ts";

const QUIET: VerdictInput = {
  reach: "online",
  running: 0,
  uncertain: 0,
  global: "zero",
  comfy: "zero",
  comfyCoversAll: true,
};

const VERDICTS: readonly [string, Partial<VerdictInput>, Verdict, "idle" | null][] = [
  ["counters and all queues zero", {}, "idle", null],
  ["counters zero, some backend is no ComfyUI", { comfyCoversAll: false }, "idle", null],
  ["counters zero, no ComfyUI at all", { comfy: "none", comfyCoversAll: false }, "idle", null],
  [
    "counters zero, queues not permitted",
    { comfy: "not_permitted", comfyCoversAll: false },
    "idle",
    null,
  ],
  [
    "counters zero, a queue did not answer or a backend loads",
    { comfy: "incomplete", comfyCoversAll: false },
    "unknown",
    null,
  ],
  ["counters zero, a job in ComfyUI", { comfy: "work" }, "busy", null],
  ["counters show work", { global: "work" }, "busy", null],
  [
    "counters show work, nothing else to be had",
    { global: "work", comfy: "incomplete" },
    "busy",
    null,
  ],
  ["counters unseen, queues zero", { global: "unseen" }, "unknown", "idle"],
  [
    "counters unseen, queues zero, some backend is no ComfyUI",
    { global: "unseen", comfyCoversAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, queues incomplete",
    { global: "unseen", comfy: "incomplete", comfyCoversAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, queues not permitted",
    { global: "unseen", comfy: "not_permitted", comfyCoversAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, no ComfyUI",
    { global: "unseen", comfy: "none", comfyCoversAll: false },
    "unknown",
    null,
  ],
  ["counters unseen, a job in ComfyUI", { global: "unseen", comfy: "work" }, "busy", null],
  ["a tracked generation, server quiet", { running: 1 }, "busy", null],
  [
    "a tracked generation, server sees nothing",
    { running: 1, global: "unseen", comfy: "incomplete" },
    "busy",
    null,
  ],
  ["one uncertain, counters zero", { uncertain: 1, comfyCoversAll: false }, "unknown", null],
  ["one uncertain, one running", { uncertain: 1, running: 1 }, "busy", null],
  ["offline", { reach: "offline", global: "unseen", comfy: "incomplete" }, "unreachable", null],
  [
    "offline with a tracked generation",
    { reach: "offline", running: 2, global: "unseen", comfy: "incomplete" },
    "unreachable",
    null,
  ],
  [
    "refused",
    { reach: "refused", global: "unseen", comfy: "incomplete", comfyCoversAll: false },
    "unknown",
    null,
  ],
  [
    "refused with a tracked generation",
    { reach: "refused", running: 1, global: "unseen", comfy: "incomplete" },
    "busy",
    null,
  ],
  [
    "not asked",
    { reach: "not_asked", global: "unseen", comfy: "incomplete", comfyCoversAll: false },
    "unknown",
    null,
  ],
  [
    "not asked, with a tracked generation",
    { reach: "not_asked", running: 1, global: "unseen", comfy: "incomplete" },
    "busy",
    null,
  ],
];

for (const [name, changes, verdict, likely] of VERDICTS) {
  Deno.test(`decideVerdict(): ${name}: ${verdict}`, () => {
    assertEquals(decideVerdict({ ...QUIET, ...changes }), { verdict, likely });
  });
}

const COUNTED: CountInput = {
  verdict: "busy",
  running: 0,
  hasMore: false,
  mayHaveMore: false,
  complete: true,
  runningBackends: null,
};

const COUNTS: readonly [string, Partial<CountInput>, number | null, Basis][] = [
  ["idle, all was seen", { verdict: "idle" }, 0, "exact"],
  ["idle on the counters alone", { verdict: "idle", complete: false }, 0, "at_least"],
  ["one tracked, nothing else", { running: 1 }, 1, "exact"],
  ["two tracked, nothing else", { running: 2 }, 2, "exact"],
  ["one tracked, not all was seen", { running: 1, complete: false }, 1, "at_least"],
  ["one tracked and untracked work", { running: 1, hasMore: true }, 2, "at_least"],
  ["one tracked, the readings disagree", { running: 1, mayHaveMore: true }, 1, "at_least"],
  ["untracked work alone", { hasMore: true }, 1, "at_least"],
  ["untracked work alone, not all was seen", { hasMore: true, complete: false }, 1, "at_least"],
  ["busy, though nothing could be set apart", {}, 1, "at_least"],
  ["unknown", { verdict: "unknown" }, null, "none"],
  [
    "unknown, three backends ready",
    { verdict: "unknown", runningBackends: 3 },
    3,
    "backend_status",
  ],
  ["unknown, no backend ready", { verdict: "unknown", runningBackends: 0 }, null, "none"],
  ["unreachable", { verdict: "unreachable", complete: false }, null, "none"],
  [
    "unreachable with two records",
    { verdict: "unreachable", running: 2, complete: false },
    2,
    "at_least",
  ],
];

for (const [name, changes, count, basis] of COUNTS) {
  Deno.test(`countGenerations(): ${name}: ${count}, ${basis}`, () => {
    assertEquals(countGenerations({ ...COUNTED, ...changes }), { count, basis });
  });
}

const COMFY: readonly ComfyCoverage[] = ["work", "zero", "none", "not_permitted", "incomplete"];
const REACH: readonly Reach[] = ["online", "offline", "refused", "not_asked"];

const anyInput = fc.record({
  reach: fc.constantFrom(...REACH),
  running: fc.nat(3),
  uncertain: fc.nat(2),
  global: fc.constantFrom<VerdictInput["global"]>("work", "zero", "unseen"),
  comfy: fc.constantFrom(...COMFY),
  comfyCoversAll: fc.boolean(),
});

Deno.test("decideVerdict() says idle only if no part of the input shows or hides work", () => {
  fc.assert(fc.property(anyInput, (input) => {
    const { verdict, likely } = decideVerdict(input);
    const sees = input.running > 0 || input.global === "work" || input.comfy === "work";
    if (verdict === "idle") {
      assert(!sees && input.uncertain === 0 && input.global === "zero");
      assert(input.comfy !== "incomplete");
    }
    if (sees && input.reach !== "offline") assertEquals(verdict, "busy");
    if (likely !== null) assertEquals([verdict, input.comfy], ["unknown", "zero"]);
  }));
});

Deno.test("countGenerations() says 0 if and only if the verdict is idle, and never exact on half the evidence", () => {
  const counts = fc.record({
    hasMore: fc.boolean(),
    mayHaveMore: fc.boolean(),
    complete: fc.boolean(),
    runningBackends: fc.option(fc.nat(3)),
  });
  fc.assert(fc.property(anyInput, counts, (input, more) => {
    const { verdict } = decideVerdict(input);
    const { count, basis } = countGenerations({ ...more, verdict, running: input.running });
    assertEquals(count === 0, verdict === "idle");
    assertEquals(count === null, basis === "none");
    if (verdict === "busy") assert(count !== null && count >= Math.max(1, input.running));
    if (basis === "exact") assert(more.complete && !more.hasMore && !more.mayHaveMore);
    if (basis === "backend_status") assertEquals(input.running, 0);
  }));
});
