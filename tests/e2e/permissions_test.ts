import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import { runCli } from "../support/cli_process.ts";
import { hasCommand } from "../support/shell.ts";
import {
  assertGrants,
  DIRECTORY,
  GRANT_SUBSETS,
  type Grants,
  NET,
  USER,
} from "../support/grants.ts";
import { openStage, REQUEST_TIMEOUT } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const ROWS: readonly Grants[] = [
  ...GRANT_SUBSETS,
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

/** Without permission for the environment, the time limit of the stage is not known. */
const PATIENT = ["--request-timeout", REQUEST_TIMEOUT];

function statusLine(stage: Stage, format: string): readonly string[] {
  return ["status", ...PATIENT, "--api-url", stage.server.url, "--format", format];
}

for (const row of ROWS) {
  Deno.test(`status answers with ${row.name} granted, and names what is not`, {
    ignore: HAS_OWN_PERMISSIONS,
  }, async () => {
    await using stage = await openStage();
    const options = { cwd: stage.here, env: stage.env, permissions: row.grants };
    const [json, table] = await Promise.all(
      ["json", "table"].map((format) => runCli(statusLine(stage, format), options)),
    );
    assert(json && table);
    assertGrants(row, json);
    assertEquals(table.code, row.code);
    for (const { reason, needs } of readStatus(json.out).detection.tiers) {
      if (reason === "permission" && needs) assertStringIncludes(table.out, needs);
    }
    assertNotMatch(table.err + table.out, /Deno requests|Allow\?|\[y\/n/);
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

Deno.test("generate image says which permission it lacks, and sends nothing", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  const permissions = SHIPPED_PERMISSIONS.filter((flag) => !flag.startsWith("--allow-net"));
  const { code, out, err } = await stage.run(["generate", "image", "-p", "a cat"], { permissions });
  assertEquals([code, out], [4, ""]);
  assertStringIncludes(err, `--allow-net=${new URL(stage.server.url).host}`);
  assertEquals(err.split("\n").length, 2);
  assertEquals(stage.server.requests.length, 0);
});

Deno.test("generate image does its work with net alone, and warns of what nobody sees", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
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

Deno.test("status --verbose says that its address is the default one, where none may be read", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
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
