import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CliProcess, CliResult } from "../support/cli_process.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { generateHere, runHere } from "../support/program_here.ts";
import { userRecords } from "../support/records.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

/** Windows has no way to send a signal that a process can listen for. */
const ignore = Deno.build.os === "windows";

const STOPPING = "Stopping the server's work\n";

/** Waits until an interrupted generation ends, and checks that nothing of it remains. */
async function endsClean(
  stage: Stage,
  generating: Pick<CliProcess, "end">,
): Promise<CliResult> {
  const result = await generating.end();
  assertEquals(stage.server.counters.waiting_gens, 0);
  assertEquals(await stage.recordedIds(), []);
  const document = readGenerate(result.out);
  assertEquals(document.server_may_work, false);
  return result;
}

/** Lets a generation's own time pass until it ends. */
async function whilePassing(clock: ManualClock, ended: Promise<CliResult>): Promise<CliResult> {
  let isOver = false;
  void ended.then(() => isOver = true);
  await waitFor(async () => {
    await clock.advance(50);
    return isOver;
  }, { what: "its end" });
  return await ended;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`generate image stops the server's work at one ${signal}`, { ignore }, async () => {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "3"]);
    await stage.untilWorking(3);
    await stage.pass(() => stage.server.counters.waiting_gens === 2);
    // The server has made an image; the generation must know about it.
    await waitFor(async () => (await userRecords(stage)).some((one) => one.images_done === 1), {
      what: "the first image",
    });
    generating.process.kill(signal);
    const { code, out, err } = await endsClean(stage, generating);
    assertEquals(code, 130);
    assertEquals(
      err,
      `${STOPPING}Error: Interrupted: 1 of 3 images made; the work on the server was stopped\n`,
    );
    const { status, images_done, error } = readGenerate(out);
    assertEquals([status, images_done], ["interrupted", 1]);
    assertEquals(error, {
      code: "interrupted",
      message: "Interrupted: 1 of 3 images made; the work on the server was stopped",
    });
    assertEquals(stage.asked("InterruptAll"), 1);
    await stage.finish();
    assertEquals((await stage.status()).verdict, "idle");
  });
}

Deno.test("generate image interrupts its own session alone", { ignore }, async () => {
  await using stage = await openStage();
  await using first = stage.generate();
  await stage.untilWorking(1);
  await using second = stage.generate(["--batch", "2"]);
  await stage.untilWorking(3);
  first.process.kill("SIGINT");
  assertEquals((await first.end()).code, 130);
  assertEquals(stage.server.counters.waiting_gens, 2);
  const status = await stage.status();
  assertEquals(status.active_generations.map((one) => one.images_total), [2]);
  await stage.finish();
  assertEquals((await second.end()).code, 0);
});

Deno.test(
  "generate image leaves at once at the second Ctrl-C, and its record stays",
  { ignore },
  async () => {
    await using stage = await openStage();
    stage.server.fault({ route: "InterruptAll", kind: "hang" });
    await using generating = stage.generate(["--batch", "2", "--request-timeout", "10m"]);
    await stage.untilWorking(2);
    generating.process.kill("SIGINT");
    await stage.untilAsked("InterruptAll");
    generating.process.kill("SIGINT");
    const { code, out, err } = await generating.end();
    assertEquals(code, 130);
    const { session_id, server_may_work } = readGenerate(out);
    assert(server_may_work);
    assertEquals(
      err,
      `${STOPPING}Error: Interrupted: 0 of 2 images made; ${stage.server.url} may still be ` +
        "working on it (see asset-generator status; " +
        `to stop it: asset-generator cancel ${session_id})\n`,
    );
    assertEquals(await stage.recordedIds(), [session_id]);
    const status = await stage.status({ cwd: stage.elsewhere });
    assertEquals(status.verdict, "busy");
    assertEquals(status.active_generations.map((one) => [one.session_id, one.orphaned]), [
      [session_id, true],
    ]);
    await stage.finish();
    assertEquals((await stage.status()).verdict, "idle");
    assertEquals(await stage.recordedIds(), []);
  },
);

Deno.test(
  "generate image sends nothing if Ctrl-C comes before its request",
  { ignore },
  async () => {
    await using stage = await openStage();
    stage.server.fault({ route: "ListModels", kind: "hang" });
    await using generating = stage.generate();
    await stage.untilAsked("ListModels");
    generating.process.kill("SIGINT");
    const { code, err } = await generating.end();
    assertEquals(code, 130);
    assertStringIncludes(err, "Error: Interrupted before anything was sent to the server\n");
    assertEquals([stage.asked("GenerateText2ImageWS"), stage.asked("InterruptAll")], [0, 0]);
    assertEquals(await stage.recordedIds(), []);
  },
);

Deno.test("generate image stops work whose first frame has not come yet", { ignore }, async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "GenerateText2ImageWS", kind: "silent_after_frame" });
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  generating.process.kill("SIGINT");
  const { code } = await endsClean(stage, generating);
  assertEquals(code, 130);
  // An interrupt might have arrived before the request, so one alone proves nothing.
  assert(stage.asked("InterruptAll") >= 2);
});

Deno.test("generate image stops a request over HTTP that its interrupt has overtaken", async () => {
  await using stage = await openStage();
  const delayMs = 1_000;
  stage.server.fault({ route: "GenerateText2Image", kind: "slow", delayMs });
  // It asks again after a second of its own time; the server's second must pass before that.
  const clock = new ManualClock(Date.now());
  await using generating = generateHere(["--batch", "2", "--no-websocket"], { stage, clock });
  await stage.untilAsked("GenerateText2Image");
  generating.interrupt();
  await stage.untilAsked("InterruptAll");
  // Only now does the server accept the request.
  await stage.clock.advance(delayMs);
  await waitFor(() => stage.server.counters.waiting_gens === 2, { what: "the request" });
  const { code } = await endsClean(stage, { end: () => whilePassing(clock, generating.ended) });
  assertEquals(code, 130);
  await stage.finish();
  assertEquals((await stage.status()).verdict, "idle");
});

Deno.test("generate image stops the server's work when its --timeout is over", async () => {
  await using stage = await openStage();
  const clock = new ManualClock(Date.now());
  await using generating = generateHere(["--timeout", "2s"], { stage, clock });
  await stage.untilWorking(1);
  const { code, err } = await endsClean(stage, {
    end: () => whilePassing(clock, generating.ended),
  });
  assertEquals(code, 3);
  assertEquals(
    err,
    `${STOPPING}Error: Timed out: 0 of 1 image made; the work on the server was stopped\n`,
  );
});

Deno.test("generate image obeys its --timeout while the server does not answer", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "GetNewSession", kind: "hang" });
  const { code, err } = await stage.run(
    ["generate", "image", "--prompt", "a cat", "--timeout", "200ms"],
  );
  assertEquals(code, 3);
  assertEquals(err, "Error: Timed out before anything was sent to the server\n");
});

Deno.test("generate image ends within ten seconds of Ctrl-C, whatever hangs on the server", async () => {
  await using stage = await openStage();
  for (const route of ["InterruptAll", "GetCurrentStatus"]) {
    stage.server.fault({ route, kind: "hang", times: Infinity });
  }
  stage.server.fault({ route: "View", kind: "hang_mid_body", times: Infinity });
  const clock = new ManualClock(Date.now());
  await using generating = generateHere(["--batch", "3", "--save-images"], { stage, clock });
  await stage.untilWorking(3);
  await stage.pass(() => stage.server.counters.waiting_gens === 2);
  await waitFor(async () => {
    await clock.advance(50);
    return (await userRecords(stage)).some((one) => one.images_done === 1);
  }, { what: "the first image" });
  generating.interrupt();
  await stage.untilAsked("InterruptAll");
  await clock.advance(7_000);
  await stage.untilAsked("View");
  await clock.advance(2_000);
  let isOver = false;
  void generating.ended.then(() => isOver = true);
  await waitFor(() => isOver, { what: "its end" });
  const { code, out, err } = await generating.ended;
  assertEquals(code, 130);
  assertStringIncludes(err, "Error: Interrupted: 1 of 3 images made; ");
  // The server may go on working: the record is kept for others to see.
  const { session_id, server_may_work } = readGenerate(out);
  assertEquals([server_may_work, await stage.recordedIds()], [true, [session_id]]);
});

Deno.test("generate image and cancel say that the server took the interrupt and counts on", async () => {
  await using stage = await openStage();
  // Like a ComfyUI that hangs: the server says yes, but frees nothing.
  stage.server.fault({
    route: "InterruptAll",
    kind: "json",
    body: { success: true },
    times: Infinity,
  });
  const clock = new ManualClock(Date.now());
  await using generating = generateHere(["--batch", "2"], { stage, clock });
  await stage.untilWorking(2);
  generating.interrupt();
  const { code, out, err } = await whilePassing(clock, generating.ended);
  assertEquals(code, 130);
  const hint = "a ComfyUI that hangs is a known cause, and drops its work when it " +
    "answers again (see asset-generator status, or restart that ComfyUI)\n";
  assertEquals(
    err,
    `${STOPPING}Error: Interrupted: 0 of 2 images made; ${stage.server.url} accepted the request to stop, but ` +
      `still counts the work: ${hint}`,
  );
  const { session_id, server_may_work } = readGenerate(out);
  assertEquals(server_may_work, true);
  const cancelled = await whilePassing(clock, runHere(["cancel"], { stage, clock }));
  assertEquals(cancelled.code, 3);
  assertEquals(
    cancelled.err,
    `Error: Cannot confirm that ${session_id} stopped: the server accepted the request to stop, but ` +
      `after 10 s it still counts 2 images, 2 of them at a backend: ${hint}`,
  );
});
