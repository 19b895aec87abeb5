/**
 * The use cases and texts of the document that the project began with, exactly as written there.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { CliResult } from "../support/cli_process.ts";
import { hasCommand, installCommands, runBash, startBash } from "../support/shell.ts";
import { MODEL, openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";

const ignore = !hasCommand("bash") || !hasCommand("jq");

const RULE = "───────────────────────────────────────────────";

const WAIT_FOR_IDLE = `#!/bin/bash
# Wait until no generations are running

cd ~/my-project  # Important: be in the right directory!

while true; do
  running=$(asset-generator status --format json | jq '.generations_running')
  if [ "$running" -eq 0 ]; then
    echo "Server is idle"
    break
  fi
  echo "Server busy: $running generation(s)"
  sleep 10
done
`;

const JSON_FOR_SCRIPTS = `cd ~/my-project

# Get generation count
asset-generator status --format json | jq '.generations_running'

# Get active session details
asset-generator status --format json | jq '.active_generations[]'

# Check if any backends are running
asset-generator status --format json | jq '.backends[] | select(.status=="running")'
`;

/** A user at a shell, with `~/my-project` and the program on the PATH. */
interface Shell {
  start(text: string): Deno.ChildProcess;
  run(text: string): Promise<CliResult>;
}

async function openShell(stage: Stage): Promise<Shell> {
  const home = `${stage.elsewhere}/home`;
  await Deno.mkdir(`${home}/my-project`, { recursive: true });
  const about = { commands: await installCommands(home), apiUrl: stage.server.url };
  return { start: (text) => startBash(text, about), run: (text) => runBash(text, about) };
}

/** The section "Active Generations" of a status, to its end. */
function activeSection(text: string): string {
  return text.slice(text.indexOf("Active Generations\n"));
}

Deno.test("use case 1: monitor your own generation", { ignore }, async () => {
  await using stage = await openStage();
  const shell = await openShell(stage);
  const terminal1 = shell.run(`
    cd ~/my-project
    asset-generator generate image --prompt "complex scene" &
    wait $!
  `);
  await stage.untilWorking(1);
  await stage.clock.advance(200);
  const terminal2 = await shell.run(`
    cd ~/my-project
    asset-generator status
  `);
  await stage.finish();
  assertEquals((await terminal1).code, 0);
  assertEquals(terminal2.code, 0);
  assertMatch(
    activeSection(terminal2.out),
    new RegExp(
      `^Active Generations\n${RULE}\n {2}Generation 1:\n {4}Session ID: {4}gen-[0-9a-z]{8}\n` +
        " {4}Status: {8}(starting|generating)\n {4}Progress: {6}\\d+\\.\\d%\n {4}Duration: {6}(\\d+|0\\.\\d)s\n" +
        // What the original did not have is placed after what it had.
        "(?: {4}Remaining: {5}about \\d+s\n)? {4}Model: {9}tiny\\.safetensors\n$",
    ),
  );
});

Deno.test("use case 2: check if the server is busy", { ignore }, async () => {
  // A user who may see the backends, but neither counters nor queues: only the estimate is left.
  await using stage = await openStage({
    backends: [{ model: MODEL, title: "backend-1" }],
    permissions: ["view_backends_list"],
  });
  const shell = await openShell(stage);
  const { code, out } = await shell.run("cd ~/my-project\nasset-generator status\n");
  assertEquals(code, 0);
  assertStringIncludes(
    out,
    `
Backends
${RULE}
  • backend-1
    Type:          comfyui_selfstart
    Status:        running
    Model Loaded:  ${MODEL}
    GPU:           0

Active Generations
${RULE}
Estimated running: 1 (inferred from backend status)

Note: Generation details unavailable - check backend status above
      for more information about active processing.
`,
  );
});

Deno.test("use case 3: wait for idle", { ignore }, async () => {
  await using stage = await openStage();
  const shell = await openShell(stage);
  const generating = shell.run(`
    cd ~/my-project
    asset-generator generate image --prompt "complex scene" --batch 2
  `);
  await stage.untilWorking(2);
  const waiting = shell.start(WAIT_FOR_IDLE);
  const output = waiting.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await output.read()).value ?? "";
  // It has looked once, and must continue until the server is done.
  await stage.finish();
  assertEquals((await generating).code, 0);
  for (let next = await output.read(); !next.done; next = await output.read()) text += next.value;
  assertEquals(await new Response(waiting.stderr).text(), "");
  assertEquals((await waiting.status).code, 0);
  const lines = text.trimEnd().split("\n");
  assertEquals(lines.pop(), "Server is idle");
  assert(lines.length > 0);
  for (const line of lines) assertEquals(line, "Server busy: 1 generation(s)");
});

Deno.test("use case 4: JSON output for scripts", { ignore }, async () => {
  await using stage = await openStage();
  const shell = await openShell(stage);
  const generating = shell.run(`
    cd ~/my-project
    asset-generator generate image --prompt "complex scene"
  `);
  await stage.untilWorking(1);
  const busy = await shell.run(JSON_FOR_SCRIPTS);
  await stage.finish();
  await generating;
  const idle = await shell.run(JSON_FOR_SCRIPTS);

  assertEquals([busy.code, busy.err], [0, ""]);
  const [count, ...details] = busy.out.split("\n");
  assertEquals(count, "1");
  const session = JSON.parse(details.slice(0, details.indexOf("}") + 1).join("\n"));
  assertEquals(Object.keys(session).slice(0, 2), ["session_id", "status"]);
  const backend = JSON.parse(details.slice(details.indexOf("}") + 1).join("\n"));
  assertEquals([backend.id, backend.status, backend.model_loaded], [0, "running", MODEL]);

  assertEquals([idle.code, idle.err], [0, ""]);
  assertEquals(idle.out.split("\n").slice(0, 2), ["0", "{"]);
});

Deno.test("scenario 1: no generations running", async () => {
  await using stage = await openStage();
  assertEquals(
    activeSection(await stage.statusText()),
    `Active Generations\n${RULE}\nNo generations currently running\n`,
  );
});

Deno.test("scenario 4: no estimate where the server itself can tell", async () => {
  await using stage = await openStage();
  assertEquals((await stage.statusText()).includes("Estimated running"), false);
});
