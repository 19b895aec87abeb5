/** Backends with AllowIdle: called `idle` for a moment, or really away (`swarmui-protocol.md §20.1`). */
import { otherClient } from "../support/other_client.ts";
import type { Row } from "../support/row.ts";
import {
  assertExits,
  assertRow,
  IDLE,
  lookAtOnce,
  lookFrom,
  NOTHING_RUNS,
  ONE_UNATTRIBUTED,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import { JumpingClock } from "../support/shifted_clock.ts";
import type { Stage } from "../support/stage.ts";
import { MODEL, openStage } from "../support/stage.ts";
import { NOT_KNOWN } from "./unseen.ts";

const AWAY = { type: "comfyui_api", allowIdle: true, model: MODEL };
const NAME = "backend 0 (comfyui_api)";
const LONG_MS = 3_600_000;

/** Nobody knows whether its ComfyUI works. */
const FLIPPED: Row = {
  verdict: "unknown",
  number: null,
  basis: "none",
  comfyJobs: UNKNOWN_JOBS,
  exits: [0, 4],
  text: [NOT_KNOWN, "", `Not visible: ${NAME} is idle: jobs in its ComfyUI`],
};
/** No look over 6 s has seen it answer. */
const OFF: Row = {
  ...IDLE,
  basis: "at_least",
  comfyJobs: UNKNOWN_JOBS,
  text: [NOTHING_RUNS, "", `Not visible: ${NAME} is idle: it is assumed to have no work`],
};

/** Lets SwarmUI call the backend idle although its ComfyUI works. */
const FLIPS: readonly [string, (stage: Stage) => Promise<void>][] = [
  ["a run failed", async (stage) => {
    stage.server.failNext("node_error");
    const client = await otherClient(stage.server.url);
    await using _work = client.generate(1);
    await stage.pass(() => stage.server.counters.waiting_gens > 0);
    await stage.pass(() => stage.server.counters.waiting_gens === 0);
  }],
  ["a model load failed", async (stage) => {
    stage.server.failNext("load_failed");
    const client = await otherClient(stage.server.url);
    const loading = client.call("SelectModel", { model: "other.safetensors" });
    let hasEnded = false;
    void loading.finally(() => hasEnded = true);
    await stage.pass(() => hasEnded);
  }],
];

for (const [what, flip] of FLIPS) {
  Deno.test(`status is unknown beside a backend that is idle because ${what}, and finds its work`, async () => {
    await using stage = await openStage({
      backends: [AWAY],
      models: [{ name: MODEL }, { name: "other.safetensors" }],
    });
    await flip(stage);
    stage.server.addComfyJob(0, LONG_MS);
    await assertRow(lookAtOnce(stage), FLIPPED);
    await assertRow(lookFrom(stage, { clock: new JumpingClock(stage.clock) }), ONE_UNATTRIBUTED);
    await assertExits(stage, [3, 8, 3, 0]);
  });

  Deno.test(`wait and doctor do not call a server idle if ${what} a moment ago`, async () => {
    await using stage = await openStage({
      backends: [AWAY],
      models: [{ name: MODEL }, { name: "other.safetensors" }],
    });
    await flip(stage);
    stage.server.addComfyJob(0, LONG_MS);
    const clock = new JumpingClock(stage.clock);
    await assertExits(stage, [3, 8, 3, 0], { clock });
  });
}

Deno.test("status, wait and doctor say idle beside a backend that is really off, after further looks", async () => {
  await using stage = await openStage({ backends: [AWAY] });
  stage.server.killComfy(0);
  await stage.clock.advance(5_000);
  await assertRow(lookAtOnce(stage), FLIPPED);
  const clock = new JumpingClock(stage.clock);
  await assertRow(lookFrom(stage, { clock }), OFF);
  await assertExits(stage, [0, 0, 4, 0], { clock });
});

Deno.test("status is uncertain about a ComfyUI that hangs after its backend became idle", async () => {
  await using stage = await openStage({ backends: [AWAY] });
  const [[, flip] = []] = FLIPS;
  await flip?.(stage);
  stage.server.addComfyJob(0, LONG_MS);
  stage.server.hangComfy(0);
  const clock = new JumpingClock(stage.clock);
  await assertRow(lookFrom(stage, { clock }), OFF);
});
