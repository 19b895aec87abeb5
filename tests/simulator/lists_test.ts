/** Lists of presets, parameters and types, and what requests make of them (`swarmui-protocol.md §20.9`). */
import { assert, assertEquals } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { bench } from "./client.ts";
import { isObject, type JsonObject } from "./transcript.ts";

function imagesOf(body: JsonObject): readonly unknown[] {
  return Array.isArray(body.images) ? body.images : [];
}

Deno.test("GetMyUserData lists the presets; they are found in any case and take the prompt in", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const param_map = { steps: "3", prompt: "ink of {value}" };
  await b.call("AddNewPreset", { session_id, title: "Ink style", description: "d", param_map });
  const { body } = await b.call("GetMyUserData", { session_id });
  assertEquals(body.presets, [{
    author: "local",
    title: "Ink style",
    description: "d",
    preview_image: "imgs/model_placeholder.jpg",
    is_starred: false,
    param_map,
  }]);
  const presets = ["ink STYLE", "no such"];
  const running = await b.begin({ session_id, prompt: "a cat", presets });
  const [image] = imagesOf((await b.settle(running.answer)).body);
  assert(String(image).endsWith("-ink of a cat-tiny.png"), String(image));
});

Deno.test("ListT2IParams has what was recorded of each parameter, and their groups", async () => {
  await using b = await bench();
  const { body } = await b.call("ListT2IParams", { session_id: await b.session() });
  const list = Array.isArray(body.list) ? body.list.filter(isObject) : [];
  const cfg = list.find(({ id }) => id === "cfgscale") ?? {};
  assertEquals([cfg.view_max, cfg.step, cfg.view_type, cfg.group], [
    20,
    0.5,
    "slider",
    "coreparameters",
  ]);
  const groups = Array.isArray(body.groups) ? body.groups.filter(isObject).map(({ id }) => id) : [];
  const used = new Set(list.map(({ group }) => group).filter((group) => group !== null));
  assertEquals([...used].filter((group) => !groups.includes(group)), []);
});

Deno.test("ListBackendTypes names the settings of each type", async () => {
  await using b = await bench();
  const { body } = await b.call("ListBackendTypes", { session_id: await b.session() });
  const types = Array.isArray(body.list) ? body.list.filter(isObject) : [];
  const names = types.map(({ id, settings }) => [id, Array.isArray(settings) && settings.length]);
  assertEquals(names.slice(0, 3), [
    ["comfyui_selfstart", 8],
    ["comfyui_api", 4],
    ["swarmswarmbackend", 7],
  ]);
});

Deno.test("ComfyUI describes its machine and its nodes through SwarmUI", async () => {
  await using b = await bench();
  const ask = async (path: string): Promise<unknown> =>
    await (await fetchHere(`${b.simulator.url}/ComfyBackendDirect/${path}`)).json();
  const stats = Object(await ask("system_stats"));
  assertEquals([stats.system.os, stats.devices.length], ["posix", 1]);
  const nodes = Object(await ask("object_info"));
  assertEquals(nodes.CheckpointLoaderSimple.input.required.ckpt_name, [
    ["other/second.safetensors", "tiny.safetensors"],
  ]);
});

Deno.test("LoRA weights that are not numbers fail when the image is made", async () => {
  await using b = await bench({ loras: ["ink.safetensors"] });
  const session_id = await b.session();
  const ask = async (loraweights: readonly string[]): Promise<JsonObject> => {
    const running = await b.begin({ session_id, loras: ["ink"], loraweights });
    return (await b.settle(running.answer)).body;
  };
  assertEquals(await ask(["heavy"]), { error: "Something went wrong while generating images." });
  assertEquals(imagesOf(await ask(["-0.5"])).length, 1);
});

Deno.test("a number above 2^53 keeps all digits", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const answer = await fetchHere(`${b.simulator.url}/API/GenerateText2Image`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"session_id":"${session_id}","images":1,"model":"tiny","seed":9223372036854775808}`,
  });
  assertEquals(await answer.json(), {
    error: "Invalid value for parameter Seed: Invalid integer value for param Seed - " +
      "'9223372036854775808' - must be a valid integer (eg '0', '3', '-5', etc)",
  });
});

Deno.test("a mini-grid is one more picture with the same tag, and index -1", async () => {
  await using b = await bench({ miniGridMax: 3 });
  const session_id = await b.session();
  const extra_metadata = { asset_generator_id: "gen-x" };
  const made = async (images: number): Promise<number> => {
    const running = await b.begin({ session_id, images, extra_metadata });
    return imagesOf((await b.settle(running.answer)).body).length;
  };
  assertEquals([await made(1), await made(2), await made(3), await made(4)], [1, 3, 4, 4]);
  const { body } = await b.call("ListImages", { session_id, path: "", depth: 5, sortBy: "Date" });
  const files = Array.isArray(body.files) ? body.files.filter(isObject) : [];
  assertEquals(files.length, 12);
  assert(files.every(({ metadata }) => String(metadata).includes('"asset_generator_id": "gen-x"')));
});

Deno.test("SwarmUI confuses two models whose names differ only in case", async () => {
  await using b = await bench({
    models: [{ name: "dup/name.safetensors" }, { name: "dup/Name.safetensors" }],
  });
  const session_id = await b.session();
  const { body } = await b.call("ListModels", { session_id, path: "", depth: 3 });
  const files = Array.isArray(body.files) ? body.files.filter(isObject) : [];
  assertEquals(files.map(({ name }) => name), ["dup/Name.safetensors", "dup/name.safetensors"]);
  await b.settle((await b.begin({ session_id, model: "dup/name" })).answer);
  const { text } = await b.call("ListBackends", { session_id, full_data: true });
  assert(text.includes('"current_model":"dup/Name.safetensors"'), text);
});

Deno.test("an init image that is not on the server is an internal error over HTTP", async () => {
  await using b = await bench();
  const session_id = await b.session();
  const asked = { session_id, images: 1, model: "tiny", initimage: "raw/none.png" };
  const { status, body } = await b.call("GenerateText2Image", asked);
  assertEquals([status, body.error_id], [400, "internal_error"]);
  assertEquals(b.allCounters(), "0,0,0,0");
});
