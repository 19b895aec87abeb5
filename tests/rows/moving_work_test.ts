import { assertEquals } from "@std/assert";
import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { lookFrom } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { untilTwoImages } from "./two_images.ts";

/** How long ComfyUI's queue takes to answer, in milliseconds of the server's time. */
const DELAY_MS = 6_000;
/**
 * An image of 20 steps then takes 4 s: the first one is finished in that time, the second one is
 * not.
 */
const SECONDS_PER_STEP = 0.2;

/**
 * Looks, and lets something happen on the server in the middle: after its counters have answered,
 * before ComfyUI does.
 *
 * @param reading Which reading of ComfyUI's queues is waited for. @default {1}
 */
async function lookWhile(
  stage: Stage,
  happens: () => Promise<void>,
  { reading = 1 }: { readonly reading?: number } = {},
): Promise<Readonly<Record<string, unknown>>> {
  stage.server.clearRequests();
  const slow = { route: "ComfyBackendDirect", kind: "slow" } as const;
  if (reading > 1) stage.server.fault({ ...slow, delayMs: 0, times: reading - 1 });
  stage.server.fault({ ...slow, delayMs: DELAY_MS });
  const looking = lookFrom(stage)(["--format", "json", "--request-timeout", "60s"]);
  await stage.untilAsked("ComfyBackendDirect", reading);
  const startMs = stage.clock.monotonicMs();
  await happens();
  await stage.clock.advance(startMs + DELAY_MS - stage.clock.monotonicMs());
  const status = readStatus((await looking).out);
  return {
    verdict: status.verdict,
    number: status.generations_running,
    basis: status.generations_running_basis,
    untracked: status.images.untracked,
    unattributed: status.comfy_jobs.unattributed,
  };
}

Deno.test("status invents no work where an image ends in the middle of a look", async () => {
  await using stage = await openStage({ secondsPerStep: SECONDS_PER_STEP });
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  assertEquals(
    await lookWhile(stage, () => stage.pass(() => stage.server.counters.waiting_gens === 1)),
    { verdict: "busy", number: 1, basis: "exact", untracked: 0, unattributed: 0 },
  );
});

Deno.test("status invents no work where an own run begins in the middle of a look", async () => {
  await using stage = await openStage({ secondsPerStep: SECONDS_PER_STEP });
  // The look read the records before this run had one.
  let own: AsyncDisposable | null = null;
  const seen = await lookWhile(stage, async () => {
    own = generateHere(["--batch", "2"], { stage });
    await untilTwoImages(stage);
  });
  await using _own = own;
  assertEquals(seen, {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    untracked: 0,
    unattributed: 0,
  });
});

Deno.test("status hides no job that comes in the middle of a look", async () => {
  await using stage = await openStage({ secondsPerStep: 30 });
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  const client = await otherClient(stage.server.url);
  assertEquals(
    await lookWhile(stage, () => client.sendToComfy()),
    { verdict: "busy", number: 2, basis: "at_least", untracked: 0, unattributed: 1 },
  );
});

Deno.test("status names no job that is over when the queues are read again", async () => {
  await using stage = await openStage({ secondsPerStep: SECONDS_PER_STEP });
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const jobEnds = () => stage.pass(() => stage.server.comfyJobs(0) === 0);
  // What was read once still counts: the server was busy with at least one thing.
  assertEquals(
    await lookWhile(stage, jobEnds, { reading: 2 }),
    { verdict: "busy", number: 1, basis: "at_least", untracked: 0, unattributed: 0 },
  );
});

Deno.test("status counts another's images that come in the middle of a look, at the next", async () => {
  await using stage = await openStage({ secondsPerStep: 30 });
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  const client = await otherClient(stage.server.url);
  let work: AsyncDisposable | null = null;
  const seen = await lookWhile(stage, async () => {
    work = client.generate(3);
    await stage.pass(() => stage.server.counters.waiting_gens === 5);
  });
  await using _work = work;
  assertEquals(seen, {
    verdict: "busy",
    number: 1,
    basis: "exact",
    untracked: 0,
    unattributed: 0,
  });
  const { generations_running, images } = readStatus(
    (await lookFrom(stage)(["--format", "json"])).out,
  );
  assertEquals([generations_running, images.untracked], [2, 3]);
});

Deno.test("status sees work that leaves the counters in the middle of a look", async () => {
  await using stage = await openStage({ secondsPerStep: 30 });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(1);
  await stage.untilWorking(1);
  // It is counted at first, and then only in ComfyUI: it must be seen in either order of questions.
  const seen = await lookWhile(stage, async () => {
    await client.call("InterruptAll");
    await stage.pass(() => stage.server.counters.waiting_gens === 0);
  });
  assertEquals([seen.verdict, seen.number, seen.basis], ["busy", 1, "at_least"]);
});
