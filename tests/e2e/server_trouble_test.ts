import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Failure, Fault } from "../../src/simulator/simulator.ts";
import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";

/** The one line in which every failure is reported. */
function assertOneLine(err: string): void {
  assertMatch(err, /^Error: [^\n]+\n$/);
}

/** One more line: the connection was lost, and how the generation is followed now. */
function assertLost(err: string): void {
  assertMatch(
    err,
    /^Lost the connection: [^\n()]+ \(following the generation by the server's counters\)\nError: [^\n]+\n$/,
  );
}

Deno.test("generate image waits two minutes for a server that went away, and leaves its record", async () => {
  await using stage = await openStage();
  const generating = generateHere(["--batch", "2"], { stage, clock: stage.clock });
  await stage.untilWorking(2);
  await stage.server.stop({ isKilled: true });
  let isOver = false;
  const ended = generating.ended.finally(() => isOver = true);
  await stage.pass(() => isOver);
  const { code, out, err } = await ended;
  assertEquals(code, 5);
  assertLost(err);
  assertStringIncludes(err, " has not answered for 2 minutes; 0 of 2 images found; ");
  assertEquals(err.match(/see asset-generator status/g)?.length, 1);
  const { status, server_may_work, session_id, error } = readGenerate(out);
  assertEquals([status, server_may_work, error?.code], ["failed", true, "unreachable"]);
  assertEquals(await stage.recordedIds(), [session_id]);
  await stage.server.start();
  assertEquals((await stage.status()).verdict, "idle");
  assertEquals(await stage.recordedIds(), []);
});

for (const args of [[], ["--no-websocket"]]) {
  const over = args.length === 0 ? "a WebSocket" : "HTTP";
  Deno.test(`generate image over ${over} does not know what ComfyUI does if its server was restarted`, async () => {
    await using stage = await openStage({ backends: [{ type: "comfyui_api" }] });
    await using generating = stage.generate(["--model", "tiny", ...args]);
    await stage.untilWorking(1);
    await stage.server.restart({ isKilled: true, comfySurvives: true });
    const { code, out, err } = await generating.end();
    assertEquals(code, 5);
    assertLost(err);
    assertStringIncludes(
      err,
      ` was restarted and has forgotten it; 0 of 1 image made; not known whether the ComfyUI of ${stage.server.url} is still working on it, ` +
        "because the server was restarted or did not answer (generate again; see asset-generator status)\n",
    );
    assertEquals(readGenerate(out).server_may_work, null);
    assertEquals(await stage.recordedIds(), []);
    assertEquals((await stage.status()).verdict, "busy");
    await stage.finish();
    assertEquals((await stage.status()).verdict, "idle");
  });
}

/** What a server that is shutting down answers, with and without compression. */
const STOP_ANSWERS: readonly Fault[] = [
  { route: "*", kind: "empty", times: Infinity },
  { route: "*", kind: "status", status: 500, times: Infinity },
];

for (const fault of STOP_ANSWERS) {
  Deno.test(`every command takes ${fault.kind} for a server that goes away, not for a wrong address`, async () => {
    await using stage = await openStage();
    await using generating = stage.generate(["--no-websocket"]);
    await stage.untilWorking(1);
    stage.server.fault(fault);
    for (
      const [args, code] of [
        [["status"], 5],
        [["status", "--exit-code"], 5],
        [["wait", "--once"], 5],
        [["doctor"], 5],
        [["cancel"], 5],
        [["cancel", "--everyone", "--yes"], 5],
        [["generate", "image", "--prompt", "a cat"], 5],
      ] as const
    ) {
      const told = await stage.run(args);
      assertEquals(told.code, code, `${args.join(" ")}: ${told.out}${told.err}`);
      const text = told.out + told.err;
      assertStringIncludes(text, "the server stopped before it answered");
      // The advice of doctor for a server that does not answer names the option, too.
      assert(!/not SwarmUI|--api-url right/.test(text), text);
    }
    stage.server.clearFaults();
    await stage.finish();
    assertEquals((await generating.end()).code, 0);
  });

  Deno.test(`generate image over HTTP takes ${fault.kind} for a server that goes away`, async () => {
    await using stage = await openStage();
    stage.server.fault({ ...fault, route: "GenerateText2Image" });
    const { code, out, err } = await stage.generate(["--no-websocket"]).end();
    assertEquals(code, 5);
    assertLost(err);
    assertStringIncludes(
      err,
      ": the server stopped before it answered; 0 of 1 image made (try again once it is back)",
    );
    assertEquals(readGenerate(out).error?.code, "unreachable");
  });
}

Deno.test("generate image exits with 130 if it is interrupted from elsewhere", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  const client = await otherClient(stage.server.url);
  await client.call("InterruptAll", { other_sessions: true });
  const { code, out, err } = await generating.end();
  assertEquals(code, 130);
  assertEquals(err, "Error: Interrupted: 0 of 2 images made; the work on the server was stopped\n");
  assertEquals(readGenerate(out).server_may_work, false);
  assertEquals(await stage.recordedIds(), []);
});

/** What goes wrong on the server, the exit code, and the message. */
const FAILURES: readonly (readonly [Failure, number, string])[] = [
  ["refused", 1, "ComfyUI errored: "],
  ["node_error", 1, "ComfyUI execution error: "],
  ["save_failed", 1, "Server failed to save an image"],
  ["lost", 130, "Interrupted: 0 of 1 image made"],
  ["discarded", 1, "the server took back 1 of the requested images"],
];

for (const [failure, code, text] of FAILURES) {
  Deno.test(`generate image exits with ${code} after the failure ${failure}, with nothing left`, async () => {
    await using stage = await openStage();
    stage.server.failNext(failure);
    await using generating = stage.generate();
    await stage.untilAsked("GenerateText2ImageWS");
    await stage.finish();
    const ended = await generating.end();
    assertEquals(ended.code, code);
    assertOneLine(ended.err);
    assertStringIncludes(ended.err, text);
    const { images_done, error } = readGenerate(ended.out);
    assertEquals([images_done, `Error: ${error?.message}\n`], [0, ended.err]);
    assertEquals(await stage.recordedIds(), []);
  });
}

Deno.test("generate image keeps the images that came before an error", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "3"]);
  await stage.untilWorking(3);
  stage.server.failNext("node_error", 3);
  await stage.finish();
  const { code, out, err } = await generating.end();
  assertEquals(code, 1);
  assertOneLine(err);
  const { images_done, images_total } = readGenerate(out);
  assert(images_done !== null && images_done >= 1 && images_done < images_total, `${images_done}`);
  assertStringIncludes(err, `; ${images_done} of 3 images made\n`);
});

Deno.test("generate image does its work over HTTP alone", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2", "--no-websocket"]);
  await stage.untilWorking(2);
  const status = await stage.status();
  assertEquals([status.verdict, status.active_generations.length], ["busy", 1]);
  await stage.finish();
  const { code, out } = await generating.end();
  assertEquals([code, readGenerate(out).images_done], [0, 2]);
  assertEquals(stage.asked("GenerateText2ImageWS"), 0);
});

Deno.test("generate image goes on over HTTP if the WebSocket is refused", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "GenerateText2ImageWS", kind: "status", status: 403 });
  await using generating = stage.generate();
  await stage.untilAsked("GenerateText2Image");
  await stage.finish();
  const { code, out } = await generating.end();
  assertEquals([code, readGenerate(out).images_done], [0, 1]);
});
