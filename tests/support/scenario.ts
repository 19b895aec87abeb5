/**
 * One look at an invented situation: a server, records and their owners, and the report of
 * `detect()`.
 */
import { assertEquals } from "@std/assert";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import type { Detection } from "../../src/detection/detect.ts";
import { detect } from "../../src/detection/detect.ts";
import type { DetectionReport } from "../../src/detection/report.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { LockState } from "../../src/generation/records/owner.ts";
import type { Publication, Scope } from "../../src/generation/records/store.ts";
import { FakeOwnerLocks } from "./fake_owner_locks.ts";
import { FakeStore } from "./fake_store.ts";
import type { FakeServerScript } from "./fake_swarm_server.ts";
import { FakeSwarmServer } from "./fake_swarm_server.ts";
import { ManualClock } from "./manual_clock.ts";
import { answered, queueOf, unanswered } from "./sample_answers.ts";
import { HERE, sampleRecord, sampleSession } from "./sample_records.ts";

/** A record, the scopes it is in, and the state of its owner lock. */
export interface PlacedRecord {
  readonly record: GenerationRecord;
  /** Name of the server session in the private scope; without it, none is known. */
  readonly session?: string;
  /** @default {"held"} */
  readonly lock?: LockState;
  /** @default {["directory", "user"]} */
  readonly scopes?: readonly Scope[];
  /** The directory's version of it, if it differs. */
  readonly inDirectory?: GenerationRecord;
}

/** What exists; by default a quiet server with one ComfyUI backend, and no records. */
export interface Scenario {
  readonly server?: FakeServerScript;
  readonly records?: readonly PlacedRecord[];
}

/** A clock that is a millisecond later at each look, as in reality. */
export class TickingClock extends ManualClock {
  #looks = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#looks++;
  }
}

/** The result of a scenario. */
export interface Played extends Detection {
  readonly server: FakeSwarmServer;
}

/** Plays a scenario. */
export async function play(scenario: Scenario): Promise<Played> {
  const server = new FakeSwarmServer(scenario.server);
  const locks = new FakeOwnerLocks();
  const stores = new Map<Scope, FakeStore>(
    (["process", "directory", "user"] as const).map((scope) => [scope, new FakeStore(scope)]),
  );
  for (const { record, session, lock, scopes, inDirectory } of scenario.records ?? []) {
    locks.states.set(record.id, lock ?? "held");
    for (const scope of scopes ?? ["directory", "user"]) {
      // Only a private scope holds sessions.
      const known = session !== undefined && scope === "user";
      const publication: Publication = {
        record: scope === "directory" ? inDirectory ?? record : record,
        session: known ? sampleSession(session) : null,
      };
      stores.get(scope)?.publications.set(record.id, publication);
    }
  }
  const detection = await detect(
    {
      stores: [...stores.values()],
      locks,
      hostname: () => HERE,
      server,
      clock: new TickingClock(),
      history: new BackendHistory(),
    },
    { models: true },
  );
  return { ...detection, server };
}

/** A generation of this user, and one whose process was killed. */
export const OWN: PlacedRecord = { record: sampleRecord({ id: "gen-own" }), session: "own" };
export const KILLED: PlacedRecord = { ...OWN, lock: "free" };

/** Answers that are none. */
export const FORBIDDEN = unanswered("not_permitted");
export const LATE = unanswered("timeout");

/** One queue of one backend with these jobs. */
export function jobs(remaining: number): NonNullable<FakeServerScript["queues"]> {
  return { 0: [answered(queueOf(remaining))] };
}

/** What a user without any right is told. */
export const PLAIN_USER: FakeServerScript = {
  global: [FORBIDDEN],
  backends: [FORBIDDEN],
  queues: { first: [FORBIDDEN], 0: [FORBIDDEN] },
};

/** The parts of a report that scripts rely on. Defaults: nothing there, server online. */
export interface ExpectedReport {
  readonly verdict: DetectionReport["verdict"];
  readonly likely?: "idle";
  readonly count: number | null;
  readonly basis: DetectionReport["basis"];
  readonly active?: readonly string[];
  readonly uncertain?: readonly string[];
  readonly prunable?: readonly string[];
  readonly untracked?: number | null;
  readonly unattributed?: number | null;
  readonly reach?: DetectionReport["reach"];
}

/** Everything was seen, and there is nothing. */
export const IDLE: ExpectedReport = { verdict: "idle", count: 0, basis: "exact" };
/** Neither counters nor queues answered. */
export const UNKNOWN: ExpectedReport = {
  verdict: "unknown",
  count: null,
  basis: "none",
  untracked: null,
  unattributed: null,
};

/** Plays a scenario and compares those parts. */
export async function assertReport(scenario: Scenario, expected: ExpectedReport): Promise<void> {
  const { report, prunable } = await play(scenario);
  assertEquals({
    verdict: report.verdict,
    likely: report.likely,
    count: report.generationsRunning,
    basis: report.basis,
    active: report.active.map(({ record }) => record.id).toSorted(),
    uncertain: report.uncertain.map(({ record }) => record.id),
    prunable: prunable.map(({ id }) => id),
    untracked: report.images.untracked,
    unattributed: report.comfyJobs.unattributed,
    reach: report.reach,
  }, {
    likely: null,
    active: [],
    uncertain: [],
    prunable: [],
    untracked: 0,
    unattributed: 0,
    reach: "online",
    ...expected,
  });
}
