/** The program as a process, with the permissions that it is shipped with, or fewer. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/cli/command.ts";
import { runCli, startCli } from "../support/cli_process.ts";
import { fetchHere } from "../support/http_clients.ts";
import { withTempDir } from "../support/temp_dir.ts";
import { FORM, HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const isWindows = Deno.build.os === "windows";

Deno.test("the program prints its version and its help without any permission", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  const [version, help] = await Promise.all([
    runCli(["--version"], { permissions: [] }),
    runCli(["simulate", "--help"], { permissions: [] }),
  ]);
  assertEquals(version, {
    code: 0,
    out: `asset-generator ${VERSION} (${FORM}, Deno ${Deno.version.deno})\n`,
    err: "",
  });
  assertEquals([help.code, help.err], [0, ""]);
  assertStringIncludes(help.out, "EXAMPLES");
});

Deno.test("the program refuses invalid command lines with exit code 2 and one line", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  const { code, out, err } = await runCli(["simulate", "--port", "x", "-f", "yaml"], {
    permissions: [],
  });
  const message = 'Cannot use --port "x": expected a whole number from 0 to 65535';
  assertEquals([code, err], [2, `Error: ${message}\n`]);
  assertEquals(out, `error:\n  code: usage\n  message: ${JSON.stringify(message)}\n`);
});

Deno.test("the program reads settings from the environment", async () => {
  const { code, err } = await runCli(["simulate"], {
    env: { ASSET_GENERATOR_API_URL: "nonsense" },
  });
  assertEquals(code, 2);
  assertStringIncludes(err, 'Cannot use ASSET_GENERATOR_API_URL "nonsense"');
});

Deno.test("the program ends quietly when the reader of its output has gone", async () => {
  await using child = startCli(["--help"]);
  await child.closeOutput();
  assertEquals(await child.end(), { code: 0, out: "", err: "" });
});

Deno.test("--output writes the result to a file, and nothing to standard output", {
  ignore: HAS_OWN_PERMISSIONS,
}, async () => {
  await withTempDir(async (dir) => {
    const args = ["status", "--format", "json", "-o", "status.json"];
    const run = await runCli(args, {
      cwd: dir.path,
      permissions: ["--allow-read", "--allow-write"],
    });
    assertEquals([run.code, run.out], [4, ""]);
    const document: unknown = JSON.parse(await Deno.readTextFile(dir.join("status.json")));
    assertEquals(
      document instanceof Object && "verdict" in document && document.verdict,
      "unknown",
    );
    const refused = await runCli(args, { cwd: dir.path, permissions: ["--allow-read"] });
    assertEquals(refused.code, 4);
    assertStringIncludes(
      refused.err,
      'Cannot write "status.json": Deno does not allow it (add --allow-write=.)',
    );
  });
});

Deno.test(
  "simulate runs a server until it is told to stop",
  { ignore: HAS_OWN_PERMISSIONS },
  async () => {
    await using simulator = startCli(["simulate", "--port", "0"], {
      permissions: ["--allow-net=127.0.0.1"],
    });
    const line = await simulator.nextLine();
    assertMatch(line, /^Simulated SwarmUI at http:\/\/127\.0\.0\.1:\d+$/);
    const url = line.slice("Simulated SwarmUI at ".length);
    const response = await fetchHere(`${url}/API/GetNewSession`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const session: unknown = await response.json();
    assertEquals(session instanceof Object && "user_id" in session && session.user_id, "local");
    const port = url.slice(url.lastIndexOf(":") + 1);
    const second = await runCli(["simulate", "--port", port]);
    assertEquals([second.code, second.out], [1, ""]);
    assertEquals(
      second.err,
      `Error: Cannot listen on 127.0.0.1:${port}: the port is in use ` +
        "(choose another with --port; 0 takes any that is free)\n",
    );
    if (isWindows) return;
    simulator.process.kill("SIGINT");
    assertEquals(await simulator.end(), { code: 0, out: "", err: "Press Ctrl-C to stop\n" });
  },
);

Deno.test("simulate says which permission it needs", { ignore: HAS_OWN_PERMISSIONS }, async () => {
  const { code, out, err } = await runCli(["simulate", "-f", "json"], { permissions: [] });
  const message = "Cannot listen on 127.0.0.1:7801: Deno does not allow it " +
    "(add --allow-net=127.0.0.1:7801)";
  assertEquals([code, err], [4, `Error: ${message}\n`]);
  assertEquals(JSON.parse(out), { error: { code: "not_permitted", message } });
});
