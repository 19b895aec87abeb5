/** What Tab offers from a server, with the whole program, its files and a server. */
import { assertEquals, assertMatch } from "@std/assert";
import { fetchHere } from "../../support/http_clients.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { namesIn } from "../../support/temp_dir.ts";
import { waitFor } from "../../support/wait_for.ts";

const MODELS = ["base.safetensors", "my model.safetensors", "evil\u202Emodel.safetensors"];
const LORAS = ["detail.safetensors", "a:b.safetensors", "one, two.safetensors"];

function openServer(): Promise<Stage> {
  return openStage({
    models: MODELS.map((name) => ({ name })),
    loras: LORAS,
    backends: [{ model: "base.safetensors" }],
  });
}

async function tab(stage: Stage, ...words: readonly string[]): Promise<string> {
  const args = ["complete", "zsh", "generate", "image", ...words];
  // The server's time does not advance, nor does the deadline.
  const { code, out, err } = await runHere(args, { stage, clock: stage.clock });
  assertEquals({ code, err }, { code: 0, err: "" });
  return out;
}

/** Makes a preset on the server. */
async function addPreset(stage: Stage, title: string): Promise<void> {
  const { url } = stage.server;
  const call = async (route: string, body: object): Promise<{ readonly session_id: string }> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetchHere(`${url}/API/${route}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return await answer.json();
  };
  const { session_id } = await call("GetNewSession", {});
  await call("AddNewPreset", { session_id, title, description: "", param_map: {} });
}

Deno.test("complete asks the server once a minute, and remembers the answer", async () => {
  await using stage = await openServer();
  assertEquals(await tab(stage, "--model", ""), "words\nbase.safetensors\nmy model.safetensors\n");
  assertEquals(await tab(stage, "--lora", ""), "words\na:b:1\ndetail\n");
  assertEquals(
    await tab(stage, "--sampler", "euler_a"),
    "words\neuler_ancestral\neuler_ancestral_cfg_pp\n",
  );
  assertEquals(await tab(stage, "--scheduler=kar"), "words\n--scheduler=karras\n");
  assertEquals(stage.asked("ListT2IParams"), 1);
  await stage.clock.advance(60_000);
  await tab(stage, "--model", "");
  assertEquals(stage.asked("ListT2IParams"), 2);
  assertEquals(stage.asked("GetNewSession"), 1);
});

Deno.test("complete knows the server's parameters, and then what each may be", async () => {
  await using stage = await openServer();
  assertEquals(await tab(stage, "--param", "cfgs"), "beginnings\ncfgscale=\n");
  assertEquals(await tab(stage, "--param", "scheduler=kar"), "words\nscheduler=karras\n");
  assertEquals(await tab(stage, "--param=donotsave=t"), "words\n--param=donotsave=true\n");
});

Deno.test("complete offers the server's last answer while the server is unreachable", async () => {
  await using stage = await openServer();
  await tab(stage, "--model", "");
  await stage.clock.advance(3_600_000);
  const away = { ASSET_GENERATOR_API_URL: "http://127.0.0.1:1" };
  const args = ["complete", "zsh", "generate", "image", "--model", ""];
  // Another server has not answered yet.
  assertEquals((await runHere(args, { stage, clock: stage.clock, env: away })).out, "words\n");
  await stage.server.close();
  assertEquals(await tab(stage, "--model", "b"), "words\nbase.safetensors\n");
});

Deno.test("complete offers no other login's names", async () => {
  await using stage = await openServer();
  await tab(stage, "--model", "");
  await stage.server.close();
  assertEquals(await tab(stage, "--token", "another", "--model", ""), "words\n");
});

Deno.test("complete keeps no secret beside what the server said", async () => {
  await using stage = await openServer();
  const secrets = ["--token", "tok-0123456789", "--api-key", "key-0123456789"];
  await tab(stage, ...secrets, "--model", "");
  const directory = `${stage.stateDirectory}/choices`;
  const files = await namesIn(directory);
  assertEquals(files.length, 1);
  const text = files[0] + await Deno.readTextFile(`${directory}/${files[0]}`);
  assertEquals(/(tok|key)-0123456789/.test(text), false);
  assertEquals(text.includes("my model.safetensors"), true);
});

Deno.test("complete offers what other commands got from the server", async () => {
  await using stage = await openServer();
  const { code } = await runHere(["generate", "image", "--param-help"], {
    stage,
    clock: stage.clock,
  });
  assertEquals(code, 0);
  assertEquals(await tab(stage, "--model", "b"), "words\nbase.safetensors\n");
  assertEquals(stage.asked("ListT2IParams"), 1);
});

Deno.test("complete knows what the list commands got, including presets", async () => {
  await using stage = await openServer();
  await addPreset(stage, "Ink style");
  const listed = await runHere(["models", "list"], { stage, clock: stage.clock });
  assertEquals(listed.code, 0);
  assertEquals(await tab(stage, "--preset", "Ink"), "words\nInk style\n");
  await stage.server.close();
  assertEquals(await tab(stage, "--model", "b"), "words\nbase.safetensors\n");
  assertEquals(await tab(stage, "--lora", "d"), "words\ndetail\n");
  assertEquals(await tab(stage, "--scheduler", "kar"), "words\nkarras\n");
  assertEquals(await tab(stage, "--preset", ""), "words\nInk style\n");
  assertEquals(await tab(stage, "--param-help", ""), "words\n");
});

Deno.test("complete knows the settings of the configuration file, and what they may be", async () => {
  await using stage = await openServer();
  const config = `${stage.here}/config.yaml`;
  await Deno.writeTextFile(config, 'servers: { gpu2: { api-url: "http://127.0.0.1:1" } }\n', {
    mode: 0o600,
  });
  const ask = async (...words: readonly string[]): Promise<string> => {
    const args = ["complete", "zsh", "--config", config, "config", ...words];
    return (await runHere(args, { stage, clock: stage.clock })).out;
  };
  assertEquals(await ask("get", "servers.gpu2.api-u"), "words\nservers.gpu2.api-url\n");
  assertEquals(await ask("set", "generate.ste"), "words\ngenerate.steps\n");
  assertEquals(await ask("set", "default-server", ""), "words\ngpu2\n");
  assertEquals(await ask("set", "format", "y"), "words\nyaml\n");
  assertEquals(await ask("set", "servers.gpu2.api-url", ""), "words\n");
  assertEquals(await ask("set", "generate.save-images", ""), "words\ntrue\nfalse\n");
  assertEquals(await ask("set", "generate.output-dir", ""), "directories\t\n");
  assertEquals(await ask("set", "generate.nonsense", ""), "words\n");
  for (
    const [words, servers] of [
      [["status"], "words\ngpu2\n"],
      [["generate", "image"], "words\ngpu2\nany\tthe one that suits best\n"],
    ] as const
  ) {
    const args = ["complete", "zsh", "--config", config, ...words, "--server", ""];
    assertEquals((await runHere(args, { stage, clock: stage.clock })).out, servers);
  }
  // Those of the server that the rest of the line means.
  const models = await runHere(["complete", "zsh", "config", "set", "generate.model", "b"], {
    stage,
    clock: stage.clock,
    env: { ASSET_GENERATOR_CONFIG: config },
  });
  assertEquals(models.out, "words\nbase.safetensors\n");
});

Deno.test("complete waits for no server that is slow", async () => {
  await using stage = await openServer();
  await tab(stage, "--model", "");
  await stage.clock.advance(60_000);
  stage.server.fault({ route: "ListT2IParams", kind: "hang" });
  const answered = tab(stage, "--model", "b");
  await waitFor(() => stage.clock.sleeperCount > 0, { what: "complete to wait" });
  await stage.clock.advance(140);
  assertEquals(await answered, "words\nbase.safetensors\n");
});

Deno.test("complete asks nothing if its start took all the time, and offers what is remembered", async () => {
  await using stage = await openServer();
  await tab(stage, "--model", "");
  await stage.clock.advance(60_000);
  stage.server.clearRequests();
  const late = { stage, clock: stage.clock, startTookMs: 140 };
  const args = ["complete", "zsh", "generate", "image"];
  assertEquals(
    (await runHere([...args, "--model", "b"], late)).out,
    "words\nbase.safetensors\n",
  );
  // What needs no server is always told.
  assertMatch((await runHere([...args, "--forc"], late)).out, /^words\n--force\t/);
  assertEquals(stage.server.requests, []);
});
