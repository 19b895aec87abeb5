/** What is reported about each picture, and the file that it is saved as. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CliResult } from "../../support/cli_process.ts";
import { fetchHere } from "../../support/http_clients.ts";
import { runHere } from "../../support/program_here.ts";
import { generateHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { readGenerate } from "../../support/status_json.ts";

async function generate(
  stage: Stage,
  { args, images }: { readonly args: readonly string[]; readonly images: number },
): Promise<CliResult> {
  await using run = generateHere(["--batch", `${images}`, ...args], { stage });
  await stage.untilWorking(images);
  await stage.finish();
  return await run.ended;
}

/** The JSON of a result, checked against the schema, with all its fields. */
function imagesOf({ code, out }: CliResult): readonly Readonly<Record<string, unknown>>[] {
  assertEquals(code, 0);
  readGenerate(out);
  return JSON.parse(out).images;
}

Deno.test("each picture is reported with its path, size, prompt and the server's metadata", async () => {
  await using stage = await openStage();
  const args = ["-p", "a <random:red> cat", "--seed", "7", "--width", "128", "--height", "64"];
  const result = await generate(stage, { args, images: 1 });
  const [image] = imagesOf(result);
  const { path, url, seed, width, height, prompt, metadata } = image ?? {};
  assertEquals(
    url,
    `${stage.server.url}/${String(path).split("/").map(encodeURIComponent).join("/")}`,
  );
  assertEquals({ seed, width, height, prompt }, {
    seed: "7",
    width: 128,
    height: 64,
    prompt: "a red cat",
  });
  const { sui_image_params: { swarm_version, ...params }, sui_extra_data: extra } = Object(
    metadata,
  );
  assertEquals(typeof swarm_version, "string");
  assertEquals([params.seed, params.width, extra.asset_generator_id], [
    "7",
    128,
    JSON.parse(result.out).session_id,
  ]);
});

Deno.test("a picture on disk is the server's bytes, with the size that is in the file", async () => {
  await using stage = await openStage();
  // The simulator draws nothing larger than 2048 pixels.
  const args = ["--width", "4096", "--height", "64", "--save-images", "--output-dir", stage.here];
  const [image] = imagesOf(await generate(stage, { args, images: 1 }));
  const saved = await Deno.readFile(String(image?.local_path));
  const served = await (await fetchHere(String(image?.url))).bytes();
  assertEquals(saved, served);
  assertEquals([image?.width, image?.height], [2048, 64]);
});

Deno.test("a template may contain the generation and every parameter of a picture", async () => {
  await using stage = await openStage();
  const template = "{id} {param.steps} {param.cfgscale} {width} {prompt}.{ext}";
  const args = ["-p", "a <random:red> cat", "--steps", "9", "--width", "128", "--save-images"];
  const place = ["--output-dir", stage.here, "--filename-template", template];
  const result = await generate(stage, { args: [...args, ...place], images: 1 });
  const [image] = imagesOf(result);
  const { session_id } = JSON.parse(result.out);
  assertEquals(image?.local_path, `${stage.here}/${session_id} 9 unknown 128 a red cat.png`);
});

Deno.test("--force replaces files of before, never a picture of the same run", async () => {
  await using stage = await openStage();
  await Deno.writeTextFile(`${stage.here}/cat.png`, "of before");
  await Deno.writeTextFile(`${stage.here}/other`, "not to be touched");
  await Deno.symlink("other", `${stage.here}/Cat-2.png`);
  const place = ["--save-images", "--output-dir", stage.here, "--filename-template", "cat.png"];
  const kept = imagesOf(await generate(stage, { args: place, images: 1 }));
  assertEquals(kept.map(({ local_path }) => local_path), [`${stage.here}/cat-2.png`]);
  const forced = imagesOf(await generate(stage, { args: [...place, "--force"], images: 2 }));
  assertEquals(forced.map(({ local_path }) => local_path), [
    `${stage.here}/cat.png`,
    `${stage.here}/cat-2.png`,
  ]);
  for (const { local_path, url } of forced) {
    assertEquals(
      await Deno.readFile(String(local_path)),
      await (await fetchHere(String(url))).bytes(),
    );
  }
  assertEquals(await Deno.readTextFile(`${stage.here}/other`), "not to be touched");
  const alone = await runHere(["generate", "image", "-p", "a cat", "--force"], { stage });
  assertEquals([alone.code, alone.err], [
    2,
    "Error: Cannot use --force without --save-images " +
    "(run: asset-generator generate image -p 'a cat' --force --save-images)\n",
  ]);
});

Deno.test("a value that the server did not use is reported", async () => {
  await using stage = await openStage();
  const { err } = await generate(stage, {
    args: ["--param", "maskblur=2", "--param", "donotsave=true"],
    images: 2,
  });
  assertStringIncludes(err, "Warning: The server did not use maskblur\n");
  assertEquals(err.match(/did not use/g)?.length, 1);
});
