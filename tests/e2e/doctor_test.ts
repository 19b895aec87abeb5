/** `doctor` as a process, with all, some and none of Deno's permissions. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CliResult } from "../support/cli_process.ts";
import { doctorReader, idsIn } from "../support/doctor_json.ts";
import { openStage, REQUEST_TIMEOUT } from "../support/stage.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const readDoctor = await doctorReader();

const DIRECTORIES = ["state_directory", "user_directory"];

Deno.test("doctor names the grant for all that Deno does not allow", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  const { port } = new URL(stage.server.url);
  const net = `--allow-net=127.0.0.1:${port}`;
  async function run(...permissions: readonly string[]): Promise<CliResult> {
    // Without permission for the environment, the time limit of the stage is not known.
    const patient = ["--request-timeout", REQUEST_TIMEOUT];
    const args = ["doctor", "--format", "json", "--api-url", stage.server.url, ...patient];
    return await stage.run(args, { permissions });
  }
  const [none, netOnly, readOnly] = await Promise.all([
    run(),
    run(net),
    run("--allow-read", "--allow-env=ASSET_GENERATOR_*"),
  ]);

  const nothing = readDoctor(none.out);
  assertEquals([none.code, nothing.certain, nothing.error?.code], [4, false, "not_permitted"]);
  assertEquals(idsIn(nothing, "ok"), ["proxy"]);
  const advice = new Map(nothing.checks.map(({ id, advice }) => [id, advice]));
  assertEquals(advice.get("net_permission"), `add ${net}`);
  assertEquals(advice.get("environment"), "add '--allow-env=ASSET_GENERATOR_*'");
  assertEquals(advice.get("hostname"), "add --allow-sys=hostname");
  assertEquals(advice.get("state_directory"), "add --allow-read=. --allow-write=.");
  assertEquals(advice.get("directory_records"), "add --allow-read=.");

  const connected = readDoctor(netOnly.out);
  assertEquals([netOnly.code, netOnly.err, connected.certain], [0, "", true]);
  assertEquals(idsIn(connected, "missing"), [
    "environment",
    "hostname",
    ...DIRECTORIES,
    "directory_records",
    "user_records",
  ]);
  assertEquals(idsIn(connected, "warning"), ["session", "blind_spots"]);

  const blind = readDoctor(readOnly.out);
  assertEquals([readOnly.code, blind.certain], [4, false]);
  assertEquals(idsIn(blind, "missing"), ["net_permission", "hostname", ...DIRECTORIES, "verdict"]);
  const directory = blind.checks.find(({ id }) => id === "state_directory");
  assertStringIncludes(directory?.found ?? "", "Deno may read but not write");
  assertEquals(await Array.fromAsync(Deno.readDir(stage.here)), []);
});

Deno.test("doctor finds the orphan of a killed process with the shipped permissions", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  generating.process.kill("SIGKILL");
  await generating.end();
  const { code, out } = await stage.run(["doctor", "--format", "json"]);
  const document = readDoctor(out);
  assertEquals([code, document.certain], [0, true]);
  const [id = ""] = await stage.recordedIds();
  const ghosts = document.checks.find((check) => check.id === "ghosts");
  assertEquals(
    [ghosts?.state, ghosts?.found, ghosts?.advice],
    ["warning", `${id}: the process is gone, but the server is still working`, "cancel stops it"],
  );
  assertEquals(idsIn(document, "not_checked").filter((each) => each !== "clock"), []);
  await stage.finish();
});

Deno.test("doctor exits with 5 where nothing answers, and makes no state directory", async () => {
  await using stage = await openStage();
  await stage.server.stop({ isKilled: true });
  const { code, out, err } = await stage.run(["doctor"]);
  assertEquals(code, 5);
  assertStringIncludes(
    out,
    `  ok       Files in the user's state directory can be written, renamed and read: ` +
      `${stage.stateDirectory}, which is made when it is first needed\n`,
  );
  assertStringIncludes(
    out,
    "  missing  The verdict cannot be certain: the server does not answer;",
  );
  assertStringIncludes(err, `Error: Cannot reach ${stage.server.url}: `);
  assertEquals(await Array.fromAsync(Deno.readDir(stage.here)), []);
});
