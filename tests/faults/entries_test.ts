/**
 * An unreadable entry in a server's answer affects no other entry: lists of models, backends,
 * presets, pictures, users.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CliResult } from "../support/cli_process.ts";
import { HostileServer, imageFrame, NORMAL_END, PNG } from "../support/hostile_server.ts";
import { readGenerate } from "../support/status_json.ts";
import { tempDir } from "../support/temp_dir.ts";

const HUGE = "1e400";
/** JSON values that no entry can be. */
const GARBAGE = [
  "null",
  "7",
  '"text"',
  "[]",
  "{}",
  '{"name":null}',
  '{"name":5}',
  '{"name":["a"]}',
  '{"name":""}',
];
const MODELS = [
  `{"name":"tiny.safetensors","loaded":"yes","standard_width":${HUGE},"standard_height":-1,` +
  `"title":[],"tags":{"a":1},"time_created":9000000000000000,"time_modified":${HUGE},"hash":7,"local":0}`,
  '{"name":"other.safetensors","loaded":true,"standard_width":512,"standard_height":512}',
];

function json(text: string): () => Response {
  return () => new Response(text, { headers: { "content-type": "application/json" } });
}

const LIST = `{"folders":[],"files":[${[...GARBAGE, ...MODELS].join(",")}]}`;
const ROUTES: Readonly<Record<string, () => Response>> = {
  GetNewSession: json(
    '{"session_id":"53c237","user_id":7,"version":[],"server_id":{},"output_append_user":"x"}',
  ),
  ListModels: json(LIST),
  ListLoadedModels: json(LIST.replace('"files"', '"models"')),
  ListT2IParams: json(
    `{"list":[null,7,{"id":5},{"id":"sampler","values":[null,5,"euler",["x"]],"value_names":{}},` +
      `{"id":"scheduler","values":["karras",{}],"value_names":[7]},` +
      `{"id":"steps","type":"integer","min":${HUGE},"max":"x","values":7,"group":5}],` +
      `"groups":[null,{"id":1}],"models":{"Stable-Diffusion":[null,7,["tiny.safetensors",5],[],` +
      `["other.safetensors"]],"LoRA":5,"VAE":[["v"]]}}`,
  ),
  ListBackends: json(
    '{"0":{"type":"comfyui_selfstart","status":"running","title":5,"enabled":"x",' +
      `"current_model":7,"settings":[],"seconds_since_used":${HUGE},"time_since_used":3},` +
      '"1":null,"2":{"type":5}}',
  ),
  GetMyUserData: json(
    '{"presets":[null,7,{"title":5},{"title":"fine","description":5,"param_map":[]},' +
      '{"title":"best","param_map":{"steps":5,"cfgscale":"7"}}]}',
  ),
};

async function run(...args: readonly string[]): Promise<CliResult> {
  await using directory = await tempDir();
  await using server = new HostileServer({ routes: ROUTES });
  return await server.run(args, directory.path);
}

const LEFT_OUT = `Warning: ${GARBAGE.length} entries of the server's list cannot be read and are ` +
  "left out\n";

Deno.test("models list leaves out what cannot be read, and says so", async () => {
  const { code, out, err } = await run("models", "list", "--format", "json");
  assertEquals([code, err], [0, LEFT_OUT]);
  const { models } = JSON.parse(out);
  assertEquals(models.map(({ name }: { name: string }) => name), [
    "other.safetensors",
    "tiny.safetensors",
  ]);
  const { loaded, standard_width: width, created_at: created, tags } = models[1];
  assertEquals([loaded, width, created, tags], [null, null, null, null]);
});

for (
  const [command, out] of [
    ["samplers list", "euler\n"],
    ["schedulers list", "karras\n"],
    ["presets list", "best\nfine\n"],
    ["backends list", "0\n1\n2\n"],
  ] as const
) {
  Deno.test(`${command} leaves out what cannot be read`, async () => {
    const told = await run(...command.split(" "), "--quiet");
    assertEquals(told.code, 0, told.err);
    assertEquals(told.out.split("\n").sort(), out.split("\n").sort());
  });
}

Deno.test("status calls no server idle if it cannot read one of its backends", async () => {
  const { out, err } = await run("status", "--format", "json");
  assertEquals(err, "");
  const { verdict, backends } = JSON.parse(out);
  assertEquals(verdict, "unknown");
  assertEquals(
    backends.map(({ id, type, status, enabled }: Readonly<Record<string, unknown>>) => [
      id,
      type,
      status,
      enabled,
    ]),
    [[0, "comfyui_selfstart", "running", true], [1, "unreadable", "unreadable", true], [
      2,
      "unreadable",
      "unreadable",
      true,
    ]],
  );
});

Deno.test("generate image makes pictures where entries of all lists are garbled", async () => {
  await using directory = await tempDir();
  await using server = new HostileServer({
    routes: ROUTES,
    frames: [
      imageFrame("View/a.png", { batch_index: "x" }),
      '{"discard_indices":[null,"x",7]}',
      ...NORMAL_END.slice(1),
    ],
    pictures: { "View/a.png": () => new Response(PNG) },
  });
  for (const more of [["--model", "tiny"], ["--model", "tiny", "--sampler", "euler"], []]) {
    const { code, out, err } = await server.run(
      ["generate", "image", "-p", "a cat", "--save-images", "--format", "json", ...more],
      directory.path,
    );
    assertEquals(code, 0, err);
    assert(readGenerate(out).images[0]?.local_path);
  }
});

Deno.test("a list of which nothing can be read is reported as such", async () => {
  await using directory = await tempDir();
  await using server = new HostileServer({ routes: { ListModels: json('{"files":[null,7]}') } });
  for (const args of [["models", "list"], ["generate", "image", "-p", "x", "--model", "tiny"]]) {
    const { code, err } = await server.run(args, directory.path);
    assertEquals(code, 5, err);
    assertStringIncludes(err, "the answer has an unexpected shape: files.0 is not Object");
  }
});
