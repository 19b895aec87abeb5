import { assertEquals } from "@std/assert";
import { runProgram } from "../../../src/cli/program.ts";
import type { ServerDoor } from "../../../src/doctor/door.ts";
import type { DirectoryTrial, RecordPlaces } from "../../../src/doctor/places.ts";
import { doctorReader } from "../../support/doctor_json.ts";
import { FakeOwnerLocks } from "../../support/fake_owner_locks.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { FakeSwarmServer } from "../../support/fake_swarm_server.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { CLEAN_PLACES, sampleFacts } from "../../support/sample_facts.ts";
import { testContext } from "../../support/test_context.ts";
import type { TestContext } from "../../support/test_context.ts";
import { waitFor } from "../../support/wait_for.ts";

const { stateDirectory, userDirectory, probe, keptSession } = sampleFacts();

const DOOR: ServerDoor = {
  probe: () => Promise.resolve(probe),
  keptSession: () => Promise.resolve(keptSession),
};

function world(
  places: Partial<RecordPlaces>,
  env: Readonly<Record<string, string>> = {},
  server = new FakeSwarmServer(),
): TestContext & { readonly clock: ManualClock } {
  const clock = new ManualClock();
  const all: RecordPlaces = {
    stateFile: "/data/state.json",
    userDirectory: "/state",
    tryStateDirectory: () => Promise.resolve(stateDirectory),
    tryUserDirectory: () => Promise.resolve(userDirectory),
    look: () => Promise.resolve(CLEAN_PLACES),
    ...places,
  };
  const context = testContext({
    clock,
    env,
    adapters: {
      stores: () => Promise.resolve([new FakeStore("directory"), new FakeStore("user")]),
      ownerLocks: () => Promise.resolve(new FakeOwnerLocks()),
      swarmServer: () => Promise.resolve(server),
      doctor: () => Promise.resolve({ places: all, door: DOOR }),
    },
  });
  return { ...context, clock };
}

async function foundBy(context: TestContext): Promise<ReadonlyMap<string, string>> {
  const readDoctor = await doctorReader();
  const { checks } = readDoctor(context.terminal.outText);
  return new Map(checks.map(({ id, state, found }) => [id, `${state}: ${found}`]));
}

Deno.test("doctor waits for no file system that hangs, and checks the rest", async () => {
  const context = world({
    tryUserDirectory: () => new Promise<DirectoryTrial>(() => {}),
    look: () => new Promise(() => {}),
  });
  let code: number | null = null;
  const ended = runProgram(["doctor", "--format", "json"], context).then((it) => code = it);
  await waitFor(async () => {
    await context.clock.advance(1_000);
    return code !== null;
  }, { what: "the end", intervalMs: 0 });
  assertEquals(await ended, 0);
  const found = await foundBy(context);
  assertEquals(
    found.get("user_directory"),
    "warning: The user's state directory cannot be used: no answer in 5 s: /state",
  );
  assertEquals(found.get("leftovers"), "not_checked: What killed processes left behind");
  assertEquals(found.get("state_locks"), "ok: Locks work in the state file's directory");
});

Deno.test("doctor says where credentials come from, never what they are", async () => {
  const context = world({}, { ASSET_GENERATOR_TOKEN: "secret-token" });
  assertEquals(
    await runProgram(["doctor", "-f", "json", "--api-key", "secret-key"], context),
    0,
  );
  const found = await foundBy(context);
  assertEquals(
    found.get("login"),
    "ok: The server accepts the API key of --api-key and the token of ASSET_GENERATOR_TOKEN; " +
      'its user is "local"',
  );
  assertEquals(/secret/.test(context.terminal.outText + context.terminal.errText), false);
});

Deno.test("doctor sees a proxy in the variables, and takes an empty one for none", async () => {
  const doctor = ["doctor", "-f", "json"];
  const server = new FakeSwarmServer({ url: "https://127.0.0.1:7801" });
  const proxied = world({}, { https_proxy: "http://user:secret@proxy:1" }, server);
  await runProgram(doctor, proxied);
  const found = (await foundBy(proxied)).get("proxy") ?? "";
  assertEquals([found.slice(0, 29), /secret/.test(found)], [
    "warning: https_proxy is set, ",
    false,
  ]);
  const empty = world({}, { HTTPS_PROXY: "" }, server);
  await runProgram(doctor, empty);
  assertEquals(
    (await foundBy(empty)).get("proxy"),
    "ok: There is no proxy before the server on this machine",
  );
});
