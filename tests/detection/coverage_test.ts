import { assertEquals } from "@std/assert";
import type { Answer, NoAnswerReason } from "../../src/detection/answer.ts";
import type { BackendsView } from "../../src/detection/coverage.ts";
import {
  judgeGlobal,
  judgeReach,
  listBlindSpots,
  viewBackends,
} from "../../src/detection/coverage.ts";
import type { QueueReading } from "../../src/detection/queue_reading.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { Standing } from "../../src/detection/standing.ts";
import { COMFY_BLIND_SPOT, judgeStandings } from "../../src/detection/standing.ts";
import type { Backend, ComfyQueue } from "../../src/detection/swarm_server.ts";
import type { Reach } from "../../src/detection/verdict.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import {
  answered,
  comfyBackend,
  counters,
  queueOf,
  QUIET,
  remoteBackend,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { NOW_MS } from "../support/sample_records.ts";

const DEAD: Answer<ComfyQueue> = answered({ kind: "dead" });

/** Every question left unanswered, for each of these reasons. */
function silentReading(...reasons: readonly NoAnswerReason[]): ServerReading {
  const [one = "timeout", other = one, third = other] = reasons;
  return sampleReading({
    globals: [{ answer: unanswered(one), askedAtMs: 0 }],
    backends: unanswered(other),
    models: unanswered(third),
    resources: unanswered(one),
    queues: [],
    firstQueue: unanswered(third),
  });
}

const REACHES: readonly [string, ServerReading, Reach][] = [
  ["all answered", sampleReading(), "online"],
  ["one answer among timeouts", {
    ...silentReading("timeout"),
    models: answered({ count: 1, loaded: 0 }),
  }, "online"],
  [
    "only ComfyUI answered",
    { ...silentReading("not_permitted"), firstQueue: answered(queueOf(0)) },
    "online",
  ],
  [
    "only a generation's own session answered",
    { ...silentReading("timeout"), sessions: [new Map([["gen-1", answered(QUIET)]])] },
    "online",
  ],
  ["unreachable", silentReading("unreachable"), "offline"],
  ["timeouts", silentReading("timeout"), "offline"],
  ["a web page that is not SwarmUI", silentReading("not_swarmui"), "offline"],
  ["answers that nobody understands", silentReading("protocol"), "offline"],
  [
    "the server went away meanwhile",
    silentReading("timeout", "unreachable", "not_swarmui"),
    "offline",
  ],
  ["a login is wanted", silentReading("refused"), "refused"],
  ["a login is wanted, the rest too slow", silentReading("timeout", "refused"), "refused"],
  ["no right to anything", silentReading("not_permitted"), "online"],
  ["an old server without the routes", silentReading("not_supported"), "online"],
  ["the server's own errors", silentReading("server_error"), "online"],
  ["no --allow-net", silentReading("permission"), "not_asked"],
  [
    "no --allow-net, and so nothing to ask with",
    silentReading("permission", "not_asked"),
    "not_asked",
  ],
];

for (const [name, reading, reach] of REACHES) {
  Deno.test(`judgeReach(): ${name}: ${reach}`, () => assertEquals(judgeReach(reading), reach));
}

const GLOBALS: readonly [string, readonly Answer<Counters>[], "work" | "zero" | "unseen"][] = [
  ["zero", [answered(QUIET)], "zero"],
  ["zero twice", [answered(QUIET), answered(QUIET)], "zero"],
  ["work", [answered(work(1))], "work"],
  ["a model that loads", [answered(counters({ loadingModels: 1 }))], "work"],
  ["a run that asks for a backend", [answered(counters({ waitingBackends: 1 }))], "work"],
  ["a run that holds a backend", [answered(counters({ liveGens: 1 }))], "work"],
  ["work, then zero: it was read", [answered(work(1)), answered(QUIET)], "work"],
  ["zero, then work", [answered(QUIET), answered(work(1))], "work"],
  ["no answer", [unanswered("timeout")], "unseen"],
  ["zero, then no answer", [answered(QUIET), unanswered("timeout")], "unseen"],
  ["work, then no answer", [answered(work(1)), unanswered("timeout")], "work"],
];

for (const [name, answers, seen] of GLOBALS) {
  Deno.test(`judgeGlobal(): ${name}: ${seen}`, () => {
    assertEquals(judgeGlobal(answers.map((answer) => ({ answer, askedAtMs: 0 }))), seen);
  });
}

/** Backends with the answers of the queues of those that are ready. */
function comfyReading(
  backends: readonly Backend[],
  answers: readonly Answer<ComfyQueue>[],
): ServerReading {
  const ready = backends.filter(({ type, status }) =>
    type.startsWith("comfyui") && status === "running"
  );
  const queues = ready.map((backend, index): QueueReading => ({
    backend,
    answer: answers[index] ?? unanswered("timeout"),
  }));
  return sampleReading({ backends: answered(backends), queues });
}

const ZERO = answered(queueOf(0));
const ONE = answered(queueOf(1));
const LATE = unanswered("timeout");
const FORBIDDEN = unanswered("not_permitted", { needs: "permission comfy_direct_calls" });
const OTHER = comfyBackend({ id: 9, type: "auto_webui_api" });
const [A, B] = [comfyBackend({ id: 0 }), comfyBackend({ id: 1, type: "comfyui_api" })];

/** A second ComfyUI backend in another state. */
function inState(status: string, secondsSinceUsed: number = 3): Backend {
  return comfyBackend({ id: 1, status, secondsSinceUsed });
}

/** What a single look concludes about the backends. */
function standingsOf({ backends, queues }: ServerReading): readonly Standing[] {
  if (!backends.answered) return [];
  const standings = judgeStandings(backends.value, {
    queues: new Map(queues.map(({ backend, answer }) => [backend.id, answer])),
    settled: new Set(),
    offSince: new Map(),
    nowMs: NOW_MS,
  });
  return [...standings.values()];
}

function view(changes: Partial<BackendsView> = {}): BackendsView {
  return { work: "none", allSeen: false, queuesCoverAll: false, queuesTold: false, ...changes };
}

const SEEN = view({ allSeen: true, queuesCoverAll: true, queuesTold: true });
const COVERED = view({ queuesCoverAll: true, queuesTold: true });
const DOUBTFUL = view({ work: "unknown" });
const BUSY = view({ work: "some", queuesTold: true });

const VIEWS: readonly [string, ServerReading, BackendsView][] = [
  ["one backend, nothing in it", comfyReading([A], [ZERO]), SEEN],
  ["two backends, nothing in them", comfyReading([A, B], [ZERO, ZERO]), SEEN],
  ["two backends, a job in the second", comfyReading([A, B], [ZERO, ONE]), {
    ...SEEN,
    work: "some",
  }],
  ["a job, and the other did not answer", comfyReading([A, B], [ONE, LATE]), BUSY],
  ["a job, beside a backend that is no ComfyUI", comfyReading([A, OTHER], [ONE]), BUSY],
  ["one did not answer in time", comfyReading([A, B], [ZERO, LATE]), DOUBTFUL],
  ["none answered in time", comfyReading([A], [LATE]), DOUBTFUL],
  ["the right is missing", comfyReading([A, B], [FORBIDDEN, FORBIDDEN]), view()],
  ["the right is missing, one timeout", comfyReading([A, B], [FORBIDDEN, LATE]), DOUBTFUL],
  ["ComfyUI is dead", comfyReading([A], [DEAD]), COVERED],
  ["one dead, one with a job", comfyReading([A, B], [DEAD, ONE]), { ...COVERED, work: "some" }],
  [
    "one is full and about to go",
    comfyReading([A, B], [ZERO, answered({ kind: "withheld" })]),
    { ...SEEN, work: "some" },
  ],
  ["one disabled for long", comfyReading([A, inState("disabled", 600)], [ZERO]), COVERED],
  ["one errored for long", comfyReading([A, inState("errored", 600)], [ZERO]), {
    ...COVERED,
  }],
  ["one disabled a moment ago", comfyReading([A, inState("disabled", 599)], [ZERO]), {
    ...DOUBTFUL,
    queuesTold: true,
  }],
  ["one idle (unreachable)", comfyReading([A, inState("idle")], [ZERO]), {
    ...DOUBTFUL,
    queuesTold: true,
  }],
  ["one loading", comfyReading([A, inState("loading")], [ZERO]), {
    ...DOUBTFUL,
    queuesTold: true,
  }],
  ["one waiting", comfyReading([A, inState("waiting")], [ZERO]), {
    ...DOUBTFUL,
    queuesTold: true,
  }],
  ["one in a state of the future", comfyReading([A, inState("pondering")], [ZERO]), {
    ...DOUBTFUL,
    queuesTold: true,
  }],
  ["a job, and one loading", comfyReading([A, inState("loading")], [ONE]), BUSY],
  ["all disabled for long", comfyReading([inState("disabled", 600)], []), view()],
  ["beside a ready backend that is no ComfyUI", comfyReading([A, OTHER], [ZERO]), {
    ...view(),
    queuesTold: true,
  }],
  ["a remote SwarmUI alone", comfyReading([remoteBackend()], []), view()],
  ["no backend", comfyReading([], []), view()],
  [
    "backends unknown, the first queue zero",
    sampleReading({ backends: unanswered("not_permitted"), queues: [], firstQueue: ZERO }),
    DOUBTFUL,
  ],
  [
    "backends unknown, a job in the first queue",
    sampleReading({ backends: unanswered("not_permitted"), queues: [], firstQueue: ONE }),
    BUSY,
  ],
  [
    "backends unknown, queue not permitted",
    sampleReading({ backends: unanswered("not_permitted"), queues: [], firstQueue: FORBIDDEN }),
    view(),
  ],
  [
    "backends unknown, queue dead",
    sampleReading({ backends: unanswered("not_permitted"), queues: [], firstQueue: DEAD }),
    DOUBTFUL,
  ],
  [
    "backends unknown, queue too late",
    sampleReading({ backends: unanswered("timeout"), queues: [], firstQueue: LATE }),
    DOUBTFUL,
  ],
];

for (const [name, reading, expected] of VIEWS) {
  Deno.test(`viewBackends(): ${name}: ${expected.work}`, () =>
    assertEquals(viewBackends(reading, standingsOf(reading)), expected));
}

const UNCOUNTED = [{ answer: unanswered("not_permitted"), askedAtMs: 0 }];
const UNCOUNTED_SPOT = "work of other users and clients that has not reached ComfyUI";

const SPOTS: readonly [string, ServerReading, Reach, readonly string[]][] = [
  ["all was seen", sampleReading(), "online", []],
  ["offline", silentReading("unreachable"), "offline", ["everything on the server"]],
  ["refused", silentReading("refused"), "refused", ["everything on the server"]],
  ["not asked", silentReading("permission"), "not_asked", ["everything on the server"]],
  ["no counters", sampleReading({ globals: UNCOUNTED }), "online", [UNCOUNTED_SPOT]],
  ["no right to queues", comfyReading([A, B], [FORBIDDEN, FORBIDDEN]), "online", [
    COMFY_BLIND_SPOT,
  ]],
  ["no backend", comfyReading([], []), "online", [COMFY_BLIND_SPOT]],
  ["a remote SwarmUI alone", comfyReading([remoteBackend()], []), "online", [
    COMFY_BLIND_SPOT,
    "backend 9 (swarmswarmbackend): what its own users do, and work on its other ComfyUIs " +
    "(ask it directly, with its own address as --api-url)",
  ]],
  ["a backend of another kind", comfyReading([A, OTHER], [ZERO]), "online", [
    "backend 9 (auto_webui_api): work that did not come through this server",
  ]],
  ["an idle backend", comfyReading([A, inState("idle")], [ZERO]), "online", [
    "backend 1 (comfyui_selfstart) is idle: jobs in its ComfyUI",
  ]],
  ["a backend disabled for long", comfyReading([A, inState("disabled", 600)], [ZERO]), "online", [
    "backend 1 (comfyui_selfstart) is disabled: it is assumed to have no work",
  ]],
  ["an errored backend", comfyReading([A, inState("errored")], [ZERO]), "online", [
    "backend 1 (comfyui_selfstart) is errored: jobs that its ComfyUI still has",
  ]],
  ["a loading backend", comfyReading([A, inState("loading")], [ZERO]), "online", [
    "backend 1 (comfyui_selfstart) is loading: jobs in its ComfyUI",
  ]],
  ["a dead ComfyUI", comfyReading([A], [DEAD]), "online", [
    "backend 0 (comfyui_selfstart): its ComfyUI is dead, so it has no work",
  ]],
  ["a queue that hangs", comfyReading([A, B], [ZERO, LATE]), "online", [
    "backend 1 (comfyui_api): jobs in its ComfyUI, which did not answer (timeout)",
  ]],
  [
    "a plain user",
    sampleReading({
      globals: UNCOUNTED,
      backends: unanswered("not_permitted"),
      queues: [],
      firstQueue: FORBIDDEN,
    }),
    "online",
    [UNCOUNTED_SPOT, COMFY_BLIND_SPOT],
  ],
  [
    "backends unknown",
    sampleReading({ backends: unanswered("timeout"), queues: [], firstQueue: LATE }),
    "online",
    [COMFY_BLIND_SPOT],
  ],
];

for (const [name, reading, reach, spots] of SPOTS) {
  Deno.test(`listBlindSpots(): ${name}`, () =>
    assertEquals(listBlindSpots(reading, { reach, standings: standingsOf(reading) }), spots));
}
