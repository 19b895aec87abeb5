import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type {
  BackendsWork,
  Basis,
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
  backends: "none",
  queuesCoverAll: true,
};

const VERDICTS: readonly [string, Partial<VerdictInput>, Verdict, "idle" | null][] = [
  ["counters and all queues zero", {}, "idle", null],
  ["counters zero, the queues do not cover all", { queuesCoverAll: false }, "idle", null],

  [
    "counters zero, a backend may hold work",
    { backends: "unknown", queuesCoverAll: false },
    "unknown",
    null,
  ],
  ["counters zero, a backend at work", { backends: "some" }, "busy", null],
  ["counters show work", { global: "work" }, "busy", null],
  [
    "counters show work, nothing else to be had",
    { global: "work", backends: "unknown" },
    "busy",
    null,
  ],
  ["counters unseen, queues zero", { global: "unseen" }, "unknown", "idle"],
  [
    "counters unseen, queues zero, some backend is no ComfyUI",
    { global: "unseen", queuesCoverAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, a backend may hold work",
    { global: "unseen", backends: "unknown", queuesCoverAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, queues not permitted",
    { global: "unseen", backends: "none", queuesCoverAll: false },
    "unknown",
    null,
  ],
  [
    "counters unseen, no ComfyUI",
    { global: "unseen", backends: "none", queuesCoverAll: false },
    "unknown",
    null,
  ],
  ["counters unseen, a job in ComfyUI", { global: "unseen", backends: "some" }, "busy", null],
  ["a tracked generation, server quiet", { running: 1 }, "busy", null],
  [
    "a tracked generation, server sees nothing",
    { running: 1, global: "unseen", backends: "unknown" },
    "busy",
    null,
  ],
  ["one uncertain, counters zero", { uncertain: 1, queuesCoverAll: false }, "unknown", null],
  ["one uncertain, one running", { uncertain: 1, running: 1 }, "busy", null],
  ["offline", { reach: "offline", global: "unseen", backends: "unknown" }, "unreachable", null],
  [
    "offline with a tracked generation",
    { reach: "offline", running: 2, global: "unseen", backends: "unknown" },
    "unreachable",
    null,
  ],
  [
    "refused",
    { reach: "refused", global: "unseen", backends: "unknown", queuesCoverAll: false },
    "unknown",
    null,
  ],
  [
    "refused with a tracked generation",
    { reach: "refused", running: 1, global: "unseen", backends: "unknown" },
    "busy",
    null,
  ],
  [
    "not asked",
    { reach: "not_asked", global: "unseen", backends: "unknown", queuesCoverAll: false },
    "unknown",
    null,
  ],
  [
    "not asked, with a tracked generation",
    { reach: "not_asked", running: 1, global: "unseen", backends: "unknown" },
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

const BACKENDS: readonly BackendsWork[] = ["some", "none", "unknown"];
const REACH: readonly Reach[] = ["online", "offline", "refused", "not_asked"];

const anyInput = fc.record({
  reach: fc.constantFrom(...REACH),
  running: fc.nat(3),
  uncertain: fc.nat(2),
  global: fc.constantFrom<VerdictInput["global"]>("work", "zero", "unseen"),
  backends: fc.constantFrom(...BACKENDS),
  queuesCoverAll: fc.boolean(),
});

Deno.test("decideVerdict() says idle only if no part of the input shows or hides work", () => {
  fc.assert(fc.property(anyInput, (input) => {
    const { verdict, likely } = decideVerdict(input);
    const sees = input.running > 0 || input.global === "work" || input.backends === "some";
    if (verdict === "idle") {
      assert(!sees && input.uncertain === 0 && input.global === "zero");
      assertEquals(input.backends, "none");
    }
    if (sees && input.reach !== "offline") assertEquals(verdict, "busy");
    if (likely !== null) assertEquals([verdict, input.backends], ["unknown", "none"]);
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
