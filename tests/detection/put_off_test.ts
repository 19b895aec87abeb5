/**
 * Looks that a gateway answers with "try later": the idle time continues if the next look that
 * counts comes in time.
 */
import { assertEquals } from "@std/assert";
import { IdleWait } from "../../src/detection/idle_wait.ts";
import { askedPauseMs, putOffOf } from "../../src/detection/put_off.ts";
import type { DetectionReport, Evidence } from "../../src/detection/report.ts";
import { comfyBackend } from "../support/sample_answers.ts";
import { sampleEvidence } from "../support/sample_facts.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";

const SOURCES = ["global_status", "comfy_queue", "backend_status"];

function idle(age: number): DetectionReport {
  return sampleReport({
    backends: [reportedBackend(comfyBackend({ secondsSinceUsed: age }), 0)],
    evidence: SOURCES.map((source) => sampleEvidence(source)),
  });
}

/** The counters are answered with 'try later'; everything else answers. */
function putOff(
  how: Pick<Evidence, "putOff"> | { readonly reason: "timeout" | "unreachable" },
): DetectionReport {
  return sampleReport({
    ...idle(600),
    verdict: "unknown",
    evidence: SOURCES.map((source) =>
      source === "global_status"
        ? sampleEvidence(source, { answered: false, reason: "unreachable", ...how })
        : sampleEvidence(source)
    ),
  });
}

const BUSY_GATEWAY = putOff({ putOff: { status: 429, retryAfterMs: null } });
const TIMED_OUT = putOff({ reason: "timeout" });

/** Takes looks at the given seconds, and says how long the server had been idle at the last one. */
function quietAfter(
  looks: readonly (readonly [second: number, report: DetectionReport])[],
): number {
  const wait = new IdleWait(
    { idleForMs: 600_000, trustAges: false, assume: null, requireExact: false },
    null,
  );
  let quiet = -1;
  for (const [second, report] of looks) {
    const atMs = second * 1000;
    const step = wait.take(report, { askedAtMs: atMs, answeredAtMs: atMs });
    quiet = step.ended === null ? step.quietMs / 1000 : -1;
  }
  return quiet;
}

Deno.test("a look that is answered with 'try later' neither counts nor ends the idle time", () => {
  assertEquals(quietAfter([[0, idle(600)], [2, BUSY_GATEWAY]]), 0);
  assertEquals(quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [4, idle(604)]]), 4);
  assertEquals(
    quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [4, BUSY_GATEWAY], [30, idle(630)]]),
    30,
  );
});

Deno.test("work between looks that were answered with 'try later' ends the idle time, as the ages show", () => {
  assertEquals(quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [4, idle(1)]]), 0);
});

Deno.test("looks that are answered with 'try later' for more than 30 s end the idle time", () => {
  assertEquals(quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [34, idle(634)]]), 0);
  assertEquals(
    quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [34, BUSY_GATEWAY], [35, idle(635)]]),
    0,
  );
  assertEquals(quietAfter([[0, idle(600)], [2, BUSY_GATEWAY], [33, idle(633)]]), 33);
});

Deno.test("one look without an answer in time is passed over, two in a row are not", () => {
  assertEquals(quietAfter([[0, idle(600)], [2, TIMED_OUT], [8, idle(608)]]), 8);
  assertEquals(quietAfter([[0, idle(600)], [2, TIMED_OUT], [8, TIMED_OUT], [14, idle(614)]]), 0);
});

Deno.test("a server that does not answer, or is seen working, is not treated as 'try later'", () => {
  assertEquals(putOffOf(putOff({ reason: "unreachable" })), null);
  assertEquals(putOffOf({ ...BUSY_GATEWAY, verdict: "busy" }), null);
  assertEquals(putOffOf(idle(3)), null);
  for (const status of [429, 502, 503, 504]) {
    assertEquals(putOffOf(putOff({ putOff: { status, retryAfterMs: null } })), "status");
  }
  assertEquals(putOffOf(putOff({ putOff: { status: 520, retryAfterMs: null } })), null);
  assertEquals(putOffOf(TIMED_OUT), "timeout");
});

Deno.test("a server that asks for a pause gets it, but not without end", () => {
  assertEquals(askedPauseMs(BUSY_GATEWAY), 0);
  assertEquals(askedPauseMs(putOff({ putOff: { status: 503, retryAfterMs: 7_000 } })), 7_000);
  assertEquals(askedPauseMs(putOff({ putOff: { status: 503, retryAfterMs: 9e9 } })), 30_000);
});

Deno.test("a first look that is answered with 'try later' does not end the wait, one without a server does", () => {
  function first(report: DetectionReport): string | null {
    const rules = { idleForMs: 0, trustAges: false, assume: null, requireExact: false };
    return new IdleWait(rules, null).take(report, { askedAtMs: 0, answeredAtMs: 0 }).ended;
  }
  function away(how: Pick<Evidence, "putOff">): DetectionReport {
    return sampleReport({
      verdict: "unreachable",
      reach: "offline",
      backends: null,
      evidence: SOURCES.map((source) =>
        sampleEvidence(source, { answered: false, reason: "unreachable", ...how })
      ),
    });
  }
  assertEquals(first(away({ putOff: { status: 429, retryAfterMs: null } })), null);
  assertEquals(first(away({ putOff: { status: 503, retryAfterMs: 2_000 } })), null);
  assertEquals(first(away({ putOff: { status: 502, retryAfterMs: null } })), "unreachable");
  assertEquals(first(away({})), "unreachable");
});

Deno.test("an address that is not SwarmUI's ends the wait at once, whatever is assumed", () => {
  const report = sampleReport({
    verdict: "unreachable",
    reach: "offline",
    backends: null,
    evidence: SOURCES.map((source) =>
      sampleEvidence(source, { answered: false, reason: "not_swarmui", message: "a page" })
    ),
  });
  for (const assume of [null, "idle", "likely", "busy"] as const) {
    const rules = { idleForMs: 0, trustAges: false, assume, requireExact: false };
    const step = new IdleWait(rules, null).take(report, { askedAtMs: 0, answeredAtMs: 0 });
    assertEquals([step.ended, step.ended === "unknown" && step.about], ["unknown", "address"]);
  }
});
