import { assertEquals } from "@std/assert";
import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import {
  assertRow,
  block,
  IDLE,
  lookFrom,
  lookFromProcess,
  UNKNOWN_IMAGES,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";

const UNSEEN_REQUESTS = "work of other users and clients that has not reached ComfyUI";
const UNSEEN_JOBS = "interrupted work that still winds down, and jobs sent straight to ComfyUI";
const NOT_KNOWN = "Not known whether a generation is running";
const SERVER_INFO = "permission read_server_info_panels";
const DIRECT = "permission comfy_direct_calls";
const LIST = "permission view_backends_list";

/** Everything that a user without any right beyond generating is refused. */
const REFUSED_TO_USER = [
  "global_status: not_permitted",
  "comfy_queue: not_permitted",
  "backend_status: not_permitted",
  "resources: not_permitted",
];
/** What a plain user sees of a server on which it has no work of its own. */
const PLAIN: Row = {
  verdict: "unknown",
  number: null,
  basis: "none",
  images: UNKNOWN_IMAGES,
  comfyJobs: UNKNOWN_JOBS,
  silent: REFUSED_TO_USER,
  exits: [0, 4],
  text: [
    NOT_KNOWN,
    "",
    `Not visible: ${UNSEEN_REQUESTS}; ${UNSEEN_JOBS} (to see it: ${SERVER_INFO}, ${DIRECT}, ${LIST})`,
  ],
};
/** What a power user sees of a quiet server: ComfyUI's queues, not SwarmUI's counters. */
const POWER: Row = {
  verdict: "unknown",
  likely: "idle",
  number: null,
  basis: "none",
  images: UNKNOWN_IMAGES,
  comfyJobs: { remaining: 0, unattributed: null },
  silent: ["global_status: not_permitted", "resources: not_permitted"],
  exits: [0, 4],
  text: [NOT_KNOWN, "", `Not visible: ${UNSEEN_REQUESTS} (to see it: ${SERVER_INFO})`],
};

async function untilTwoJobs(stage: Stage): Promise<void> {
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
}

Deno.test("status does not know, for a plain user without an own run", async () => {
  await using stage = await openStage({ role: "user" });
  await assertRow(lookFrom(stage), PLAIN);
  await assertRow(lookFromProcess(stage), PLAIN);
  // Somebody else's work changes nothing: it cannot be seen.
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  await assertRow(lookFrom(stage), PLAIN);
});

Deno.test("status sees a plain user's own run, in any state, by its own session", async () => {
  await using stage = await openStage({ role: "user" });
  const [, empty = "", notVisible = ""] = PLAIN.text;
  const busy: Row = {
    ...PLAIN,
    verdict: "busy",
    number: 1,
    basis: "at_least",
    silent: REFUSED_TO_USER,
    active: ["generating, alive, working, directory user"],
    exits: [0, 8],
    text: [...block(1, "generating"), empty, notVisible],
  };
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  await assertRow(lookFrom(stage), busy);
  await assertRow(lookFrom(stage, { cwd: stage.elsewhere }), {
    ...busy,
    active: ["generating, alive, working, user"],
  });
  generating.process.kill("SIGKILL");
  await generating.end();
  const note = "orphaned: its process is gone, the server works on";
  await assertRow(lookFrom(stage), {
    ...busy,
    active: ["generating, gone, working, directory user, orphaned"],
    text: [...block(1, "generating", note), empty, notVisible],
  });
  await stage.finish();
  await assertRow(lookFrom(stage), PLAIN);
});

Deno.test("status of a power user sees what is in ComfyUI, and says likely idle without it", async () => {
  await using stage = await openStage({ role: "poweruser" });
  const here = lookFrom(stage);
  await assertRow(here, POWER);
  const [, empty = "", notVisible = ""] = POWER.text;
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  await untilTwoJobs(stage);
  const busy: Row = {
    ...POWER,
    verdict: "busy",
    likely: null,
    number: 1,
    basis: "at_least",
    comfyJobs: { remaining: 2, unattributed: null },
    exits: [0, 8],
  };
  const text = ["The server works; started elsewhere", empty, notVisible];
  await assertRow(here, { ...busy, text });
  await stage.finish();

  await using _own = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  await untilTwoJobs(stage);
  await untilRecorded(stage, "generating");
  await assertRow(here, {
    ...busy,
    active: ["generating, alive, working, directory user"],
    text: [...block(1, "generating"), empty, notVisible],
  });
});

Deno.test("status estimates where the list of backends is all that may be seen", async () => {
  await using stage = await openStage({ backends: 2, permissions: ["view_backends_list"] });
  await assertRow(lookFrom(stage), {
    ...PLAIN,
    number: 2,
    basis: "backend_status",
    silent: [
      "global_status: not_permitted",
      "comfy_queue: not_permitted",
      "models: not_permitted",
      "resources: not_permitted",
    ],
    text: [
      "Estimated running: 2 (inferred from backend status)",
      "",
      "Note: Generation details unavailable - check backend status above",
      "      for more information about active processing.",
      "",
      `Not visible: ${UNSEEN_REQUESTS}; ${UNSEEN_JOBS} ` +
      `(to see it: ${SERVER_INFO}, ${DIRECT}, permission fundamental_model_access)`,
    ],
  });
});

Deno.test("status says idle by the counters alone to whom ComfyUI's queues are denied", async () => {
  await using stage = await openStage({
    permissions: ["read_server_info_panels", "fundamental_model_access"],
  });
  const idle: Row = {
    ...IDLE,
    basis: "at_least",
    comfyJobs: UNKNOWN_JOBS,
    silent: ["comfy_queue: not_permitted", "backend_status: not_permitted"],
    text: [...IDLE.text, "", `Not visible: ${UNSEEN_JOBS} (to see it: ${DIRECT}, ${LIST})`],
  };
  await assertRow(lookFrom(stage), idle);
  stage.server.setPermissions([
    "read_server_info_panels",
    "fundamental_model_access",
    "view_backends_list",
  ]);
  await assertRow(lookFrom(stage), {
    ...idle,
    silent: ["comfy_queue: not_permitted"],
    text: [...IDLE.text, "", `Not visible: ${UNSEEN_JOBS} (to see it: ${DIRECT})`],
  });
});

Deno.test("status does not say idle where only one backend's queue can be asked", async () => {
  await using stage = await openStage({
    backends: 2,
    permissions: ["read_server_info_panels", "fundamental_model_access", "comfy_direct_calls"],
  });
  const unknown: Row = {
    ...IDLE,
    verdict: "unknown",
    number: null,
    basis: "none",
    comfyJobs: UNKNOWN_JOBS,
    silent: ["backend_status: not_permitted"],
    exits: [0, 4],
    text: [NOT_KNOWN, "", `Not visible: ${UNSEEN_JOBS} (to see it: ${LIST})`],
  };
  await assertRow(lookFrom(stage), unknown);
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const [, ...footer] = unknown.text;
  await assertRow(lookFrom(stage), {
    ...unknown,
    verdict: "busy",
    number: 1,
    basis: "at_least",
    exits: [0, 8],
    text: ["The server works; started elsewhere", ...footer],
  });
});

for (const [form, redirectsErrors] of [["an error", false], ["a redirect", true]] as const) {
  Deno.test(`status of a server without GetGlobalStatus, told by ${form}, never says idle`, async () => {
    await using stage = await openStage({ hasGlobalStatus: false, redirectsErrors });
    const here = lookFrom(stage);
    const text = [NOT_KNOWN, "", `Not visible: ${UNSEEN_REQUESTS}`];
    const silent = ["global_status: not_supported"];
    await assertRow(here, { ...POWER, silent, text });
    await using _own = generateHere(["--batch", "2"], { stage });
    await stage.untilWorking(2);
    await untilTwoJobs(stage);
    await untilRecorded(stage, "generating");
    await assertRow(here, {
      ...POWER,
      verdict: "busy",
      likely: null,
      number: 1,
      basis: "at_least",
      comfyJobs: { remaining: 2, unattributed: null },
      active: ["generating, alive, working, directory user"],
      silent,
      exits: [0, 8],
      text: [...block(1, "generating"), "", `Not visible: ${UNSEEN_REQUESTS}`],
    });
  });
}

Deno.test("status takes a right that is granted or lost at once, with the session it has", async () => {
  await using stage = await openStage();
  const here = lookFrom(stage);
  await assertRow(here, IDLE);
  stage.server.setPermissions("user");
  await assertRow(here, PLAIN);
  stage.server.setPermissions("poweruser");
  await assertRow(here, POWER);
  stage.server.setPermissions("owner");
  await assertRow(here, IDLE);
  assertEquals(stage.asked("GetNewSession"), 1);
});

Deno.test("status keeps a session for each login, with what that login may see", async () => {
  await using stage = await openStage({
    accounts: [{ name: "alice", role: "user" }, { name: "bob", role: "admin" }],
  });
  function lookAs(name: string): ReturnType<typeof lookFrom> {
    const token = stage.server.tokenOf(name) ?? "";
    return lookFrom(stage, { env: { ASSET_GENERATOR_TOKEN: token } });
  }
  for (const _round of [1, 2]) {
    await assertRow(lookAs("alice"), PLAIN);
    await assertRow(lookAs("bob"), IDLE);
  }
  assertEquals(stage.asked("GetNewSession"), 2);
  // Without a login nothing is said, and nothing of the others' sessions is used.
  const refused = "everything on the server";
  await assertRow(lookFrom(stage), {
    ...PLAIN,
    silent: [
      "global_status: refused",
      "comfy_queue: refused",
      "backend_status: refused",
      "models: refused",
      "resources: refused",
    ],
    exits: [4, 4],
    error: "refused",
    text: [NOT_KNOWN, "", `Not visible: ${refused}`],
  });
});

Deno.test("status does not know behind a header lock that it has no key for", async () => {
  await using stage = await openStage({ requiredAuthorization: "Bearer sesame" });
  await assertRow(lookFrom(stage, { env: { ASSET_GENERATOR_API_KEY: "sesame" } }), IDLE);
  await assertRow(lookFrom(stage), {
    ...PLAIN,
    silent: [
      "global_status: refused",
      "comfy_queue: refused",
      "backend_status: refused",
      "models: refused",
      "resources: refused",
    ],
    exits: [4, 4],
    error: "refused",
    text: [NOT_KNOWN, "", "Not visible: everything on the server"],
  });
});
