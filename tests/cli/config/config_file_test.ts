/**
 * The effects of a configuration file: which server is asked, with which secrets, and what is
 * refused.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { runCli } from "../../support/cli_process.ts";
import type { CliResult } from "../../support/cli_process.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const TOKEN = "lovelace-1843";

/** Runs the program with a configuration file, and no address in the environment. */
async function runWith(config: string, args: readonly string[], on: {
  readonly stage: Stage;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<CliResult> {
  const { stage, env = {} } = on;
  const home = `${stage.here}/home`;
  await Deno.mkdir(`${home}/.config/asset-generator`, { recursive: true });
  await Deno.writeTextFile(`${home}/.config/asset-generator/config.yaml`, config);
  return await runHere(args, { stage, env: { ASSET_GENERATOR_API_URL: "", HOME: home, ...env } });
}

/** The cookies that were sent to a server. */
function cookiesOf(server: Simulator): readonly (string | undefined)[] {
  return [...new Set(server.requests.map(({ headers }) => headers["cookie"]))];
}

async function askedUrl(result: CliResult): Promise<string> {
  assertEquals([result.code, result.err], [0, ""]);
  return await Promise.resolve(JSON.parse(result.out).server_url);
}

Deno.test("the file's server is asked: the default one, that of --server, that of the variable", async () => {
  await using stage = await openStage();
  await using gpu2 = await startSimulator();
  const config = `default-server: studio
format: json
servers:
  studio: { api-url: "${stage.server.url}" }
  gpu2: { api-url: "${gpu2.url}", token: ${TOKEN} }
`;
  const studio = stage.server.url;
  assertEquals(await askedUrl(await runWith(config, ["status"], { stage })), studio);
  assertEquals(
    await askedUrl(await runWith(config, ["status", "--server", "gpu2"], { stage })),
    gpu2.url,
  );
  assertEquals(cookiesOf(gpu2), [`swarm_token=${TOKEN}`]);
  assertEquals(cookiesOf(stage.server), [undefined]);
  const env = { ASSET_GENERATOR_SERVER: "gpu2" };
  assertEquals(await askedUrl(await runWith(config, ["status"], { stage, env })), gpu2.url);
  gpu2.clearRequests();
  const elsewhere = ["status", "--server", "gpu2", "--api-url", studio];
  assertEquals(await askedUrl(await runWith(config, elsewhere, { stage })), studio);
  assertEquals([cookiesOf(gpu2), cookiesOf(stage.server)], [[], [undefined]]);
});

Deno.test("a secret of the file that a server repeats is hidden", async () => {
  await using stage = await openStage();
  const body = { error: `no such token: ${TOKEN}` };
  stage.server.fault({ route: "*", kind: "json", body, times: Infinity });
  const config = `api-url: ${stage.server.url}\ntoken: ${TOKEN}\n`;
  for (const args of [["status", "--verbose"], ["doctor"], ["status", "--format", "json"]]) {
    const { out, err } = await runWith(config, args, { stage });
    assertStringIncludes(out + err, "no such token: <secret>");
    assert(!`${out}${err}`.includes(TOKEN), out + err);
  }
});

Deno.test("a line break in a header's value makes no second header, and nothing is sent", async () => {
  await using stage = await openStage();
  for (const text of ["art\\nX-Other: b", "art\\r\\nX-Other: b"]) {
    const config = `api-url: ${stage.server.url}\nheaders: { X-Gateway: "${text}" }\n`;
    const { code, err } = await runWith(config, ["status"], { stage });
    assertEquals(code, 2);
    assertStringIncludes(err, "Cannot use headers.X-Gateway in ");
    assertStringIncludes(err, ": expected printable ASCII characters only\n");
  }
  assertEquals(stage.server.requests, []);
  // The line break at the end of a block text belongs to YAML.
  const config = `api-url: ${stage.server.url}\nheaders:\n  X-Gateway: |\n    art\n`;
  assertEquals((await runWith(config, ["status"], { stage })).err, "");
  assertEquals(
    new Set(stage.server.requests.map(({ headers }) => headers["x-gateway"])),
    new Set(["art"]),
  );
});

Deno.test("--verbose says what came from where", async () => {
  await using stage = await openStage();
  const config = `servers: { gpu2: { api-url: "${stage.server.url}", token: ${TOKEN} } }
verbose: true
generate: { model: tiny.safetensors, steps: 7 }
`;
  const args = ["generate", "image", "--prompt", "x", "--server", "gpu2", "--dry-run"];
  const { code, out, err } = await runWith(config, args, { stage });
  assertEquals(code, 0, err);
  assertEquals(JSON.parse(out).steps, 7);
  const path = `${stage.here}/home/.config/asset-generator/config.yaml`;
  assertEquals(err.split("\n").slice(0, 3), [
    `Settings are read from ${path}`,
    "Settings: api-url by servers.gpu2.api-url in the configuration file, " +
    "token by servers.gpu2.token in the configuration file, " +
    "request-timeout by ASSET_GENERATOR_REQUEST_TIMEOUT, " +
    "model by generate.model in the configuration file, server by --server",
    "Options of the configuration file: verbose, steps (what asset-generator is given wins)",
  ]);
});

const DEFAULTS = `generate:
  model: tiny.safetensors
  steps: 7
  height: 256
  width: 128
  output-dir: out
  lora: []
  negative-prompt: ""
`;

/** The values of a command line with the defaults above. */
const DRAWN: readonly (readonly [readonly string[], Readonly<Record<string, unknown>>])[] = [
  [[], { steps: 7, width: 128, height: 256 }],
  [["--steps", "3"], { steps: 3, width: 128, height: 256 }],
  [["--param", "steps=3"], { steps: 3, width: 128, height: 256 }],
  [["--length", "64"], { steps: 7, width: 128, height: 64 }],
  [["--height", "64"], { steps: 7, width: 128, height: 64 }],
];

Deno.test("the section generate holds defaults of the options of generate image", async () => {
  await using stage = await openStage();
  for (const [args, wanted] of DRAWN) {
    const config = `api-url: ${stage.server.url}\n${DEFAULTS}`;
    const line = ["generate", "image", "--prompt", "x", "--dry-run", ...args];
    const { code, out, err } = await runWith(config, line, { stage });
    assertEquals(code, 0, err);
    const { steps, width, height, model } = JSON.parse(out);
    assertEquals({ steps, width, height }, wanted, args.join(" "));
    assertEquals(model, "tiny.safetensors");
  }
});

/** Defaults, the command line, and a part of the request: what is given replaces what means the same. */
const REPLACED: readonly (readonly [string, readonly string[], Record<string, unknown>])[] = [
  ["prompt: cat", ["--prompt-file", "PROMPT"], { prompt: "a dog" }],
  ["prompt-file: none", ["-p", "dog"], { prompt: "dog" }],
  ["prompt: cat", ["--param", "prompt=dog"], { prompt: "dog" }],
  ["param: [steps=3, cfgscale=2]", ["-p", "x", "--steps", "7"], { steps: 7, cfgscale: 2 }],
  ["variation-strength: 0.5", ["-p", "x", "--param", "variationseedstrength=0.25"], {
    variationseedstrength: "0.25",
  }],
  ["lora: ink", ["-p", "x", "--param", "loras=style/detail"], { loras: ["style/detail"] }],
  ["param: loras=style/detail", ["-p", "x", "--lora", "ink"], { loras: ["ink"] }],
  // These would do nothing alone.
  ["mask: none.png", ["-p", "x"], { maskimage: undefined }],
  ["variation-seed: 3", ["-p", "x"], { variationseed: undefined }],
  ["variation-seed: 3", ["-p", "x", "--variation-strength", "0.5"], { variationseed: "3" }],
  ["force: true", ["-p", "x"], { prompt: "x" }],
];

Deno.test("a default of the file gives way to whatever means the same on the command line", async () => {
  await using stage = await openStage();
  const env = { ASSET_GENERATOR_API_URL: stage.server.url };
  const prompt = `${stage.here}/prompt.txt`;
  await Deno.writeTextFile(prompt, "a dog\n");
  for (const [defaults, args, wanted] of REPLACED) {
    const config = `${stage.here}/swarm.yaml`;
    await Deno.writeTextFile(config, `generate: { ${defaults} }\n`);
    const given = args.map((arg) => arg === "PROMPT" ? prompt : arg);
    const line = ["generate", "image", "--config", config, "--dry-run", ...given];
    const { code, out, err } = await runHere(line, { stage, env });
    assertEquals([code, err], [0, ""], defaults);
    const request = JSON.parse(out);
    for (const [key, value] of Object.entries(wanted)) assertEquals(request[key], value, defaults);
  }
});

/** Files that are refused, with the whole reason that follows the file's path. */
const REFUSED: readonly (readonly [string, string])[] = [
  [
    "api_url: http://h",
    'Cannot use "api_url" in FILE: there is no such setting (did you mean api-url?)',
  ],
  ["zzz: 1", 'Cannot use "zzz" in FILE: there is no such setting'],
  ["constructor: 1", 'Cannot use "constructor" in FILE: there is no such setting'],
  [
    "servers: { a: { tokn: x } }",
    'Cannot use "servers.a.tokn" in FILE: there is no such setting (did you mean servers.a.token?)',
  ],
  [
    "servers: { any: {} }",
    'Cannot use servers in FILE "any": "any" cannot be the name of a server',
  ],
  [
    "servers: { 'a b': {} }",
    'Cannot use servers in FILE "a b": expected a name of letters, digits, - and _, such as gpu2',
  ],
  [
    "default-server: gpu3\nservers: { gpu2: {} }",
    'Cannot use default-server in FILE "gpu3": FILE names no such server (closest: gpu2)',
  ],
  ["servers: gpu2", "Cannot use servers in FILE: expected settings below it, each `name: value`"],
  ["api-url: [a]", "Cannot use api-url in FILE: expected one value"],
  ["format: xml", 'Cannot use format in FILE "xml": expected table, json or yaml'],
  ["token: 'lovelacé'", "Cannot use token in FILE: expected printable ASCII characters only"],
  [
    "quiet: true\nverbose: true",
    "Cannot use quiet and verbose together in FILE: they contradict each other",
  ],
  ["quiet: perhaps", 'Cannot use quiet in FILE "perhaps": expected true or false'],
  ["a: [", "Cannot read the configuration file FILE: line"],
  ["- a", "Cannot read the configuration file FILE: expected lines such as"],
];

Deno.test("an invalid file is refused in one line, with the exit code of a usage error", async () => {
  await using stage = await openStage();
  const path = `${stage.here}/home/.config/asset-generator/config.yaml`;
  for (const [config, message] of REFUSED) {
    const { code, out, err } = await runWith(config, ["status"], { stage });
    assertEquals([code, out], [2, ""], config);
    assertStringIncludes(err, `Error: ${message.replaceAll("FILE", path)}`);
    assertEquals(err.split("\n").length, 2, err);
  }
  const { err } = await runWith("generate: { stepz: 1 }", ["generate", "image", "-p", "x"], {
    stage,
  });
  assertEquals(
    err,
    `Error: Cannot use "generate.stepz" in ${path}: there is no such setting (did you mean ` +
      "generate.steps?)\n",
  );
});

Deno.test("a file or server that is named must be there", async () => {
  await using stage = await openStage();
  const missing = `${stage.here}/none.yaml`;
  const named = await runHere(["status", "--config", missing], { stage });
  assertEquals([named.code, named.err], [
    2,
    `Error: Cannot read the configuration file ${missing}: no such file (make it with config init)\n`,
  ]);
  const server = await runHere(["status", "--server", "gpu2"], { stage });
  assertEquals([server.code, server.err], [
    2,
    'Error: Cannot use --server "gpu2": there is no configuration file to name servers ' +
    "(make one with config init)\n",
  ]);
  const none = ["status", "--quiet", "--api-url", stage.server.url];
  const env = { ASSET_GENERATOR_CONFIG: "/dev/null" };
  assertEquals((await runWith("a: [", none, { stage, env })).code, 0);
  assertEquals((await runWith("a: [", [...none, "--config", "/dev/null"], { stage })).code, 0);
  const any = await runHere(["status", "--server", "any"], { stage });
  assertEquals(any.err, 'Error: Cannot use --server "any": "any" cannot be the name of a server\n');
});

Deno.test("an unreadable file is reported only with --verbose, unless it was named", async () => {
  await using stage = await openStage();
  const home = `${stage.here}/home`;
  await Deno.mkdir(`${home}/.config/asset-generator`, { recursive: true });
  const path = `${home}/.config/asset-generator/config.yaml`;
  await Deno.writeTextFile(path, "a: [\n");
  const permissions = [
    `--allow-read=${stage.stateDirectory}`,
    `--allow-write=${stage.stateDirectory}`,
    "--allow-net=127.0.0.1",
    "--allow-env=HOME,ASSET_GENERATOR_*",
  ];
  const env = { ...stage.env, HOME: home, ASSET_GENERATOR_CONFIG: "" };
  const options = { cwd: stage.here, env, permissions };
  const plain = await runCli(["status", "--get", "verdict"], options);
  assertEquals(plain, { code: 0, out: "idle\n", err: "" });
  const verbose = await runCli(["status", "--get", "verdict", "--verbose"], options);
  assertStringIncludes(
    verbose.err,
    `Not looked for settings in ${path}: Deno does not allow it (add --allow-read=`,
  );
  const named = await runCli(["status", "--config", path], options);
  assertEquals([named.code, named.out], [4, ""]);
  assertStringIncludes(
    named.err,
    `Error: Cannot read the configuration file ${path}: Deno does not`,
  );
});

Deno.test("a link to the file is followed; a directory or a pipe in its place is refused", async () => {
  await using stage = await openStage();
  const home = `${stage.here}/home`;
  const path = `${home}/.config/asset-generator/config.yaml`;
  await runWith("", ["status"], { stage });
  await Deno.writeTextFile(`${home}/dotfile.yaml`, `api-url: ${stage.server.url}\n`);
  await Deno.remove(path);
  await Deno.symlink("../../dotfile.yaml", path);
  const env = { ASSET_GENERATOR_API_URL: "", HOME: home };
  assertEquals((await runHere(["status"], { stage, env })).code, 0);
  await Deno.remove(path);
  await Deno.mkdir(path);
  const { code, err } = await runHere(["status"], { stage, env });
  assertEquals([code, err], [
    2,
    `Error: Cannot read the configuration file ${path}: it is a directory\n`,
  ]);
});
