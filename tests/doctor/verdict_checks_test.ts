/** `doctor` says "certain" exactly where `status` can be certain. */
import { assert, assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import type { Backend, ComfyQueue } from "../../src/detection/swarm_server.ts";
import { checkVerdict, listObstacles } from "../../src/doctor/verdict_checks.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import {
  answered,
  comfyBackend,
  queueOf,
  QUIET,
  remoteBackend,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { rowOf } from "../support/sample_facts.ts";
import { NOW_MS, sampleRecord } from "../support/sample_records.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";
import type { PlacedRecord } from "../support/scenario.ts";
import { play } from "../support/scenario.ts";

const SILENT = (["permission", "not_permitted", "refused", "not_supported", "timeout"] as const)
  .map((reason) => unanswered(reason, { message: reason }));
const GLOBALS: readonly Answer<Counters>[] = [answered(QUIET), answered(work(2)), ...SILENT];
const LISTS: readonly Answer<readonly Backend[]>[] = [
  ...[
    [comfyBackend()],
    [comfyBackend(), comfyBackend({ id: 1, status: "loading" })],
    [comfyBackend({ status: "errored" })],
    [comfyBackend(), remoteBackend()],
    [],
  ].map(answered),
  ...SILENT,
];
const QUEUES: readonly Answer<ComfyQueue>[] = [
  answered(queueOf(0)),
  answered(queueOf(2)),
  answered({ kind: "dead" }),
  unanswered("not_permitted"),
  unanswered("timeout"),
];
const ORPHAN: PlacedRecord = {
  record: sampleRecord({ updatedAt: NOW_MS - 60_000 }),
  lock: "free",
};

interface World {
  readonly global: Answer<Counters>;
  readonly list: Answer<readonly Backend[]>;
  readonly queue: Answer<ComfyQueue>;
  readonly records: readonly PlacedRecord[];
}

async function look({ global, list, queue, records }: World): ReturnType<typeof play> {
  const queues = { first: [queue], 0: [queue], 1: [queue] };
  return await play({ server: { global: [global], backends: [list], queues }, records });
}

/** The same model once all work is done. */
function atRest(world: World): World {
  const { global, queue } = world;
  return {
    ...world,
    global: global.answered ? answered(QUIET) : global,
    queue: queue.answered && queue.value.kind === "jobs" ? answered(queueOf(0)) : queue,
  };
}

Deno.test("listObstacles() is empty exactly if the same server at rest is called idle", async () => {
  const counts = { certain: 0, uncertain: 0 };
  for (const global of GLOBALS) {
    for (const list of LISTS) {
      for (const queue of QUEUES) {
        for (const records of [[], [ORPHAN]]) {
          const world = { global, list, queue, records };
          const { report } = await look(world);
          const obstacles = listObstacles(report);
          const rest = await look(atRest(world));
          const message = `${JSON.stringify(world)}: ${obstacles}`;
          assertEquals(obstacles.length === 0, rest.report.verdict === "idle", message);
          if (report.verdict === "unknown" || report.verdict === "unreachable") {
            assert(obstacles.length > 0, message);
          }
          counts[obstacles.length === 0 ? "certain" : "uncertain"]++;
        }
      }
    }
  }
  assert(counts.certain > 50 && counts.uncertain > 50);
});

type Row = readonly [what: string, world: Partial<World>, expected: readonly string[]];

const ROWS: readonly Row[] = [
  ["all answered", {}, []],
  ["no counters", { global: unanswered("not_permitted") }, [
    "the counters of all users are not known",
  ]],
  ["an own run that nobody knows of", {
    global: unanswered("not_permitted"),
    records: [ORPHAN],
  }, ["the counters of all users are not known", "nobody knows about gen-abc123"]],
  ["no list, but ComfyUI answers", { list: unanswered("not_permitted") }, [
    "the backends are not known",
  ]],
  [
    "no list and no ComfyUI",
    { list: unanswered("not_permitted"), queue: unanswered("not_permitted") },
    [],
  ],
  ["a queue that hangs", { queue: unanswered("timeout") }, [
    "a ComfyUI queue gave no answer (timeout)",
  ]],
  ["a backend that starts", {
    list: answered([comfyBackend(), comfyBackend({ id: 1, status: "waiting" })]),
  }, ["backend 1 is waiting"]],
  ["Deno's refusal", offline("permission"), ["Deno may not connect to the server"]],
  ["a login", offline("refused"), ["the server requires a login or a header"]],
  ["no server", offline("timeout"), ["the server does not answer"]],
];

function offline(reason: "permission" | "refused" | "timeout"): World {
  const none = unanswered(reason);
  return { global: none, list: none, queue: none, records: [] };
}

for (const [what, world, expected] of ROWS) {
  Deno.test(`listObstacles() reports ${what}`, async () => {
    const silent = { models: [unanswered("timeout")], resources: [unanswered("timeout")] };
    const { global, list, queue, records }: World = {
      global: answered(QUIET),
      list: answered([comfyBackend()]),
      queue: answered(queueOf(0)),
      records: [],
      ...world,
    };
    const queues = { first: [queue], 0: [queue] };
    const { report } = await play({
      server: { global: [global], backends: [list], queues, ...silent },
      records,
    });
    assertEquals(listObstacles(report), expected);
  });
}

Deno.test("checkVerdict() says what the verdict is now, and each blind spot once", () => {
  const certain = checkVerdict(
    sampleReport({ verdict: "busy", backends: [reportedBackend(comfyBackend(), 1)] }),
    [],
  );
  assertEquals(rowOf(certain, "verdict"), ["ok", "The verdict can be certain; now it is busy"]);
  assertEquals(rowOf(certain, "blind_spots")[0], "ok");
  const dead = {
    ...reportedBackend(comfyBackend(), null),
    standing: { kind: "unseen", spot: "" } as const,
  };
  assertEquals(rowOf(checkVerdict(sampleReport({ backends: [dead] }), []), "verdict"), [
    "ok",
    "It can be known whether the server is idle, but not for certain: see what is not visible; now it is idle",
  ]);
  const unknown = checkVerdict(
    sampleReport({ verdict: "unknown", likely: "idle", blindSpots: ["this", "that", "this"] }),
    ["one", "two"],
  );
  assertEquals(rowOf(unknown, "verdict"), [
    "missing",
    "The verdict cannot be certain: one; two; now it is unknown, likely idle",
    "see above what is missing",
  ]);
  assertEquals(rowOf(unknown, "blind_spots"), ["warning", "Not visible: this; that"]);
});
