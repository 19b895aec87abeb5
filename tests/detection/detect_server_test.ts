import type { FakeServerScript } from "../support/fake_swarm_server.ts";
import {
  answered,
  childBackend,
  comfyBackend,
  queueOf,
  remoteBackend,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { NOW_MS } from "../support/sample_records.ts";
import type { ExpectedReport, PlacedRecord } from "../support/scenario.ts";
import {
  assertReport,
  FORBIDDEN,
  IDLE,
  jobs,
  KILLED,
  LATE,
  OWN,
  PLAIN_USER,
  UNKNOWN,
} from "../support/scenario.ts";

function everything(
  reason: "refused" | "permission" | "unreachable" | "not_swarmui",
): FakeServerScript {
  const silence = [unanswered(reason)];
  return {
    global: silence,
    backends: silence,
    models: silence,
    resources: silence,
    queues: { first: silence },
    sessions: { own: silence },
    identity: null,
  };
}

const POWER_USER: FakeServerScript = { global: [FORBIDDEN] };

const ROWS:
  readonly (readonly [string, FakeServerScript, readonly PlacedRecord[], ExpectedReport])[] = [
    ["plain user", PLAIN_USER, [], UNKNOWN],
    [
      "plain user with an own run",
      { ...PLAIN_USER, sessions: { own: [answered(work(1))] } },
      [OWN],
      {
        ...UNKNOWN,
        verdict: "busy",
        count: 1,
        basis: "at_least",
        active: ["gen-own"],
      },
    ],
    ["power user: queues, but no counters", POWER_USER, [], { ...UNKNOWN, likely: "idle" }],
    [
      "power user with an own run",
      {
        ...POWER_USER,
        queues: jobs(1),
        sessions: { own: [answered(work(1))] },
      },
      [OWN],
      {
        ...UNKNOWN,
        verdict: "busy",
        count: 1,
        basis: "at_least",
        active: ["gen-own"],
      },
    ],
    ["power user, a job in ComfyUI", { ...POWER_USER, queues: jobs(1) }, [], {
      ...UNKNOWN,
      verdict: "busy",
      count: 1,
      basis: "at_least",
    }],
    [
      "power user, one backend is another SwarmUI",
      { ...POWER_USER, backends: [answered([comfyBackend(), remoteBackend()])] },
      [],
      UNKNOWN,
    ],
    [
      "power user, a backend loads",
      {
        ...POWER_USER,
        backends: [answered([comfyBackend(), comfyBackend({ id: 1, status: "loading" })])],
      },
      [],
      UNKNOWN,
    ],
    ["old server", { global: [unanswered("not_supported")] }, [], { ...UNKNOWN, likely: "idle" }],
    [
      "the estimate: neither counters nor queues",
      { global: [FORBIDDEN], queues: { 0: [FORBIDDEN] } },
      [],
      { ...UNKNOWN, count: 1, basis: "backend_status" },
    ],
    [
      "the estimate leaves out what is off, and what has answered for itself",
      {
        global: [FORBIDDEN],
        backends: [answered([
          comfyBackend({ id: 0 }),
          comfyBackend({ id: 1 }),
          remoteBackend(),
          comfyBackend({ id: 3, status: "errored" }),
        ])],
        queues: { 0: [answered(queueOf(0))], 1: [LATE] },
      },
      [],
      { ...UNKNOWN, count: 2, basis: "backend_status" },
    ],
    [
      "the estimate counts a remote SwarmUI by its children",
      {
        global: [FORBIDDEN],
        backends: [answered([remoteBackend(), childBackend(), childBackend({ id: -2 })])],
        queues: { "-1": [FORBIDDEN] },
      },
      [],
      { ...UNKNOWN, count: 2, basis: "backend_status" },
    ],
    ["refused", everything("refused"), [], { ...UNKNOWN, reach: "refused" }],
    ["refused, with an own run", everything("refused"), [OWN], {
      ...UNKNOWN,
      verdict: "busy",
      count: 1,
      basis: "at_least",
      active: ["gen-own"],
      reach: "refused",
    }],
    ["not asked", everything("permission"), [], { ...UNKNOWN, reach: "not_asked" }],
    ["unreachable", everything("unreachable"), [], {
      ...UNKNOWN,
      verdict: "unreachable",
      reach: "offline",
    }],
    ["a web page that is not SwarmUI", everything("not_swarmui"), [], {
      ...UNKNOWN,
      verdict: "unreachable",
      reach: "offline",
    }],
    ["unreachable, with a living record", everything("unreachable"), [OWN], {
      ...UNKNOWN,
      verdict: "unreachable",
      count: 1,
      basis: "at_least",
      active: ["gen-own"],
      reach: "offline",
    }],
    ["unreachable, with a killed one's record", everything("unreachable"), [KILLED], {
      ...UNKNOWN,
      verdict: "unreachable",
      uncertain: ["gen-own"],
      reach: "offline",
    }],
    ["a queue that hangs", { queues: { 0: [LATE] } }, [], {
      ...UNKNOWN,
      untracked: 0,
    }],
    ["ComfyUI is dead", { queues: { 0: [answered({ kind: "dead" })] } }, [], {
      ...IDLE,
      basis: "at_least",
    }],
    ["the queue may not be asked", { queues: { 0: [FORBIDDEN] } }, [], {
      ...IDLE,
      basis: "at_least",
      unattributed: null,
    }],
    ["no backend at all", { backends: [answered([])] }, [], {
      ...IDLE,
      basis: "at_least",
      unattributed: null,
    }],
    ["another SwarmUI as the only backend", { backends: [answered([remoteBackend()])] }, [], {
      ...IDLE,
      basis: "at_least",
      unattributed: null,
    }],
    [
      "ComfyUI beside another SwarmUI",
      { backends: [answered([comfyBackend(), remoteBackend()])] },
      [],
      { ...IDLE, basis: "at_least", unattributed: null },
    ],
    ["backends unknown", { backends: [LATE] }, [], { ...UNKNOWN, untracked: 0 }],
    [
      "restarted in the middle of a run: its owner will notice",
      { sessions: { own: [answered("gone")] } },
      [OWN],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
  ];

for (const status of ["disabled", "errored"]) {
  Deno.test(`detect(): a backend that is ${status} works on for 10 min at most`, async () => {
    const seconds = (age: number | null): FakeServerScript => ({
      backends: [
        answered([comfyBackend(), comfyBackend({ id: 1, status, secondsSinceUsed: age })]),
      ],
    });
    const unknown = { ...UNKNOWN, untracked: 0, unattributed: 0 };
    const idle: ExpectedReport = { ...IDLE, basis: "at_least" };
    const [before, long] = [NOW_MS - 599_999, NOW_MS - 600_000];
    // The later of its last use and the look that first saw it switched off.
    for (const age of [null, 599, 600, 3_600]) {
      await assertReport({ server: seconds(age) }, unknown);
      await assertReport(
        { server: { ...seconds(age), offSince: new Map([[1, before]]) } },
        unknown,
      );
    }
    for (const age of [null, 600, 3_600]) {
      await assertReport({ server: { ...seconds(age), offSince: new Map([[1, long]]) } }, idle);
      // If nothing can be stored, only its last use is known.
      await assertReport({ server: { ...seconds(age), offSince: null } }, idle);
    }
    await assertReport({ server: { ...seconds(599), offSince: new Map([[1, long]]) } }, unknown);
    await assertReport({ server: { ...seconds(599), offSince: null } }, unknown);
  });
}

Deno.test("detect(): a backend that is idle may be so for a moment only", async () => {
  const idle = comfyBackend({ id: 1, status: "idle", secondsSinceUsed: null });
  const server = { backends: [answered([comfyBackend(), idle])] };
  await assertReport({ server }, { ...UNKNOWN, untracked: 0, unattributed: 0 });
});

for (const status of ["loading", "waiting"]) {
  Deno.test(`detect(): a backend that is ${status} hides its work`, async () => {
    const starting = comfyBackend({ id: 1, status });
    const backends = [answered([comfyBackend(), starting])];
    await assertReport({ server: { backends } }, { ...UNKNOWN, untracked: 0, unattributed: 0 });
  });
}

for (const [name, server, records, expected] of ROWS) {
  Deno.test(`detect(): ${name}: ${expected.verdict}, ${expected.count}, ${expected.basis}`, async () => {
    await assertReport({ server, records }, expected);
  });
}
