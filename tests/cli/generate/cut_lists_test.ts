/** Models and LoRAs that are missing from SwarmUI's list, which it shortens without saying so. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const NUMBERS = Array.from({ length: 30 }, (_, index) => index);

function open(): Promise<Stage> {
  return openStage({
    models: NUMBERS.map((number) => ({ name: `base/m${number}.safetensors` })),
    loras: NUMBERS.map((number) => `l${number}.safetensors`),
    modelListCap: 3,
  });
}

async function dryRun(stage: Stage, line: string): Promise<Readonly<Record<string, unknown>>> {
  const args = ["generate", "image", "-p", "a cat", "--dry-run", ...line.split(" ")];
  const { code, out, err } = await runHere(args, { stage });
  assertEquals([code, err], [0, ""], line);
  return JSON.parse(out);
}

Deno.test("a model and a LoRA are found by their names wherever the server cuts its list", async () => {
  await using stage = await open();
  for (const number of NUMBERS.filter((each) => each % 5 === 0)) {
    const { model, loras } = await dryRun(stage, `--model m${number} --lora l${number}`);
    assertEquals([String(model).replace(".safetensors", ""), loras], [
      `base/m${number}`,
      [`l${number}`],
    ]);
  }
});

Deno.test("a name that the server does not have is refused even if the server shortens its list", async () => {
  await using stage = await open();
  const args = ["generate", "image", "-p", "a cat", "--dry-run", "--model", "m300"];
  const { code, err } = await runHere(args, { stage });
  assertEquals(code, 2);
  assertStringIncludes(err, 'Cannot use model "m300": the server has no such model (closest: ');
});
