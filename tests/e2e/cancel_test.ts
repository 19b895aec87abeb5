import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CancelJson } from "../support/cancel_json.ts";
import { readCancel } from "../support/cancel_json.ts";
import type { CliOptions, CliProcess } from "../support/cli_process.ts";
import { otherClient } from "../support/other_client.ts";
import { MODEL, openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

/** A generation that is running. */
interface Running extends AsyncDisposable {
  readonly id: string;
  readonly process: CliProcess;
}

/** A stage on which images take so long that none is finished before a test says so. */
function slowStage(backends = 1): Promise<Stage> {
  return openStage({
    backends: Array.from({ length: backends }, () => ({ model: MODEL })),
    secondsPerStep: 60,
  });
}

/** Starts a generation and waits until the server has accepted it. */
async function begin(
  stage: Stage,
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<Running> {
  const known = await publishedIds(stage);
  const before = stage.server.counters.waiting_gens;
  const process = stage.generate(args, options);
  await waitFor(() => stage.server.counters.waiting_gens > before, { what: "the request" });
  await stage.clock.advance(100);
  const id = (await publishedIds(stage)).find((each) => !known.includes(each));
  assert(id !== undefined, "the new generation has no record");
  return { id, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

/** Ids in the user scope. */
async function publishedIds(stage: Stage): Promise<readonly string[]> {
  const folder = `${stage.stateDirectory}/generations`;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const ids: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".json")) ids.push(name.slice(0, -".json".length));
  }
  return ids;
}

/** Kills a generation's process; the server goes on working. */
async function orphan({ process }: Running): Promise<void> {
  process.process.kill("SIGKILL");
  await process.end();
}

/** Cancels, and reads the document. */
async function cancel(
  stage: Stage,
  args: readonly string[],
  options: CliOptions = {},
): Promise<{ readonly code: number; readonly err: string; readonly document: CancelJson }> {
  const { code, out, err } = await stage.run(["cancel", ...args, "--format", "json"], options);
  return { code, err, document: readCancel(out) };
}

/** Waits until a cancelled generation ends: with 130, its own message, and without its record. */
async function assertInterrupted(stage: Stage, { id, process }: Running): Promise<void> {
  let isOver = false;
  const ended = process.end().finally(() => isOver = true);
  await stage.pass(() => isOver);
  const { code, out, err } = await ended;
  const told = readGenerate(out);
  assertEquals([code, told.session_id, told.status, told.server_may_work], [
    130,
    id,
    "interrupted",
    false,
  ]);
  assertEquals(told.error?.code, "interrupted");
  assertStringIncludes(err, `Error: Interrupted: 0 of ${told.images_total} image`);
}

async function activeIds(stage: Stage): Promise<readonly string[]> {
  return (await stage.status()).active_generations.map(({ session_id }) => session_id);
}

Deno.test("cancel stops one of several generations, however it runs, and leaves the others", async () => {
  await using stage = await slowStage(4);
  await using socket = await begin(stage, ["--batch", "2"]);
  await using http = await begin(stage, ["--batch", "2", "--no-websocket"], {
    cwd: stage.elsewhere,
  });
  await using killed = await begin(stage, ["--batch", "2"]);
  await using witness = await begin(stage);
  await orphan(killed);
  let left = [socket.id, http.id, killed.id, witness.id];
  for (const victim of [killed, http, socket]) {
    const images = stage.server.counters.waiting_gens;
    const interrupts = stage.asked("InterruptAll");
    const cancelling = cancel(stage, [victim.id]);
    await stage.untilAsked("InterruptAll", interrupts + 1);
    // The server's time does not advance: the command waits for the counters, not for the end of
    // the work.
    const { code, document } = await cancelling;
    assertEquals([code, document.error], [0, null]);
    const [one] = document.cancelled;
    assertEquals(
      [document.cancelled.length, one?.session_id, one?.outcome, one?.orphaned],
      [1, victim.id, "stopped", victim === killed],
    );
    assertEquals([one?.before?.waiting_gens, one?.after?.waiting_gens], [2, 0]);
    assertEquals(stage.server.counters.waiting_gens, images - 2);
    assertEquals(stage.asked("InterruptAll"), interrupts + 1);
    if (victim !== killed) await assertInterrupted(stage, victim);
    left = left.filter((id) => id !== victim.id);
    const active = await stage.status();
    assertEquals(active.active_generations.map(({ session_id }) => session_id), left);
    assertEquals(active.images.untracked, 0);
  }
  await waitFor(async () => {
    if (!(await stage.recordedIds()).includes(killed.id)) return true;
    // A look removes a record only if nobody is writing at that moment; otherwise the next look
    // does.
    await stage.status();
    return false;
  }, { what: "the orphan's record to be removed" });
  await stage.clock.advance(2_000_000);
  const { code, out } = await witness.process.end();
  assertEquals([code, readGenerate(out).images_done], [0, 1]);
  assertEquals((await stage.status()).generations_running, 0);
});

Deno.test("cancel says that ComfyUI finishes its step, and what a second cancel finds", async () => {
  await using stage = await slowStage();
  await using generating = await begin(stage);
  await waitFor(() => stage.server.comfyJobs(0) > 0, { what: "the job" });
  const { code, document } = await cancel(stage, [generating.id.slice(0, 6)]);
  assertEquals([code, document.cancelled[0]?.outcome], [0, "stopped"]);
  assertEquals(document.cancelled[0]?.winding_down, true);
  const status = await stage.status();
  assertEquals([status.verdict, status.comfy_jobs.unattributed], ["busy", 1]);
  await stage.clock.advance(120_000);
  await generating.process.end();
  const again = await cancel(stage, []);
  assertEquals([again.code, again.document.cancelled], [0, []]);
  const unknown = await cancel(stage, [generating.id]);
  assertEquals([unknown.code, unknown.document.error?.code], [2, "usage"]);
});

Deno.test("cancel waits for a generation that has sent nothing yet", async () => {
  await using stage = await slowStage();
  stage.server.fault({ route: "ListModels", kind: "slow", delayMs: 60_000 });
  await using generating = stage.generate();
  await stage.untilAsked("ListModels");
  const cancelling = cancel(stage, []);
  // Its first look is under way: the generation is seen as pending, or in its next state.
  await stage.untilAsked("GetGlobalStatus");
  await stage.clock.advance(60_000);
  const { code, document } = await cancelling;
  assertEquals([code, document.cancelled[0]?.outcome], [0, "stopped"]);
  let isOver = false;
  const ended = generating.end().finally(() => isOver = true);
  await stage.pass(() => isOver);
  assertEquals((await ended).code, 130);
  assertEquals(await stage.recordedIds(), []);
});

Deno.test("cancel without an id lists several; --older-than and --all choose by themselves", async () => {
  await using stage = await slowStage(2);
  await using first = await begin(stage);
  await using second = await begin(stage);
  const several = await cancel(stage, []);
  assertEquals([several.code, several.document.error?.code], [2, "usage"]);
  assertEquals(
    several.document.candidates.map(({ session_id }) => session_id),
    [first.id, second.id],
  );
  const young = await cancel(stage, ["--all", "--older-than", "1h"]);
  assertEquals([young.code, young.document.cancelled, stage.asked("InterruptAll")], [0, [], 0]);
  assertEquals(await activeIds(stage), [first.id, second.id]);
  const all = await cancel(stage, ["--all", "--older-than", "0s"], { cwd: stage.elsewhere });
  assertEquals([all.code, all.document.cancelled.map(({ outcome }) => outcome)], [
    0,
    ["stopped", "stopped"],
  ]);
  await assertInterrupted(stage, first);
  await assertInterrupted(stage, second);
});

Deno.test("cancel --everyone stops all of the server's user, and nothing of another", async () => {
  await using stage = await slowStage(3);
  const web = await otherClient(stage.server.url);
  await using _web = web.generate(2);
  const alice = await otherClient(stage.server.url, "alice");
  await using _alice = alice.generate(3);
  await waitFor(() => stage.server.counters.waiting_gens === 5, { what: "both" });
  await using tracked = await begin(stage);
  const unasked = await cancel(stage, ["--everyone"]);
  assertEquals([unasked.code, unasked.document.error?.code], [2, "usage"]);
  assertEquals([stage.asked("InterruptAll"), stage.server.counters.waiting_gens], [0, 6]);

  const { code, document, err } = await cancel(stage, ["--everyone", "--yes"]);
  assertEquals([code, document.everyone?.user, document.everyone?.outcome], [
    0,
    "local",
    "stopped",
  ]);
  assertEquals(document.everyone?.before?.waiting_gens, 3);
  assertEquals(document.everyone?.after?.waiting_gens, 0);
  assertEquals(document.everyone?.all_users_after?.waiting_gens, 3);
  assertEquals(stage.server.counters.waiting_gens, 3);
  assertStringIncludes(err, 'This stops all work of user "local" on http://127.0.0.1:');
  assertStringIncludes(err, "it leaves 3 images of other users alone");
  await assertInterrupted(stage, tracked);
  assertEquals((await stage.status()).images.untracked, 3);
});

Deno.test("cancel --everyone without the permission to see says that it cannot confirm", async () => {
  await using stage = await slowStage();
  await using tracked = await begin(stage);
  stage.server.setPermissions("user");
  const { code, document, err } = await cancel(stage, ["--everyone", "--yes"]);
  assertEquals([code, document.everyone?.outcome, document.error?.code], [
    4,
    "not_confirmed",
    "unknown",
  ]);
  assertStringIncludes(err, "permission read_server_info_panels");
  await assertInterrupted(stage, tracked);
});

Deno.test("cancel without the permission to interrupt stops nothing and says so", async () => {
  await using stage = await slowStage();
  await using generating = await begin(stage);
  stage.server.setPermissions(["fundamental_generate_tab_access", "read_server_info_panels"]);
  for (const args of [[generating.id], ["--everyone", "--yes"]]) {
    const { code, document } = await cancel(stage, args);
    assertEquals([code, document.error?.code], [4, "refused"]);
    assertStringIncludes(document.error?.message ?? "", "permission basic_image_generation");
  }
  assertEquals(stage.server.counters.waiting_gens, 1);
  assertEquals((await cancel(stage, [])).document.cancelled[0]?.outcome, "not_allowed");
});

Deno.test("cancel of a generation of another user of the directory has no session to use", async () => {
  await using stage = await slowStage();
  await using generating = await begin(stage);
  const env = { ASSET_GENERATOR_STATE_DIR: `${stage.elsewhere}/other-user` };
  const { code, document } = await cancel(stage, [], { env });
  assertEquals([code, document.cancelled[0]?.outcome], [4, "no_session"]);
  assertEquals(document.cancelled[0]?.session_id, generating.id);
  assertEquals([stage.asked("InterruptAll"), stage.server.counters.waiting_gens], [0, 1]);
  const all = await cancel(stage, ["--all"], { env });
  assertEquals([all.code, all.document.cancelled], [0, []]);
  assertStringIncludes(all.err, "Not touched: 1 generation");
});

Deno.test("cancel of another server's generation names that server, and asks it nothing", async () => {
  await using stage = await slowStage();
  await using other = await openStage();
  await using generating = await begin(stage);
  const asked = stage.server.requests.length;
  const { code, document } = await cancel(stage, [generating.id], {
    env: { ASSET_GENERATOR_API_URL: other.server.url },
  });
  assertEquals([code, document.error?.code], [2, "usage"]);
  assertStringIncludes(document.error?.message ?? "", `--api-url ${stage.server.url})`);
  // The generation may ask its own questions at any time, but there must be no interrupt.
  assert(!stage.server.requests.slice(asked).some(({ route }) => route === "InterruptAll"));
});

Deno.test("cancel of a server that is gone ends with 5 and keeps the record", async () => {
  await using stage = await slowStage();
  await using generating = await begin(stage);
  await orphan(generating);
  await stage.server.stop({ isKilled: true });
  for (const args of [[], [generating.id], ["--all"], ["--everyone", "--yes"]]) {
    const { code, document } = await cancel(stage, args);
    assertEquals([code, document.error?.code], [5, "unreachable"]);
  }
  assertEquals(await stage.recordedIds(), [generating.id]);
});

Deno.test(
  "cancel says which Deno permission it needs",
  { ignore: HAS_OWN_PERMISSIONS },
  async () => {
    await using stage = await slowStage();
    await using _generating = await begin(stage);
    const permissions = ["--allow-read", "--allow-env"];
    const { code, document } = await cancel(stage, [], { permissions });
    assertEquals([code, document.error?.code], [4, "not_permitted"]);
    assertStringIncludes(document.error?.message ?? "", "--allow-net");
    assertEquals(stage.asked("InterruptAll"), 0);
  },
);
