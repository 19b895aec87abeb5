/** Waits on an invented timeline: one look each second, or when a test says. */
import { assertEquals } from "@std/assert";
import type { IdleWaitOptions, WaitMemory, WaitStep } from "../../src/detection/idle_wait.ts";
import { IdleWait } from "../../src/detection/idle_wait.ts";
import type { DetectionReport, Evidence } from "../../src/detection/report.ts";
import { comfyBackend, remoteBackend } from "../support/sample_answers.ts";
import { sampleEvidence } from "../support/sample_facts.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../support/sample_report.ts";

const PLAIN: IdleWaitOptions = {
  idleForMs: 0,
  trustAges: false,
  assume: null,
  requireExact: false,
};
const HALF_A_MINUTE: IdleWaitOptions = { ...PLAIN, idleForMs: 30_000 };

function silent(source: string, reason: NonNullable<Evidence["reason"]>): Evidence {
  return sampleEvidence(source, { answered: false, reason, message: `${source} ${reason}` });
}

/** A report of a server with one ComfyUI backend that was used so many seconds ago. */
function reportOf(age: number | null, changes: Partial<DetectionReport> = {}): DetectionReport {
  return sampleReport({
    backends: [reportedBackend(comfyBackend({ secondsSinceUsed: age }), 0)],
    evidence: [
      sampleEvidence("global_status"),
      sampleEvidence("comfy_queue"),
      sampleEvidence("backend_status"),
    ],
    ...changes,
  });
}

function busy(age: number | null = 0): DetectionReport {
  return reportOf(age, { verdict: "busy", generationsRunning: 1 });
}

const UNREACHABLE = sampleReport({
  verdict: "unreachable",
  reach: "offline",
  backends: null,
  evidence: ["global_status", "comfy_queue", "backend_status"].map((source) =>
    silent(source, "unreachable")
  ),
});

/** The counters are not allowed: unknown for good; ComfyUI's queues are empty. */
function withoutCounters(changes: Partial<DetectionReport> = {}): DetectionReport {
  return reportOf(600, {
    verdict: "unknown",
    likely: "idle",
    evidence: [
      silent("global_status", "not_permitted"),
      sampleEvidence("comfy_queue"),
      sampleEvidence("backend_status"),
    ],
    ...changes,
  });
}

/** Unknown for a reason that may pass by itself. */
const QUEUE_LATE = reportOf(600, {
  verdict: "unknown",
  evidence: [
    sampleEvidence("global_status"),
    silent("comfy_queue", "timeout"),
    sampleEvidence("backend_status"),
  ],
});
const UNCERTAIN = reportOf(600, {
  verdict: "unknown",
  likely: "idle",
  uncertain: [sampleGeneration({ owner: "gone", server: "unseen" })],
});
const LOADING = reportOf(600, {
  verdict: "unknown",
  backends: [reportedBackend(comfyBackend({ status: "loading" }), null)],
});

/** A wait on its timeline; looks take no time. */
class Timeline {
  readonly #options: IdleWaitOptions;
  #wait: IdleWait;

  constructor(options: IdleWaitOptions, memory: WaitMemory | null = null) {
    this.#options = options;
    this.#wait = new IdleWait(options, memory);
  }

  look(atSeconds: number, report: DetectionReport): WaitStep {
    const atMs = atSeconds * 1000;
    return this.#wait.take(report, { askedAtMs: atMs, answeredAtMs: atMs });
  }

  /** Continues in another process. */
  next(): Timeline {
    return new Timeline(this.#options, this.#wait.memory);
  }

  /**
   * When and how it ends, with one look each second; `null` if it does not end within these
   * seconds.
   */
  run(
    reportAt: (seconds: number) => DetectionReport,
    seconds = 100,
  ): { readonly at: number; readonly ended: WaitStep["ended"] } | null {
    for (let at = 0; at <= seconds; at++) {
      const { ended } = this.look(at, reportAt(at));
      if (ended !== null) return { at, ended };
    }
    return null;
  }
}

Deno.test("IdleWait ends at the first look that sees the server idle", () => {
  const wait = new Timeline(PLAIN);
  assertEquals(wait.look(0, busy()), {
    ended: null,
    quietMs: 0,
    isQuiet: false,
    wasBroken: false,
  });
  assertEquals(wait.look(1, reportOf(0)), { ended: "idle", quietMs: 0, basis: "samples" });
});

Deno.test("IdleWait never ends before thirty quiet seconds have passed", () => {
  for (const age of [0, 5, 600, null]) {
    const wait = new Timeline(HALF_A_MINUTE);
    const end = wait.run((at) => reportOf(age === null ? null : age + at));
    assertEquals(end, { at: 30, ended: "idle" }, `age ${age}`);
  }
});

Deno.test("IdleWait starts again with a run that began and ended between two looks", () => {
  const wait = new Timeline(HALF_A_MINUTE);
  const steps = [
    wait.look(0, reportOf(600)),
    wait.look(20, reportOf(620)),
    wait.look(29, reportOf(2)),
    wait.look(58, reportOf(31)),
    wait.look(59, reportOf(32)),
  ];
  assertEquals(steps, [
    { ended: null, quietMs: 0, isQuiet: true, wasBroken: false },
    { ended: null, quietMs: 20_000, isQuiet: true, wasBroken: false },
    { ended: null, quietMs: 0, isQuiet: true, wasBroken: true },
    { ended: null, quietMs: 29_000, isQuiet: true, wasBroken: false },
    { ended: "idle", quietMs: 30_000, basis: "samples" },
  ]);
});

Deno.test("IdleWait does not call it broken when only a rounded second is taken off", () => {
  const wait = new Timeline(HALF_A_MINUTE);
  wait.look(0, reportOf(0));
  assertEquals(wait.look(2, reportOf(1)), {
    ended: null,
    quietMs: 1000,
    isQuiet: true,
    wasBroken: false,
  });
});

for (
  const [name, dirt] of [
    ["a busy server", busy()],
    ["a server that cannot be reached", UNREACHABLE],
    ["a queue that timed out", QUEUE_LATE],
    ["an uncertain record", UNCERTAIN],
    ["a backend that is loading", LOADING],
  ] as const
) {
  for (const assume of [null, "idle", "likely", "busy"] as const) {
    Deno.test(`IdleWait starts again after ${name}, assuming ${assume}`, () => {
      const wait = new Timeline({ ...HALF_A_MINUTE, assume });
      const end = wait.run((at) => at === 10 ? dirt : reportOf(600 + at));
      assertEquals(end, { at: 41, ended: "idle" });
    });
  }
}

Deno.test("IdleWait never takes a passing reason for idle, whatever is assumed", () => {
  for (const assume of ["idle", "likely"] as const) {
    for (const report of [QUEUE_LATE, UNCERTAIN, LOADING]) {
      assertEquals(new Timeline({ ...PLAIN, assume }).run(() => report), null, assume);
    }
    // The same together with a reason that lasts.
    const both = withoutCounters({ uncertain: UNCERTAIN.uncertain });
    assertEquals(new Timeline({ ...PLAIN, assume }).run(() => both), null, assume);
    const loading = withoutCounters({ backends: LOADING.backends, likely: null });
    assertEquals(new Timeline({ ...PLAIN, assume }).run(() => loading), null, assume);
  }
});

Deno.test("IdleWait ends with the first look at a server that cannot be reached, and no later one", () => {
  assertEquals(new Timeline(PLAIN).look(0, UNREACHABLE), { ended: "unreachable" });
  const wait = new Timeline(PLAIN);
  wait.look(0, busy());
  assertEquals(wait.look(1, UNREACHABLE).ended, null);
  assertEquals(wait.next().look(60, UNREACHABLE).ended, null);
});

Deno.test("IdleWait ends at once with what only a person can change", () => {
  for (const reason of ["permission", "not_permitted", "refused", "not_supported"] as const) {
    const report = reportOf(600, {
      verdict: "unknown",
      evidence: [silent("global_status", reason)],
    });
    assertEquals(new Timeline(PLAIN).look(0, report), {
      ended: "unknown",
      about: "verdict",
      reason: {
        isLasting: true,
        needs: null,
        evidence: report.evidence[0] ?? null,
        message: `global_status: global_status ${reason}`,
      },
    });
  }
});

Deno.test("IdleWait waits on for what may pass, and goes on when it has", () => {
  for (const reason of ["timeout", "server_error", "protocol", "not_swarmui", "failed"] as const) {
    const report = reportOf(600, {
      verdict: "unknown",
      evidence: [silent("global_status", reason)],
    });
    const end = new Timeline(PLAIN).run((at) => at < 3 ? report : reportOf(600));
    assertEquals(end, { at: 3, ended: "idle" }, reason);
  }
});

Deno.test("IdleWait applies --assume to a lasting unknown", () => {
  const report = withoutCounters();
  assertEquals(new Timeline({ ...PLAIN, assume: "idle" }).run(() => report), {
    at: 0,
    ended: "idle",
  });
  const growing = new Timeline({ ...HALF_A_MINUTE, assume: "idle" }).run((at) =>
    withoutCounters({ backends: reportOf(600 + at).backends })
  );
  assertEquals(growing, { at: 30, ended: "idle" });
  assertEquals(new Timeline({ ...PLAIN, assume: "busy" }).run(() => report), null);
});

Deno.test("IdleWait takes likely for idle only after five seconds", () => {
  const options = { ...PLAIN, assume: "likely" } as const;
  assertEquals(new Timeline(options).run(() => withoutCounters()), { at: 5, ended: "idle" });
  // ComfyUI is empty for a moment between a model load and its first image.
  const loaded = withoutCounters({ likely: null, verdict: "busy" });
  const end = new Timeline(options).run((at) => at === 4 ? loaded : withoutCounters());
  assertEquals(end, { at: 10, ended: "idle" });
});

Deno.test("IdleWait holds likely from the end of the look that first saw it", () => {
  const wait = new IdleWait({ ...PLAIN, assume: "likely" }, null);
  wait.take(withoutCounters(), { askedAtMs: 0, answeredAtMs: 3000 });
  assertEquals(
    wait.take(withoutCounters(), { askedAtMs: 6000, answeredAtMs: 6000 }).ended,
    null,
  );
  assertEquals(
    wait.take(withoutCounters(), { askedAtMs: 8000, answeredAtMs: 8000 }).ended,
    "idle",
  );
});

Deno.test("IdleWait holds likely anew when the clock was set back", () => {
  let wait = new Timeline({ ...PLAIN, assume: "likely" });
  wait.look(3600, withoutCounters());
  wait = wait.next();
  assertEquals(wait.look(10, withoutCounters()).ended, null);
  assertEquals(wait.next().look(15, withoutCounters()).ended, "idle");
});

for (
  const [name, report] of [
    [
      "the queues may not be asked",
      withoutCounters({
        likely: null,
        evidence: [
          silent("global_status", "not_permitted"),
          silent("comfy_queue", "not_permitted"),
          sampleEvidence("backend_status"),
        ],
      }),
    ],
    [
      "a backend is another SwarmUI",
      withoutCounters({
        likely: null,
        backends: [
          reportedBackend(comfyBackend(), 0),
          reportedBackend(remoteBackend(), null),
        ],
      }),
    ],
    ["there is no ComfyUI backend", withoutCounters({ likely: null, backends: [] })],
  ] as const
) {
  Deno.test(`IdleWait gives up on likely where ${name}`, () => {
    const end = new Timeline({ ...PLAIN, assume: "likely" }).look(0, report);
    assertEquals([end.ended, end.ended === "unknown" && end.about], ["unknown", "verdict"]);
  });
}

Deno.test("IdleWait does not give up on likely for a remote backend that is off", () => {
  const off = [
    reportedBackend(comfyBackend({ secondsSinceUsed: 600 }), 0),
    reportedBackend(remoteBackend({ status: "disabled" }), null),
  ];
  const end = new Timeline({ ...PLAIN, assume: "likely" }).run(() =>
    withoutCounters({ backends: off })
  );
  assertEquals(end, { at: 5, ended: "idle" });
});

const HIDDEN_AGES = [
  sampleEvidence("global_status"),
  silent("comfy_queue", "not_permitted"),
  silent("backend_status", "not_permitted"),
];

Deno.test("IdleWait cannot prove a window where the ages are hidden", () => {
  const hidden = reportOf(null, { backends: null, evidence: HIDDEN_AGES });
  assertEquals(new Timeline(PLAIN).look(0, hidden).ended, "idle");
  for (const report of [hidden, { ...hidden, verdict: "busy" } as const]) {
    assertEquals(new Timeline(HALF_A_MINUTE).look(0, report), {
      ended: "unknown",
      about: "ages",
      reason: {
        isLasting: true,
        needs: null,
        evidence: report.evidence.find(({ source }) => source === "backend_status") ?? null,
        message: "backend_status: backend_status not_permitted",
      },
    });
  }
});

Deno.test("IdleWait goes on waiting while the ages are missing for a moment", () => {
  const late = reportOf(null, { backends: null, evidence: [silent("backend_status", "timeout")] });
  const end = new Timeline(HALF_A_MINUTE).run((at) => at === 7 ? late : reportOf(600 + at));
  assertEquals(end, { at: 38, ended: "idle" });
});

Deno.test("IdleWait with trusted ages ends at once if they allow it, and says so", () => {
  const options = { ...HALF_A_MINUTE, trustAges: true };
  assertEquals(new Timeline(options).look(0, reportOf(40)), {
    ended: "idle",
    quietMs: 40_000,
    basis: "backend_ages",
  });
  assertEquals(new Timeline(options).run((at) => reportOf(12 + at)), { at: 18, ended: "idle" });
  assertEquals(new Timeline(options).run(() => reportOf(null)), { at: 30, ended: "idle" });
});

Deno.test("IdleWait goes on from process to process", () => {
  let wait = new Timeline(HALF_A_MINUTE);
  const ends: WaitStep["ended"][] = [];
  for (const at of [0, 10, 20, 30]) {
    ends.push(wait.look(at, reportOf(600 + at)).ended);
    wait = wait.next();
  }
  assertEquals(ends, [null, null, null, "idle"]);
  // A window that was reached does not end by itself either.
  assertEquals(wait.look(40, reportOf(640)), {
    ended: "idle",
    quietMs: 40_000,
    basis: "samples",
  });
  assertEquals(wait.next().look(50, reportOf(9)).ended, null);
});
