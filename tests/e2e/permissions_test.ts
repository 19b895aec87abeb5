import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { runCli, SHIPPED_PERMISSIONS } from "../support/cli_process.ts";
import { hasCommand } from "../support/shell.ts";
import { openStage, REQUEST_TIMEOUT } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";

/** A source of evidence that did not answer for want of a permission, and the flag that it names. */
type Missing = readonly [source: string, flag: string];

/** A set of grants, and what `status` then says. */
interface Row {
  readonly name: string;
  readonly grants: readonly string[];
  readonly code: number;
  readonly verdict: string;
  /** What did not answer, and how its evidence and the text say to get it. */
  readonly missing: readonly Missing[];
}

const NET: Missing = ["global_status", "--allow-net="];
const DIRECTORY: Missing = ["directory", "--allow-read="];
const USER: Missing = ["user", "--allow-env="];

const ROWS: readonly Row[] = [
  { name: "none", grants: [], code: 4, verdict: "unknown", missing: [NET, DIRECTORY, USER] },
  {
    name: "net only",
    grants: ["--allow-net=127.0.0.1"],
    code: 0,
    verdict: "idle",
    missing: [DIRECTORY, USER],
  },
  {
    name: "read only",
    grants: ["--allow-read"],
    code: 4,
    verdict: "unknown",
    missing: [NET, USER],
  },
  {
    name: "net of another host",
    grants: ["--allow-net=localhost:9"],
    code: 4,
    verdict: "unknown",
    missing: [NET, DIRECTORY, USER],
  },
  { name: "all", grants: ["--allow-all"], code: 0, verdict: "idle", missing: [] },
  { name: "those shipped", grants: SHIPPED_PERMISSIONS, code: 0, verdict: "idle", missing: [] },
];

/** Without a permission for the environment, the stage's own time for an answer is not known. */
const PATIENT = ["--request-timeout", REQUEST_TIMEOUT];

function statusLine(stage: Stage, format: string): readonly string[] {
  return ["status", ...PATIENT, "--api-url", stage.server.url, "--format", format];
}

for (const { name, grants, code, verdict, missing } of ROWS) {
  Deno.test(`status answers with ${name} granted, and names what is not`, async () => {
    await using stage = await openStage();
    const options = { cwd: stage.here, env: stage.env, permissions: grants };
    const [json, table] = await Promise.all(
      ["json", "table"].map((format) => runCli(statusLine(stage, format), options)),
    );
    assert(json && table);
    assertEquals([json.code, table.code], [code, code]);
    assertEquals(json.err === "", code === 0, json.err);
    const status = readStatus(json.out);
    assertEquals(status.verdict, verdict);
    assertEquals(status.generations_running, verdict === "idle" ? 0 : null);
    const named = status.detection.tiers.filter(({ reason }) => reason === "permission");
    assertEquals(named.some(({ answered }) => answered), false);
    for (const [source, flag] of missing) {
      const needs = named.find((one) => one.source === source || one.scope === source)?.needs ?? "";
      assert(needs.startsWith(flag), `${source} needs "${needs}"`);
      assertStringIncludes(table.out, needs);
    }
    assertEquals(named.length === 0, missing.length === 0);
    assertNotMatch(json.err + table.err + table.out, /requests|Allow\?|\[y\/n/);
  });
}

/** `script` of util-linux runs a command on a terminal of its own and tells its exit code. */
const hasTerminal = Deno.build.os === "linux" && hasCommand("script");

Deno.test("status never prompts on a terminal, even where Deno might", {
  ignore: !hasTerminal,
}, async () => {
  await using stage = await openStage();
  const main = new URL("../../main.ts", import.meta.url).href;
  const line = [Deno.execPath(), "run", "--quiet", main, ...statusLine(stage, "table")].join(" ");
  const { code, stdout } = await new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", line, "/dev/null"],
    cwd: stage.here,
    env: { SHELL: "/bin/sh", RUST_BACKTRACE: "0" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 4);
  assertStringIncludes(text, "Not known whether a generation is running");
  assertStringIncludes(text, "--allow-net=");
  assertNotMatch(text, /Allow\?|\[y\/n/);
});

Deno.test("generate image says which permission it lacks, and sends nothing", async () => {
  await using stage = await openStage();
  const permissions = SHIPPED_PERMISSIONS.filter((flag) => !flag.startsWith("--allow-net"));
  const { code, out, err } = await stage.run(["generate", "image", "-p", "a cat"], { permissions });
  assertEquals([code, out], [4, ""]);
  assertStringIncludes(err, `--allow-net=${new URL(stage.server.url).host}`);
  assertEquals(err.split("\n").length, 2);
  assertEquals(stage.server.requests.length, 0);
});

Deno.test("generate image does its work with net alone, and warns of what nobody sees", async () => {
  await using stage = await openStage();
  await using generating = stage.generate([...PATIENT, "--api-url", stage.server.url], {
    permissions: ["--allow-net=127.0.0.1"],
  });
  await stage.untilWorking(1);
  await stage.finish();
  const { code, err } = await generating.end();
  assertEquals(code, 0);
  assertStringIncludes(err, "Warning: ");
  assertNotMatch(err, /Error|Allow\?/);
});

Deno.test("status --verbose says that its address is the default one, where none may be read", async () => {
  const said = "Asking at the default address: ASSET_GENERATOR_API_URL may not be read " +
    "(add '--allow-env=ASSET_GENERATOR_*', or give --api-url)";
  await using stage = await openStage();
  const options = { cwd: stage.here, permissions: [] };
  const verbose = await runCli(["status", "--verbose"], options);
  assertStringIncludes(verbose.err, `${said}\n`);
  for (const args of [["status"], ["status", "--verbose", "--api-url", stage.server.url]]) {
    assert(!(await runCli(args, options)).err.includes(said));
  }
});
