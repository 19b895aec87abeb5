/**
 * Samplers, schedulers, backends and presets: what is listed, and what is said if the list is
 * empty.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { fetchHere } from "../../support/http_clients.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

async function lines(stage: Stage, line: string): Promise<readonly string[]> {
  const { code, out, err } = await runHere(line.split(" "), { stage });
  assertEquals([code, err], [0, ""], line);
  return out.split("\n").slice(0, -1);
}

/** Calls a route of the stage's server as SwarmUI's web page does. */
async function call(stage: Stage, route: string, body: object): Promise<void> {
  const ask = async (name: string, sent: object): Promise<unknown> => {
    const response = await fetchHere(`${stage.server.url}/API/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(sent),
    });
    return await response.json();
  };
  const { session_id } = Object(await ask("GetNewSession", {}));
  assertEquals(await ask(route, { session_id, ...body }), { success: true });
}

Deno.test("samplers list and schedulers list name what generate image takes", async () => {
  await using stage = await openStage();
  assertEquals((await lines(stage, "samplers list")).slice(0, 2), [
    "euler\tEuler",
    "euler_ancestral\tEuler Ancestral (Randomizing)",
  ]);
  assertEquals(await lines(stage, "schedulers list -q --limit 2"), ["normal", "karras"]);
  assertEquals(await lines(stage, "samplers list --get values.0.name"), ["euler"]);
  assertEquals(await lines(stage, "schedulers list --get parameter"), ["scheduler"]);
});

Deno.test("backends list says what each backend is and has loaded", async () => {
  await using stage = await openStage({
    models: [{ name: "tiny.safetensors" }],
    backends: [
      { title: "left", model: "tiny.safetensors" },
      { type: "auto_webui_api", status: "errored" },
    ],
  });
  assertEquals(await lines(stage, "backends list --headings"), [
    "ID\tSTATUS\tMODEL\tUSED\tTITLE\tTYPE\tGPU",
    "0\trunning\ttiny.safetensors\t\tleft\tcomfyui_selfstart\t0",
    "1\terrored\t\t\t\tauto_webui_api\t",
  ]);
  assertEquals(await lines(stage, "backends list --quiet"), ["0", "1"]);
  assertEquals(await lines(stage, "backends list --get backends[].enabled"), ["true", "true"]);
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 40 });
  await runHere(["backends", "list"], { stage, terminal });
  assertEquals(
    terminal.outText,
    [
      "ID  STATUS   MODEL             USED\n",
      "0   running  tiny.safetensors\n",
      "1   errored\n",
    ].join(""),
  );
});

Deno.test("presets list says what each preset sets", async () => {
  await using stage = await openStage();
  const empty = await runHere(["presets", "list"], { stage });
  assertEquals(empty, {
    code: 0,
    out: "",
    err: `This user has no presets on ${stage.server.url} (make one on its page, under Presets)\n`,
  });
  const param_map = { steps: "3", prompt: "ink of {value}\n\u001B[2J" };
  await call(stage, "AddNewPreset", { title: "Ink style", description: "d", param_map });
  assertEquals(await lines(stage, "presets list"), [
    "Ink style\td\tsteps=3 prompt=ink of {value}\\u{A}\\u{1B}[2J",
  ]);
  assertEquals(await lines(stage, "presets list -q"), ["Ink style"]);
  const { out } = await runHere(["presets", "list", "-f", "json"], { stage });
  assertEquals(JSON.parse(out), {
    schema_version: 1,
    server_url: stage.server.url,
    presets: [{
      title: "Ink style",
      description: "d",
      author: "local",
      starred: false,
      parameters: param_map,
    }],
    total: 1,
    error: null,
  });
});

Deno.test("a server without backends, or without ComfyUI, is reported in sentences", async () => {
  await using stage = await openStage({ backends: [] });
  const { code, out, err } = await runHere(["backends", "list"], { stage });
  assertEquals([code, out], [0, ""]);
  assertMatch(err, /^http:\S+ has no backends \(add one on its page, under Server, Backends\)\n$/);
});
