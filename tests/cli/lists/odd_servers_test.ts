/** Lists of servers that do not answer like the present SwarmUI: older ones, and broken ones. */
import { assertEquals, assertMatch } from "@std/assert";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

/** Makes a route answer something for as long as the test runs. */
function answer(stage: Stage, route: string, body: Readonly<Record<string, unknown>>): void {
  stage.server.fault({ route, kind: "json", body, times: Infinity });
}

Deno.test("an older server names models as plain texts, and without their ending", async () => {
  await using stage = await openStage();
  const models = { "Stable-Diffusion": ["tiny", "cut off.ckpt"], LoRA: ["ink"] };
  answer(stage, "ListT2IParams", { list: [], models });
  const { out } = await runHere(["models", "list", "-f", "json"], { stage });
  const { models: listed, named_only } = JSON.parse(out);
  assertEquals(
    [listed.map(({ name }: { name: string }) => name), named_only],
    [["cut off.ckpt", "tiny.safetensors"], 1],
  );
});

Deno.test("an older server reports less of each model", async () => {
  await using stage = await openStage();
  answer(stage, "ListModels", { folders: [], files: [{ name: "old.ckpt", loaded: true }] });
  answer(stage, "ListT2IParams", { list: [], models: { "Stable-Diffusion": ["old.ckpt"] } });
  const { code, out, err } = await runHere(["models", "list"], { stage });
  assertEquals([code, out, err], [0, "old.ckpt\tyes\t\t\t\n", ""]);
});

Deno.test("an older server has no presets, and one without ComfyUI names no samplers", async () => {
  await using stage = await openStage();
  answer(stage, "GetMyUserData", { user_name: "local" });
  answer(stage, "ListT2IParams", { list: [{ id: "steps" }], models: {} });
  const presets = await runHere(["presets", "list"], { stage });
  assertEquals([presets.code, presets.err], [
    1,
    `Error: Cannot list the presets of ${stage.server.url}: this server has no presets ` +
    "(a newer SwarmUI has)\n",
  ]);
  const samplers = await runHere(["samplers", "list"], { stage });
  assertEquals([samplers.code, samplers.err], [
    1,
    `Error: Cannot list the samplers of ${stage.server.url}: the server names none ` +
    "(is its ComfyUI extension switched off?)\n",
  ]);
});

Deno.test("answers of another form are refused by name, and nothing is listed", async () => {
  await using stage = await openStage();
  const bodies: readonly (readonly [command: string, route: string, body: object])[] = [
    ["models list", "ListModels", {}],
    ["models list", "ListModels", { files: [{ title: "no name" }] }],
    ["models list", "ListModels", { files: [{ name: 7, loaded: true }] }],
    ["samplers list", "ListT2IParams", { list: {}, models: {} }],
    ["schedulers list", "ListT2IParams", { list: [], models: [] }],
    ["models get tiny", "DescribeModel", { model: 7 }],
    ["presets list", "GetMyUserData", { presets: "none" }],
    ["backends list", "ListBackends", { 0: { type: 7 } }],
  ];
  for (const [command, route, body] of bodies) {
    stage.server.clearFaults();
    answer(stage, route, { ...body });
    const { code, out, err } = await runHere(command.split(" "), { stage });
    assertEquals([code, out], [5, ""], `${command} ${JSON.stringify(body)}: ${err}`);
    assertMatch(err, /^Error: Cannot [^\n]+: the answer has an unexpected shape: [^\n]+\n$/);
  }
});

Deno.test("values in another shape than a list of words are left out, one by one", async () => {
  await using stage = await openStage();
  const sampler = { id: "sampler", values: ["euler", 7, "", "lcm"], value_names: ["Euler"] };
  answer(stage, "ListT2IParams", { list: [null, 3, sampler], models: {} });
  const { out } = await runHere(["samplers", "list"], { stage });
  assertEquals(out, "euler\tEuler\nlcm\t\n");
});
