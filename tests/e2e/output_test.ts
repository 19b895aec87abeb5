import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { loadSchema } from "../support/json_schema.ts";
import { hasCommand, installCommands, runBash } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { readFailure, readGenerate, readStatus } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

/** `script` of util-linux runs a command on a terminal of its own. */
const hasTerminal = Deno.build.os === "linux" && hasCommand("script");

Deno.test("status ends quietly if its reader has gone before it writes", {
  ignore: !hasCommand("bash"),
}, async () => {
  await using stage = await openStage();
  const commands = await installCommands(stage.elsewhere);
  for (const format of ["table", "json"]) {
    const { code, out, err } = await runBash(
      `asset-generator status --format ${format} | :; exit "\${PIPESTATUS[0]}"`,
      { commands, apiUrl: stage.server.url },
    );
    assertEquals([code, out, err], [0, "", ""]);
  }
});

Deno.test("status | head -1 gives one line and no complaint", {
  ignore: !hasCommand("bash"),
}, async () => {
  await using stage = await openStage();
  const commands = await installCommands(stage.elsewhere);
  const { code, out, err } = await runBash(
    'asset-generator status | head -1; exit "${PIPESTATUS[0]}"',
    { commands, apiUrl: stage.server.url },
  );
  assertEquals([code, out, err], [0, "Idle\n", ""]);
});

Deno.test("status says the same as JSON, as YAML and as text", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  const [json, yaml, table] = await Promise.all(
    ["json", "yaml", "table"].map((format) => stage.run(["status", "-f", format])),
  );
  assert(json && yaml && table);
  const status = readStatus(json.out);
  const fromYaml = readStatus(JSON.stringify(parse(yaml.out)));
  assertEquals(Object.keys(fromYaml), Object.keys(status));
  assertEquals(
    fromYaml.active_generations[0]?.session_id,
    status.active_generations[0]?.session_id,
  );
  assertEquals(fromYaml.images, status.images);
  assertStringIncludes(table.out, `Session ID:    ${status.active_generations[0]?.session_id}\n`);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
});

Deno.test("status --output writes the file and nothing else", async () => {
  await using stage = await openStage();
  const { code, out, err } = await stage.run(["status", "-f", "json", "--output", "status.json"]);
  assertEquals([code, out, err], [0, "", ""]);
  assertEquals(readStatus(await Deno.readTextFile(`${stage.here}/status.json`)).verdict, "idle");
  const names = [];
  for await (const { name } of Deno.readDir(stage.here)) names.push(name);
  assertEquals(names, ["status.json"]);
});

Deno.test("status --output never lets a reader see half a file", async () => {
  await using stage = await openStage();
  const file = `${stage.here}/status.json`;
  await stage.run(["status", "-f", "json", "-o", file]);
  let writers = 4;
  const written = Promise.all(Array.from({ length: writers }, async () => {
    assertEquals((await stage.run(["status", "-f", "json", "-o", file])).code, 0);
    writers--;
  }));
  await waitFor(async () => {
    readStatus(await Deno.readTextFile(file));
    return writers === 0;
  }, { what: "all writers to end", intervalMs: 1 });
  await written;
});

Deno.test("--quiet and --verbose change stderr alone", async () => {
  await using stage = await openStage();
  const [normal, quiet, verbose] = await Promise.all(
    [[], ["--quiet"], ["--verbose"]].map((more) => stage.run(["status", "-f", "json", ...more])),
  );
  assert(normal && quiet && verbose);
  assertEquals([normal.err, quiet.err], ["", ""]);
  assertMatch(verbose.err, /^SwarmUI's counters: .+ \(\d+ ms\)$/m);
  for (const { code, out } of [normal, quiet, verbose]) {
    assertEquals([code, readStatus(out).verdict], [0, "idle"]);
  }
});

Deno.test("generate image shows progress as NDJSON on stderr if asked to", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2", "--progress", "json"]);
  await stage.untilWorking(2);
  await stage.finish();
  const { code, out, err } = await generating.end();
  assertEquals([code, readGenerate(out).images_done], [0, 2]);
  const lines = err.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(lines.length > 0);
  const validate = await loadSchema("progress.v1.json");
  for (const line of lines) {
    assertEquals(validate(line), []);
    assertEquals([line.session_id, line.images_total], [readGenerate(out).session_id, 2]);
    assert(line.progress >= 0 && line.progress <= 1);
  }
});

Deno.test("colour is used only on terminals, and not with NO_COLOR or --no-color", {
  ignore: !hasTerminal,
}, async () => {
  await using stage = await openStage();
  const { path } = await installCommands(stage.elsewhere);
  async function onTerminal(line: string, env: Readonly<Record<string, string>>): Promise<string> {
    const { stdout } = await new Deno.Command("script", {
      args: ["--quiet", "--command", `${path}/asset-generator ${line}`, "/dev/null"],
      cwd: stage.here,
      env: { SHELL: "/bin/sh", TERM: "xterm", ...env },
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  }
  const failing = "generate image";
  const [colored, byVariable, byOption, dumb, forced] = await Promise.all([
    onTerminal(failing, { NO_COLOR: "" }),
    onTerminal(failing, { NO_COLOR: "1", CLICOLOR_FORCE: "1" }),
    onTerminal(`${failing} --no-color`, { NO_COLOR: "", CLICOLOR_FORCE: "1" }),
    onTerminal(failing, { NO_COLOR: "", TERM: "dumb" }),
    onTerminal(failing, { NO_COLOR: "", TERM: "dumb", CLICOLOR_FORCE: "1" }),
  ]);
  for (const text of [colored, forced]) {
    assertStringIncludes(text, "\x1b[31mError:\x1b[39m Cannot generate without a prompt");
  }
  for (const text of [byVariable, byOption, dumb]) {
    assertStringIncludes(text, "Error: Cannot generate without a prompt");
    assertEquals(text.includes("\x1b"), false);
  }
  const piped = await stage.run(["generate", "image"], { env: { NO_COLOR: "" } });
  assertEquals(piped.err.includes("\x1b"), false);
  const env = { NO_COLOR: "", CLICOLOR_FORCE: "1" };
  assertStringIncludes((await stage.run(["generate", "image"], { env })).err, "\x1b[31mError:");
});

Deno.test("global options work before and behind the command", async () => {
  await using stage = await openStage();
  const env = { ASSET_GENERATOR_API_URL: "http://127.0.0.1:9" };
  const url = stage.server.url;
  const lines = [
    ["--api-url", url, "--format", "json", "status"],
    ["--api-url", url, "status", "--format", "json"],
    ["status", "--api-url", url, "--format", "json"],
    [`--api-url=${url}`, "-f=json", "-q", "status"],
  ];
  for (const { code, out } of await Promise.all(lines.map((line) => stage.run(line, { env })))) {
    assertEquals([code, readStatus(out).status], [0, "online"]);
  }
});

Deno.test("status --output exits with 1 if there is no room", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using stage = await openStage();
  const { code, out, err } = await stage.run(["status", "--output", "/dev/full", "-f", "json"]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'Error: Cannot write "/dev/full": ');
  assertEquals(readFailure(out).code, "failed");
});

Deno.test("generate image writes no escape with TERM=dumb", {
  ignore: !hasTerminal,
}, async () => {
  await using stage = await openStage();
  const { path } = await installCommands(stage.elsewhere);
  async function onDumbTerminal(line: string): Promise<Deno.CommandOutput> {
    return await new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", `${path}/asset-generator ${line}`, "/dev/null"],
      cwd: stage.here,
      env: { ...stage.env, SHELL: "/bin/sh", TERM: "dumb", NO_COLOR: "" },
      stdin: "null",
    }).output();
  }
  const generating = onDumbTerminal("generate image -p 'a cat' --progress bar");
  await stage.untilWorking(1);
  await stage.finish();
  const { code, stdout } = await generating;
  const text = new TextDecoder().decode(stdout);
  assertEquals([code, text.includes("\x1b")], [0, false], text);
  assertStringIncludes(text, " · image 1 of 1 · ");
  assertMatch(text, /█ 100\.0% · image 1 of 1 · \d+s elapsed\r?\n/);
});
