/**
 * Generations whose connection is lost: their pictures are saved all the same, or the message says
 * why they are not (`docs/recovery.md`).
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { continueMessage } from "../../src/errors.ts";
import type { Fault, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { rightsOfRole } from "../../src/simulator/simulator.ts";
import type { CliResult } from "../support/cli_process.ts";
import { fetchHere } from "../support/http_clients.ts";
import { generateHere } from "../support/program_here.ts";
import type { Stage } from "../support/stage.ts";
import { openStage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { namesIn } from "../support/temp_dir.ts";

const WS = "GenerateText2ImageWS";
const LOST = /^Lost the connection: [^\n]+ \(following the generation by the server's counters\)\n/;

/** Runs a generation of two images in this process; its clock and the server's advance together. */
async function generate(stage: Stage, args: readonly string[] = []): Promise<CliResult> {
  const run = generateHere(["--batch", "2", ...args], { stage, clock: stage.clock });
  let isOver = false;
  const ended = run.ended.finally(() => isOver = true);
  await stage.pass(() => isOver);
  return await ended;
}

/** Checks that both images were saved, each once, exactly as the server has them. */
async function assertWhole({ code, out, err }: CliResult, stage: Stage): Promise<void> {
  assertEquals(code, 0, err);
  assertMatch(err, LOST);
  assertEquals(err.trimEnd().split("\n").length, 1, err);
  const { images, status, images_done } = readGenerate(out);
  assertEquals([status, images_done], ["complete", 2]);
  const seeds = images.map(({ seed }) => Number(seed));
  assertEquals(seeds[1], (seeds[0] ?? NaN) + 1);
  assertEquals(images.map(({ index }) => index), [0, 1]);
  assertEquals(new Set(images.map(({ url }) => url)).size, 2);
  for (const { local_path, url } of images) {
    if (local_path === null) continue;
    const file = await Deno.readFile(local_path);
    assertEquals(file, new Uint8Array(await (await fetchHere(String(url))).arrayBuffer()));
  }
  assertEquals(await stage.recordedIds(), []);
}

/** How a connection is lost, and the options of the generation. */
const LOSSES: readonly (readonly [string, Fault, readonly string[], SimulatorOptions?])[] = [
  ["cut at the first frame", { route: WS, kind: "drop_socket_after_frame", frames: 1 }, []],
  ["cut after some frames", { route: WS, kind: "drop_socket_after_frame", frames: 9 }, []],
  ["cut after an image", { route: WS, kind: "drop_socket_after_frame", frames: 50 }, []],
  // Then the server's paths are Output/…, and the pictures of all users are in one folder.
  [
    "cut after an image on a server with one folder for all",
    {
      route: WS,
      kind: "drop_socket_after_frame",
      frames: 50,
    },
    [],
    { appendsUser: false },
  ],
  ["closed politely", { route: WS, kind: "close_socket_after_frame", frames: 3 }, []],
  ["silent for good", { route: WS, kind: "silent_after_frame", frames: 3 }, []],
  // A proxy drops a socket that is silent for a long time, for instance during a model load.
  ["cut during a model load", { route: WS, kind: "drop_socket_after_frame", frames: 4 }, [], {
    backends: [{}],
    loadSeconds: 20,
  }],
  ["cut by a gateway", { route: "GenerateText2Image", kind: "close_mid_body" }, [
    "--no-websocket",
  ]],
];

for (const [what, fault, args, options] of LOSSES) {
  Deno.test(`generate image has all its pictures although its connection is ${what}`, async () => {
    await using stage = await openStage(options);
    stage.server.fault(fault);
    const directory = `${stage.here}/out`;
    const saved = [...args, "--model", "tiny", "--save-images", "--output-dir", directory];
    await assertWhole(await generate(stage, saved), stage);
    const names = await namesIn(directory);
    assertEquals(names.length, 2, names.join());
  });
}

for (const status of [502, 504]) {
  Deno.test(`generate image over HTTP outlives a gateway's ${status} in its middle`, async () => {
    await using stage = await openStage();
    const gateway = await openGateway(stage, status);
    await using _ = gateway;
    const run = generateHere(["--batch", "2", "--no-websocket", "--api-url", gateway.url], {
      stage,
      clock: stage.clock,
    });
    await stage.untilWorking(2);
    gateway.giveUp();
    let isOver = false;
    const ended = run.ended.finally(() => isOver = true);
    await stage.pass(() => isOver);
    const told = await ended;
    assertStringIncludes(told.err, `HTTP status ${status}`);
    await assertWhole(told, stage);
  });
}

interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** Answers the request for images instead of the server. */
  giveUp(): void;
}

/** A gateway in front of the server that waits for an image only for a given time. */
function openGateway(stage: Stage, status: number): Promise<Gateway> {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (asked) => {
      const { pathname } = new URL(asked.url);
      const init = asked.method === "GET" ? {} : { method: "POST", body: await asked.text() };
      const answer = fetchHere(`${stage.server.url}${pathname}`, {
        ...init,
        headers: asked.headers,
      });
      if (!pathname.endsWith("/GenerateText2Image")) return await answer;
      void answer.then((late) => late.body?.cancel()).catch(() => {});
      return await promise;
    },
  );
  return Promise.resolve({
    url: `http://127.0.0.1:${server.addr.port}`,
    giveUp: () => resolve(new Response("gateway", { status })),
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}

/** Why pictures cannot be found, and the message about it. */
const REASONS: readonly (readonly [SimulatorOptions, string, (readonly string[])?])[] = [
  [
    { permissions: rightsOfRole("user").filter((right) => right !== "view_image_history") },
    "this account may not list the server's pictures (it needs the permission view_image_history)",
  ],
  [{ savesFiles: false }, "the server keeps no pictures (the user setting SaveFiles is off)"],
  [{}, "the request told the server to keep no pictures (the parameter donotsave)", [
    "--param",
    "donotsave=true",
  ]],
  [
    { savesMetadata: false },
    "the server's pictures do not say which generation they belong to (the user setting SaveMetadata is off)",
  ],
];

for (const [options, reason, args] of REASONS) {
  Deno.test(`generate image says that ${reason}`, async () => {
    await using stage = await openStage(options);
    stage.server.fault({ route: WS, kind: "drop_socket_after_frame", frames: 5 });
    const { code, out, err } = await generate(stage, args);
    assertEquals(code, 1);
    const said = `Error: Cannot get all pictures of the generation: the connection was lost, and ` +
      `${continueMessage(reason, "; 0 of 2 images found")}\n`;
    assertEquals(err.replace(LOST, ""), said);
    const { images_done, server_may_work } = readGenerate(out);
    assertEquals([images_done, server_may_work], [null, false]);
    assertEquals(await stage.recordedIds(), []);
  });
}

Deno.test("generate image says which pictures are missing after the server was started again, and why", async () => {
  const permissions = rightsOfRole("user").filter((right) => right !== "view_image_history");
  await using stage = await openStage({ permissions });
  const directory = `${stage.here}/out`;
  const saved = ["--batch", "3", "--save-images", "--output-dir", directory];
  const run = generateHere(saved, { stage, clock: stage.clock });
  await stage.pass(() => stage.server.counters.waiting_gens === 2);
  await stage.pass(() => stage.server.comfyJobs(0) > 0);
  await stage.server.restart({ isKilled: true });
  let isOver = false;
  const ended = run.ended.finally(() => isOver = true);
  await stage.pass(() => isOver);
  const { code, out, err } = await ended;
  assertEquals(code, 5);
  assertStringIncludes(
    err,
    "was restarted and has forgotten it, and this account may not list the server's pictures; " +
      "1 of 3 images found; ",
  );
  const { images, images_done } = readGenerate(out);
  assertEquals([images.length, images_done], [1, null]);
  assertEquals((await namesIn(directory)).length, 1);
});

Deno.test("generate image finds pictures without a tag by their seeds", async () => {
  await using stage = await openStage();
  const before = await generate(stage, ["--seed", "7", "--no-tag"]);
  assertEquals(before.code, 0);
  stage.server.fault({ route: WS, kind: "drop_socket_after_frame", frames: 5 });
  const { code, out, err } = await generate(stage, ["--seed", "7", "--no-tag"]);
  assertEquals(code, 0, err);
  const [old, found] = [before.out, out].map((text) => readGenerate(text).images);
  assertEquals(found?.map(({ seed }) => seed), ["7", "8"]);
  assertEquals(found?.filter(({ url }) => old?.some((one) => one.url === url)), []);
});

Deno.test("generate image follows a lost generation no further than to Ctrl-C", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: WS, kind: "drop_socket_after_frame", frames: 5 });
  const run = generateHere(["--batch", "2"], { stage, clock: stage.clock });
  await stage.untilWorking(2);
  await stage.pass(() => stage.asked("GetCurrentStatus") > 0);
  run.interrupt();
  let isOver = false;
  const ended = run.ended.finally(() => isOver = true);
  await stage.pass(() => isOver);
  const { code, err } = await ended;
  assertEquals(code, 130, err);
  assertStringIncludes(err, "the work on the server was stopped");
  assertEquals(stage.server.counters.waiting_gens, 0);
});
