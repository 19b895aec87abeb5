import { assertEquals } from "@std/assert";
import { runProgram } from "../../../src/cli/program.ts";
import { testContext } from "../../support/test_context.ts";

for (
  const [template, found] of [
    ["../../x", "it leads out of the output directory (choose that with --output-dir)"],
    ["/tmp/{seed}", "it leads out of the output directory (choose that with --output-dir)"],
    ["{time}:{seed}", 'not every system takes such a name (use "{time}_{seed}")'],
    ["{sed}", "there is no {sed} (see asset-generator generate image --help)"],
  ] as const
) {
  Deno.test(`generate image refuses the template "${template}" before anything is done`, async () => {
    const context = testContext();
    const line = ["generate", "image", "-p", "a cat", "--save-images"];
    assertEquals(await runProgram([...line, "--filename-template", template], context), 2);
    assertEquals(
      context.terminal.errText,
      `Error: Cannot use --filename-template "${template}": ${found}\n`,
    );
  });
}
