/**
 * Backends that are restarted, switched off, edited, deleted, or broken while their ComfyUI works
 * (`swarmui-protocol.md §20.2, §20.3`).
 */
import { assertEquals } from "@std/assert";
import type { BackendChange } from "../../src/simulator/simulator.ts";
import { otherClient } from "../support/other_client.ts";
import type { OtherClient } from "../support/other_client.ts";
import { runHere } from "../support/program_here.ts";
import type { Row } from "../support/row.ts";
import {
  assertExits,
  assertRow,
  IDLE,
  lookFrom,
  NOTHING_RUNS,
  UNATTRIBUTED,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import { ShiftedClock } from "../support/shifted_clock.ts";
import type { Stage } from "../support/stage.ts";
import { MODEL, openStage } from "../support/stage.ts";
import { NOT_KNOWN, UNSEEN_JOBS } from "./unseen.ts";

const BACKEND = { type: "comfyui_api", model: MODEL };
const NAME = "backend 0 (comfyui_api)";
/** A long step takes long to wind down. */
const STEP_SECONDS = 20;

/** SwarmUI calls it running and does not ask its ComfyUI. */
const RESERVED: Row = {
  verdict: "busy",
  number: 1,
  basis: "at_least",
  comfyJobs: UNKNOWN_JOBS,
  exits: [0, 8],
  text: ["The server is working: backend 0 is full, and about to be restarted or switched off"],
};
const SWITCHED_OFF: Row = {
  verdict: "unknown",
  number: null,
  basis: "none",
  comfyJobs: UNKNOWN_JOBS,
  exits: [0, 4],
  text: [NOT_KNOWN, "", `Not visible: ${NAME} is disabled: jobs that its ComfyUI still has`],
};
const LONG_OFF: Row = {
  ...IDLE,
  basis: "at_least",
  comfyJobs: UNKNOWN_JOBS,
  text: [NOTHING_RUNS, "", `Not visible: ${NAME} is disabled: it is assumed to have no work`],
};
const NO_BACKEND: Row = {
  ...IDLE,
  basis: "at_least",
  comfyJobs: UNKNOWN_JOBS,
  text: [NOTHING_RUNS, "", `Not visible: ${UNSEEN_JOBS}`],
};

/** A full backend that an admin changes, and whose runs are then interrupted: they wind down. */
async function interruptReserved(
  stage: Stage,
  how: BackendChange,
): Promise<AsyncDisposable & { readonly client: OtherClient }> {
  const client = await otherClient(stage.server.url);
  const work = client.generate(2);
  await stage.pass(() => stage.server.counters.live_gens === 2 && stage.server.comfyJobs(0) === 2);
  const changing = stage.server.changeBackend(0, how);
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  return {
    client,
    async [Symbol.asyncDispose](): Promise<void> {
      await stage.clock.advance(60_000);
      await changing;
      await work[Symbol.asyncDispose]();
    },
  };
}

for (const how of ["restart", "switch_off", "edit"] as const) {
  Deno.test(`status says busy of a backend that is full until its ${how}`, async () => {
    await using stage = await openStage({ backends: [BACKEND], secondsPerStep: STEP_SECONDS });
    await using _reserved = await interruptReserved(stage, how);
    await assertRow(lookFrom(stage), RESERVED);
    await assertExits(stage, [3, 8, 3, 0]);
  });
}

Deno.test("status finds work that winds down in a backend that was restarted", async () => {
  await using stage = await openStage({ backends: [BACKEND], secondsPerStep: STEP_SECONDS });
  await using _reserved = await interruptReserved(stage, "restart");
  await stage.clock.advance(1_000);
  await assertRow(lookFrom(stage), {
    ...RESERVED,
    comfyJobs: { remaining: 1, unattributed: 1 },
    text: [
      UNATTRIBUTED,
    ],
  });
});

Deno.test("status is unknown for 10 min after a backend was switched off with work in it", async () => {
  await using stage = await openStage({ backends: [BACKEND], secondsPerStep: STEP_SECONDS });
  await using _reserved = await interruptReserved(stage, "switch_off");
  await stage.clock.advance(1_000);
  await assertRow(lookFrom(stage), SWITCHED_OFF);
  await assertExits(stage, [3, 4, 3, 4]);
  const before = { clock: new ShiftedClock(590_000) };
  await assertRow(lookFrom(stage, before), SWITCHED_OFF);
  // Releasing the backend counts as using it.
  const after = { clock: new ShiftedClock(700_000) };
  await stage.clock.advance(700_000);
  await assertRow(lookFrom(stage, after), LONG_OFF);
  await assertExits(stage, [0, 0, 4, 0], after);
});

Deno.test("status is unknown after a backend was switched off during an interrupted model load", async () => {
  await using stage = await openStage({ backends: [{ type: "comfyui_api" }], loadSeconds: 1_000 });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(1);
  await stage.pass(() => stage.server.counters.loading_models === 1);
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.loading_models === 0);
  await stage.server.changeBackend(0, "switch_off");
  assertEquals(stage.server.comfyJobs(0), 1);
  await assertRow(lookFrom(stage), SWITCHED_OFF);
  // It was never used: only what this user saw tells how long ago it was.
  await assertRow(lookFrom(stage, { clock: new ShiftedClock(600_001) }), LONG_OFF);
});

Deno.test("status that cannot remember believes that a never used backend is off", async () => {
  await using stage = await openStage({ backends: [{ ...BACKEND, status: "disabled" }] });
  await Deno.writeTextFile(stage.stateDirectory, "no directory");
  const { out } = await runHere(["status", "--format", "json"], { stage });
  assertEquals([JSON.parse(out).verdict, JSON.parse(out).generations_running_basis], [
    "idle",
    "at_least",
  ]);
});

Deno.test("status and wait reach idle beside a backend that has been off since the server started", async () => {
  await using stage = await openStage({ backends: [{ model: MODEL }, { status: "disabled" }] });
  await assertExits(stage, [3, 4, 3, 4]);
  const later = { clock: new ShiftedClock(600_001) };
  const spot = "backend 1 (comfyui_selfstart) is disabled: it is assumed to have no work";
  await assertRow(lookFrom(stage, later), {
    ...IDLE,
    basis: "at_least",
    text: [NOTHING_RUNS, "", `Not visible: ${spot}`],
  });
  await assertExits(stage, [0, 0, 4, 0], later);
});

Deno.test("status after a backend was deleted: the counters, then nothing that a single look could see", async () => {
  await using stage = await openStage({ backends: [BACKEND], secondsPerStep: STEP_SECONDS });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.pass(() => stage.server.counters.live_gens === 2 && stage.server.comfyJobs(0) === 2);
  const deleting = stage.server.changeBackend(0, "delete");
  await assertRow(lookFrom(stage), {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    images: { outstanding: 2, running: 0, queued: 2, loading_models: 0, untracked: 2 },
    comfyJobs: UNKNOWN_JOBS,
    exits: [0, 8],
    text: [
      "Untracked: 2 images on the server (0 running, 2 queued), started elsewhere",
      "",
      `Not visible: ${UNSEEN_JOBS}`,
    ],
  });
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  await assertRow(lookFrom(stage), NO_BACKEND);
  await stage.clock.advance(1_000);
  await deleting;
});
