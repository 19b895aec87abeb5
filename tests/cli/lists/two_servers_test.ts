/** The lists of two servers with accounts, named in a configuration file. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";

Deno.test("each list asks the server that --server names, with that server's login alone", async () => {
  const tokens = { studio: "token-of-the-studio", gpu2: "token-of-the-second" };
  await using stage = await openStage({
    models: [{ name: "studio-model.safetensors" }],
    backends: [{ title: "studio-backend" }],
    accounts: [{ name: "ada", role: "poweruser", token: tokens.studio }],
  });
  await using gpu2 = await startSimulator({
    models: [{ name: "gpu2-model.safetensors" }],
    loras: ["gpu2-lora.safetensors"],
    backends: [{ title: "gpu2-backend", model: "gpu2-model.safetensors" }],
    accounts: [{ name: "eve", role: "poweruser", token: tokens.gpu2 }],
    loadSeconds: 0,
  });
  const config = `${stage.here}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `default-server: studio
servers:
  studio: { api-url: "${stage.server.url}", token: ${tokens.studio} }
  gpu2: { api-url: "${gpu2.url}", token: ${tokens.gpu2} }
`,
    { mode: 0o600 },
  );
  const env = { ASSET_GENERATOR_API_URL: "", ASSET_GENERATOR_CONFIG: config };
  const run = async (line: string): Promise<string> => {
    const { code, out, err } = await runHere(line.split(" "), { stage, env });
    assertEquals([code, err.includes("Error")], [0, false], `${line}: ${err}`);
    assert(!`${out}${err}`.includes("token-of"), `${out}${err}`);
    return out;
  };
  assertEquals(await run("models list -q"), "studio-model.safetensors\n");
  assertEquals(gpu2.requests, []);
  assertEquals(await run("models list --server gpu2 -q"), "gpu2-model.safetensors\n");
  assertEquals(await run("--server gpu2 models list -t lora -q"), "gpu2-lora.safetensors\n");
  assertMatch(await run("models get gpu2-model --server gpu2"), /^Loaded On: +backend 0 \(gpu2-b/m);
  assertMatch(await run("models load gpu2-model --server gpu2"), /^Loaded gpu2-model/);
  assertEquals(await run("backends list --server gpu2 --columns title"), "gpu2-backend\n");
  assertEquals(await run("backends list --columns title"), "studio-backend\n");
  assertEquals((await run("samplers list --server gpu2 --limit 1")).split("\t")[0], "euler");
  assertEquals(await run("presets list --server gpu2"), "");
  const cookies = new Set(gpu2.requests.map(({ headers }) => headers["cookie"]));
  assertEquals([...cookies], [`swarm_token=${tokens.gpu2}`]);
  const unknown = await runHere(["models", "list", "--server", "gpu3"], { stage, env });
  assertEquals(unknown.code, 2, unknown.err);
});
