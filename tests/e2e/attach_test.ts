/**
 * Generations that continue without the process that began them, or beside it: `--detach`,
 * `attach`, `wait ID` (`docs/attach.md`). The clock of the tool and that of the server advance
 * together, except in separate processes.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { rightsOfRole } from "../../src/simulator/simulator.ts";
import type { CliResult } from "../support/cli_process.ts";
import { fetchHere } from "../support/http_clients.ts";
import type { OwnRun } from "../support/program_here.ts";
import { generateHere, runHere, startHere } from "../support/program_here.ts";
import { untilRecorded, userRecords } from "../support/records.ts";
import type { Stage } from "../support/stage.ts";
import { openStage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { namesIn } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

/** Lets time pass until commands have ended. */
async function endOf(stage: Stage, ...runs: readonly OwnRun[]): Promise<readonly CliResult[]> {
  let isOver = false;
  const ended = Promise.all(runs.map((run) => run.ended)).finally(() => isOver = true);
  await stage.pass(() => isOver);
  return await ended;
}

/** Runs a command while time passes. */
async function run(
  stage: Stage,
  args: readonly string[],
  cwd: string = stage.here,
): Promise<CliResult> {
  const [told] = await endOf(stage, startHere(args, { stage, clock: stage.clock, cwd }));
  assert(told !== undefined);
  return told;
}

/** Detaches a generation of two images, and returns its ID. */
async function detach(stage: Stage, args: readonly string[] = []): Promise<string> {
  const words = ["generate", "image", "-p", "a cat", "--batch", "2", "--seed", "7", "--detach"];
  const { code, out, err } = await run(stage, [...words, ...args]);
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /^gen-[0-9a-z]{8}\n$/);
  return out.trim();
}

function attach(stage: Stage, args: readonly string[] = []): OwnRun {
  return startHere(["attach", "--format", "json", ...args], {
    stage,
    clock: stage.clock,
    cwd: stage.elsewhere,
  });
}

/** Checks that a result has both images of seed 7, and that they are saved. */
async function assertBoth({ code, out, err }: CliResult, stage: Stage): Promise<string> {
  assertEquals(code, 0, err);
  const { session_id, status, images } = readGenerate(out);
  assertEquals([status, images.map(({ seed }) => seed)], ["complete", ["7", "8"]]);
  for (const { local_path, url } of images) {
    if (local_path === null) continue;
    const bytes = new Uint8Array(await (await fetchHere(String(url))).arrayBuffer());
    assertEquals(await Deno.readFile(local_path), bytes);
  }
  assertEquals(await userRecords(stage), []);
  return session_id;
}

for (const transport of [[], ["--no-websocket"]]) {
  Deno.test(`generate image --detach ${transport} leaves as soon as the server works, and is no orphan`, async () => {
    await using stage = await openStage({ secondsPerStep: 0.5 });
    const id = await detach(stage, transport);
    assertEquals(stage.server.counters.waiting_gens, 2);
    const status = await stage.status({ cwd: stage.elsewhere });
    const [generation] = status.active_generations;
    assertEquals(status.verdict, "busy");
    assertEquals(
      [generation?.session_id, generation?.owner, generation?.orphaned, generation?.detached],
      [id, "gone", false, true],
    );
    assertStringIncludes(await stage.statusText(), "detached: the server is working on it");
    const directory = `${stage.elsewhere}/out`;
    const attached = attach(stage, ["--save-images", "--output-dir", directory]);
    const [told] = await endOf(stage, attached);
    assert(told !== undefined);
    assertEquals(await assertBoth(told, stage), id);
    assert(readGenerate(told.out).duration_seconds !== null);
    assertEquals((await namesIn(directory)).length, 2);
    // The copy in the other directory is removed by the next look from there.
    await stage.status();
    assertEquals(await stage.recordedIds(), []);
    // It ended some time ago: the same result again, and its outcome.
    const again = await run(stage, ["attach", id, "--format", "json"]);
    assertEquals(await assertBoth(again, stage), id);
    assertEquals(await run(stage, ["wait", id]), { code: 0, out: `${id} is complete\n`, err: "" });
  });
}

Deno.test("generate image --detach reports a request that is refused at once", async () => {
  await using stage = await openStage();
  stage.server.failNext("refused");
  await using own = generateHere(["--detach"], { stage, clock: stage.clock });
  const [told] = await endOf(stage, own);
  // The server accepted it, and then its only image failed.
  assertEquals(told?.code, 0);
  const { session_id } = readGenerate(told?.out ?? "");
  const { code, err } = await run(stage, ["wait", session_id]);
  assertEquals(code, 1);
  assertEquals(
    err,
    "Error: Cannot get the picture of the generation: its process has ended, and the server's " +
      "history does not hold the rest: it failed to make them or was stopped, and only its log says " +
      "which\n",
  );
});

Deno.test("generate image --detach prints nothing but an error if the server refuses it", async () => {
  const permissions = rightsOfRole("user").filter((one) => one !== "basic_image_generation");
  await using stage = await openStage({ permissions });
  const words = ["generate", "image", "-p", "a cat", "--model", "tiny", "--detach"];
  for (const format of [[], ["--quiet"]]) {
    const { code, out, err } = await run(stage, [...words, ...format]);
    assertEquals([code, out], [4, ""], err);
    assertEquals(err.trimEnd().split("\n").length, 1);
  }
  const json = await run(stage, [...words, "--format", "json"]);
  assertEquals([json.code, JSON.parse(json.out).error.code], [4, "refused"]);
  assertEquals(await stage.recordedIds(), []);
});

for (const isWatched of [true, false]) {
  const what = isWatched ? ", and when" : "; not when, if nobody saw it";
  Deno.test(`cancel says of a generation that is over how it ended${what}`, async () => {
    await using stage = await openStage({ secondsPerStep: 0.5 });
    const id = await detach(stage);
    if (!isWatched) await stage.finish();
    assertEquals((await run(stage, ["wait", id])).code, 0);
    const { code, out, err } = await run(stage, ["cancel", id]);
    assertEquals([code, out], [2, ""]);
    assertMatch(
      err,
      new RegExp(
        `^Error: Cannot cancel "${id}": it is over \\(complete${
          isWatched ? ", [0-9.]+[sm] ago" : ""
        }; ` +
          `asset-generator attach ${id} prints its result\\)\n$`,
      ),
    );
  });
}

/** An account that may not list the server's pictures. */
const BLIND = { permissions: rightsOfRole("user").filter((one) => one !== "view_image_history") };
const NOT_LISTED = "this account may not list the server's pictures (it needs the permission " +
  "view_image_history)";

Deno.test("wait and attach call unknown what they cannot see, never zero", async () => {
  await using stage = await openStage(BLIND);
  const id = await detach(stage);
  await stage.finish();
  const unknown = "not known how many of 2 images were made, 0 found";
  const reason =
    `Cannot get all pictures of the generation: its process has ended, and ${NOT_LISTED}`;
  assertEquals(await run(stage, ["wait", id]), {
    code: 1,
    out: `${id} has ended: ${unknown}\n`,
    err: `Error: ${reason}\n`,
  });
  const json = readGenerate((await run(stage, ["wait", id, "--format", "json"])).out);
  assertEquals([json.images_done, json.error?.message], [null, reason]);
  const { out } = await run(stage, ["attach", id]);
  assertStringIncludes(out, "No images were found\n");
  assertStringIncludes(out, `Images:        not known how many of 2 were made, 0 found\n`);
});

Deno.test("attach saves what a killed process was told of, and says why the rest is missing", async () => {
  await using stage = await openStage(BLIND);
  await using generating = stage.generate(["--batch", "3", "--seed", "7"]);
  await stage.untilWorking(3);
  await stage.pass(() => stage.server.counters.waiting_gens === 2);
  await waitFor(async () => (await notedPictures(stage)) === 1, {
    what: "its picture to be noted",
  });
  generating.process.kill("SIGKILL");
  await generating.end();
  const [id = ""] = await stage.recordedIds();
  await stage.server.restart({ isKilled: true });
  const directory = `${stage.elsewhere}/out`;
  const [told] = await endOf(
    stage,
    attach(stage, [id, "--save-images", "--output-dir", directory]),
  );
  assertEquals(told?.code, 5);
  const reason = `${NOT_LISTED.slice(0, -1)}; generate again)`;
  assertStringIncludes(told?.err ?? "", `was restarted and has forgotten it, and ${reason}`);
  const { images, images_done } = readGenerate(told?.out ?? "");
  assertEquals([images.map(({ seed }) => seed), images_done], [["7"], null]);
  assertEquals((await namesIn(directory)).length, 1);
});

/** How many pictures are noted of the only request of the user. */
async function notedPictures(stage: Stage): Promise<number> {
  const directory = `${stage.stateDirectory}/requests`;
  const [entry] = [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(".json"));
  return JSON.parse(await Deno.readTextFile(`${directory}/${entry?.name}`)).announced.length;
}

Deno.test("a detached generation that keeps no pictures says so", async () => {
  await using stage = await openStage();
  const id = await detach(stage, ["--param", "donotsave=true"]);
  await stage.finish();
  const { code, err } = await run(stage, ["wait", id]);
  assertEquals(code, 1);
  assertStringIncludes(err, "and the request told the server to keep no pictures (the parameter");
});

Deno.test("attach and wait name the latest generations to those who do not know an ID", async () => {
  await using stage = await openStage();
  const first = await detach(stage);
  await stage.finish();
  // Files of one instant have no order.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await detach(stage);
  await stage.finish();
  const latest = `; the latest here: ${second}, ${first})\n`;
  for (const args of [["attach"], ["attach", "gen-none"], ["wait", "gen-none"]]) {
    const { code, err } = await run(stage, args);
    assertEquals(code, 2);
    assert(err.endsWith(latest), err);
  }
});

Deno.test("generate image --detach saves no pictures", async () => {
  await using stage = await openStage();
  const told = await runHere(["generate", "image", "-p", "a cat", "--detach", "--save-images"], {
    stage,
  });
  assertEquals(told.code, 2);
  assertEquals(stage.server.requests.length, 0);
});

Deno.test("attach gets the pictures of a generation whose process was killed", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2", "--seed", "7"]);
  await stage.untilWorking(2);
  generating.process.kill("SIGKILL");
  await generating.end();
  const directory = `${stage.elsewhere}/out`;
  const [told] = await endOf(
    stage,
    attach(stage, ["--save-images", "--output-dir", directory]),
  );
  assert(told !== undefined);
  await assertBoth(told, stage);
  assertEquals((await namesIn(directory)).length, 2);
});

Deno.test("attach gets the pictures that could not be fetched, after a restart of the server too", async () => {
  await using stage = await openStage();
  const words = ["--batch", "2", "--seed", "7", "--save-images", "--timeout", "30s"];
  stage.server.fault({ route: "View", kind: "status", status: 502, times: Infinity });
  const [told] = await endOf(stage, generateHere(words, { stage, clock: stage.clock }));
  const { session_id, error } = readGenerate(told?.out ?? "");
  const again = `asset-generator attach ${session_id} --save-images`;
  assertEquals([told?.code, error?.code], [3, "timed_out"]);
  assertStringIncludes(error?.message ?? "", `(to try again: ${again})`);
  await stage.server.restart();
  stage.server.clearFaults();
  const [got] = await endOf(stage, attach(stage, [session_id, "--save-images"]));
  assert(got !== undefined);
  await assertBoth(got, stage);
  assertEquals(readGenerate(got.out).images.map(({ local_path }) => local_path === null), [
    false,
    false,
  ]);
  assertEquals((await run(stage, ["wait", session_id])).code, 0);
});

Deno.test("attach gets the pictures although a status has removed the record before", async () => {
  await using stage = await openStage();
  const id = await detach(stage);
  await stage.finish();
  assertEquals((await stage.status()).verdict, "idle");
  assertEquals(await userRecords(stage), []);
  const told = await run(stage, ["attach", id.slice(0, 8), "--format", "json"]);
  await assertBoth(told, stage);
  const { duration, duration_seconds } = readGenerate(told.out);
  assertEquals([duration, duration_seconds], [null, null]);
});

Deno.test("attach follows a generation beside its own process, and beside another attach", async () => {
  await using stage = await openStage();
  await using own = generateHere(["--batch", "2", "--seed", "7"], { stage, clock: stage.clock });
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  const told = await endOf(
    stage,
    own,
    attach(stage, ["--progress", "json"]),
    attach(stage, ["--save-images", "--output-dir", `${stage.elsewhere}/out`]),
  );
  const ids = await Promise.all(told.map((one) => assertBoth(one, stage)));
  assertEquals(new Set(ids).size, 1);
  const steps = (told[1]?.err ?? "").trim().split("\n").map((line) => JSON.parse(line).progress);
  assertEquals(steps, steps.toSorted((a: number, b: number) => a - b));
  assert(steps.length > 1, `${steps}`);
});

Deno.test("two attached processes do not disturb each other", async () => {
  await using stage = await openStage();
  await detach(stage);
  const told = await endOf(stage, attach(stage), attach(stage));
  for (const one of told) await assertBoth(one, stage);
});

Deno.test("Ctrl-C in attach stops watching, and says so", async () => {
  await using stage = await openStage({ secondsPerStep: 1 });
  const id = await detach(stage);
  const attached = attach(stage, [id]);
  await stage.pass(() => stage.asked("GetCurrentStatus") >= 2);
  attached.interrupt();
  const [told] = await endOf(stage, attached);
  assertEquals([told?.code, told?.out], [130, ""]);
  assertStringIncludes(told?.err ?? "", `Stopped watching: ${id} goes on (asset-generator attach`);
  assertEquals(stage.server.counters.waiting_gens, 2);
  const [end] = await endOf(stage, attach(stage));
  assert(end !== undefined);
  await assertBoth(end, stage);
});

Deno.test("Ctrl-C in attach --cancel-on-interrupt stops the generation", async () => {
  await using stage = await openStage({ secondsPerStep: 1 });
  const id = await detach(stage);
  const attached = attach(stage, [id, "--cancel-on-interrupt"]);
  await stage.pass(() => stage.asked("GetCurrentStatus") >= 2);
  attached.interrupt();
  const [told] = await endOf(stage, attached);
  assertEquals(told?.code, 130);
  assertEquals(readGenerate(told?.out ?? "").status, "interrupted");
  assertEquals(stage.server.counters.waiting_gens, 0);
  assertEquals(await userRecords(stage), []);
});

Deno.test("attach and wait end like a generation that is cancelled meanwhile", async () => {
  await using stage = await openStage({ secondsPerStep: 1 });
  const id = await detach(stage);
  const [attached, waiting] = [
    attach(stage, [id]),
    startHere(["wait", id], { stage, clock: stage.clock }),
  ];
  await stage.pass(() => stage.asked("GetCurrentStatus") >= 4);
  const cancelling = startHere(["cancel", id], { stage, clock: stage.clock });
  const [first, second, cancelled] = await endOf(stage, attached, waiting, cancelling);
  assertEquals(cancelled?.code, 0, cancelled?.err);
  assertEquals([first?.code, second?.code].filter((code) => code !== 130 && code !== 1), []);
  assertEquals((await run(stage, ["wait", id])).code, first?.code);
});

Deno.test("wait ID ends when its time is over", async () => {
  await using stage = await openStage({ secondsPerStep: 100 });
  const id = await detach(stage);
  const { code, err } = await run(stage, ["wait", id, "--timeout", "5s"]);
  assertEquals([code, err], [3, `Error: Timed out after 5s: ${id} has not ended\n`]);
  const other = await run(stage, ["wait", id, "--timeout", "5s", "--timeout-exit-code", "42"]);
  assertEquals(other.code, 42);
});

/** What is wrong with a command line, and the error. */
const REFUSALS: readonly (readonly [readonly string[], RegExp])[] = [
  [["attach"], /^Error: Cannot attach: no generation of this user is running on [^\n]+\n$/],
  [
    ["attach", "gen-none"],
    /^Error: Cannot attach to "gen-none": no generation of this user [^\n]+\n$/,
  ],
  [
    ["wait", "gen-none"],
    /^Error: Cannot wait for "gen-none": no generation of this user [^\n]+\n$/,
  ],
  [["wait", "gen-none", "--once"], /^Error: Cannot use --once with an ID: /],
  [
    ["attach", "--output-dir", "out"],
    /run: asset-generator attach --output-dir out --save-images\)\n$/,
  ],
];

for (const [args, said] of REFUSALS) {
  Deno.test(`${args.join(" ")} is refused where nothing was generated`, async () => {
    await using stage = await openStage();
    const { code, err } = await runHere(args, { stage });
    assertEquals(code, 2);
    assertMatch(err, said);
  });
}

Deno.test("attach without an ID names those that run if there are several", async () => {
  await using stage = await openStage({ secondsPerStep: 100 });
  const ids = [await detach(stage), await detach(stage)];
  const { code, err } = await run(stage, ["attach"]);
  assertEquals(code, 2);
  for (const id of ids) assertStringIncludes(err, id);
});

Deno.test("events reports one start and one end of a detached generation, and no orphan", async () => {
  await using stage = await openStage();
  const events = startHere(["events", "--interval", "200ms"], { stage, clock: stage.clock });
  await stage.untilAsked("GetGlobalStatus");
  const id = await detach(stage);
  const [told] = await endOf(stage, attach(stage));
  assertEquals(told?.code, 0);
  const before = stage.asked("GetGlobalStatus");
  await stage.pass(() => stage.asked("GetGlobalStatus") > before + 2);
  events.interrupt();
  const { out } = await events.ended;
  const kinds = out.trim().split("\n").map((line) => JSON.parse(line))
    .filter((event) => event.generation?.session_id === id && event.event !== "generation.progress")
    .map(({ event }) => event);
  assertEquals(kinds.length, 2, kinds.join());
  assertEquals(kinds[0], "generation.started");
  assertMatch(kinds[1], /^generation\.(finished|ended)$/);
});
