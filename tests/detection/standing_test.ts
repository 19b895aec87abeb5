import { assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import type { BackendSight, Standing } from "../../src/detection/standing.ts";
import { judgeStandings } from "../../src/detection/standing.ts";
import type { Backend, ComfyQueue } from "../../src/detection/swarm_server.ts";
import {
  answered,
  childBackend,
  comfyBackend,
  queueOf,
  remoteBackend,
  unanswered,
} from "../support/sample_answers.ts";
import { NOW_MS } from "../support/sample_records.ts";

const WITHHELD = answered<ComfyQueue>({ kind: "withheld" });
const DEAD = answered<ComfyQueue>({ kind: "dead" });

function judge(
  backends: readonly Backend[],
  queues: Readonly<Record<string, Answer<ComfyQueue>>>,
  sight: Partial<BackendSight> = {},
): readonly [number, string][] {
  const standings = judgeStandings(backends, {
    queues: new Map(Object.entries(queues).map(([id, answer]) => [Number(id), answer])),
    settled: new Set(),
    offSince: new Map(),
    nowMs: NOW_MS,
    ...sight,
  });
  return [...standings].map(([id, standing]) => [id, inShort(standing)]);
}

function inShort(standing: Standing): string {
  switch (standing.kind) {
    case "at_work":
      return standing.isReserved ? "reserved" : "at_work";
    case "doubtful":
      return standing.cause;
    default:
      return standing.kind;
  }
}

const REMOTE = remoteBackend({ id: 0, secondsSinceUsed: null });
/** Children of backend 0 with these ages. */
function children(...ages: readonly (number | null)[]): readonly Backend[] {
  return ages.map((secondsSinceUsed, index) =>
    childBackend({ id: -1 - index, title: `[Remote from 0: a] gpu ${index}`, secondsSinceUsed })
  );
}

const COMFY: readonly [string, Partial<Backend>, Answer<ComfyQueue> | null, string][] = [
  ["has nothing to do", {}, answered(queueOf(0)), "at_rest"],
  ["has jobs", {}, answered(queueOf(2)), "at_work"],
  ["is dead", {}, DEAD, "unseen"],
  ["is full and about to be restarted", {}, WITHHELD, "reserved"],
  ["gave no answer in time", {}, unanswered("timeout"), "no_answer"],
  ["may not be asked", {}, unanswered("not_permitted"), "unseen"],
  ["said something else", {}, unanswered("protocol"), "no_answer"],
  ["was not asked in time", {}, null, "no_answer"],
  ["is loading", { status: "loading" }, null, "starting"],
  ["is waiting", { status: "waiting" }, null, "starting"],
  ["is in a state of the future", { status: "pondering" }, null, "starting"],
  ["is idle", { status: "idle", secondsSinceUsed: 900 }, null, "settling"],
  ["is disabled", { status: "disabled", secondsSinceUsed: 599 }, null, "switched_off"],
  ["is disabled for long", { status: "disabled", secondsSinceUsed: 600 }, null, "unseen"],
  ["is errored", { status: "errored", secondsSinceUsed: 0 }, null, "switched_off"],
  ["is errored and was never used", { status: "errored", secondsSinceUsed: null }, null, "unseen"],
];

for (const [what, backend, answer, expected] of COMFY) {
  Deno.test(`judgeStandings() of a ComfyUI that ${what}: ${expected}`, () => {
    assertEquals(judge([comfyBackend(backend)], answer === null ? {} : { 0: answer }), [[
      0,
      expected,
    ]]);
  });
}

Deno.test("judgeStandings() believes an idle backend only when it has settled", () => {
  for (const backend of [comfyBackend({ status: "idle" }), remoteBackend({ status: "idle" })]) {
    const { id } = backend;
    assertEquals(judge([backend], {}, { settled: new Set([id + 1]) }), [[id, "settling"]]);
    assertEquals(judge([backend], {}, { settled: new Set([id]) }), [[id, "unseen"]]);
  }
});

Deno.test("judgeStandings() lets a disabled ComfyUI work on from the later of use and first sight", () => {
  const off = comfyBackend({ status: "disabled", secondsSinceUsed: 3_600 });
  const seen = (ageMs: number): Partial<BackendSight> => ({
    offSince: new Map([[0, NOW_MS - ageMs]]),
  });
  assertEquals(judge([off], {}, seen(599_999)), [[0, "switched_off"]]);
  assertEquals(judge([off], {}, seen(600_000)), [[0, "unseen"]]);
});

const REMOTES: readonly [string, readonly Backend[], Record<string, Answer<ComfyQueue>>, string][] =
  [
    ["without children", [], {}, "unseen"],
    ["whose children were never used", children(null, null), { "-1": DEAD }, "unseen"],
    ["whose child has jobs", children(900), { "-1": answered(queueOf(1)) }, "at_work"],
    ["used 60 s ago", children(900, 60), { "-1": answered(queueOf(0)) }, "remote"],
    ["used 61 s ago", children(900, 61), { "-1": answered(queueOf(0)) }, "unseen"],
    ["whose only child is at rest", children(0), { "-1": answered(queueOf(0)) }, "unseen"],
    ["whose only child said nothing", children(0), { "-1": unanswered("timeout") }, "remote"],
    ["whose only child may not be asked", children(5), {
      "-1": unanswered("not_permitted"),
    }, "remote"],
    ["whose only child withholds its queue", children(5), { "-1": WITHHELD }, "remote"],
  ];

for (const [what, brought, queues, expected] of REMOTES) {
  Deno.test(`judgeStandings() of a remote SwarmUI ${what}: ${expected}`, () => {
    assertEquals(judge([REMOTE, ...brought], queues), [[0, expected]]);
  });
}

Deno.test("judgeStandings() distinguishes the children of two remotes, and treats a lost one as a remote", () => {
  const other = remoteBackend({ id: 1, secondsSinceUsed: null });
  const lost = childBackend({ id: -3, title: "gpu", secondsSinceUsed: 2 });
  const theirs = childBackend({ id: -2, title: "[Remote from 1: b] gpu", secondsSinceUsed: 3 });
  assertEquals(
    judge([REMOTE, other, ...children(900), theirs, lost], { "-1": answered(queueOf(0)) }),
    [[0, "unseen"], [1, "remote"], [-3, "remote"]],
  );
  // Nobody knows whether a lost child is the only one of its remote server.
  assertEquals(judge([lost], { "-3": answered(queueOf(0)) }), [[-3, "remote"]]);
});

Deno.test("judgeStandings() names what is no ComfyUI, in any state", () => {
  for (const status of ["running", "disabled", "errored"]) {
    assertEquals(judge([comfyBackend({ type: "auto_webui_api", status })], {}), [[0, "unseen"]]);
  }
});
