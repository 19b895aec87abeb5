/** The command line that an error recommends. */
import { assertEquals } from "@std/assert";
import { addNextLine } from "../../src/cli/next_line.ts";
import { findSecrets } from "../../src/cli/secrets.ts";
import { UsageError } from "../../src/errors.ts";

const ENVIRONMENT = { get: (): undefined => undefined, mayRead: (): boolean => true };

for (
  const [args, advice] of [
    [
      ["generate", "image", "-p", "cat"],
      "run: asset-generator generate image -p cat --model 'b c'",
    ],
    [
      ["generate", "image", "-p", "it's a $cat"],
      "run: asset-generator generate image -p 'it'\\''s a $cat' --model 'b c'",
    ],
    [
      ["x", "--token", "k3y-of-ada", "y"],
      "run: asset-generator x --token '<secret>' y --model 'b c'",
    ],
    [["x", "--", "-y"], "run: asset-generator x --model 'b c' -- -y"],
    [["x", "p".repeat(2_000)], "add --model 'b c'"],
    [["x", "\0"], "add --model 'b c'"],
  ] as const
) {
  Deno.test(`addNextLine() says "${advice}"`, () => {
    const error = new UsageError("Cannot", { addWords: ["--model", "b c"] });
    const typed = { args, hide: findSecrets(args, ENVIRONMENT).inQuotes };
    assertEquals(addNextLine(error, typed).message, `Cannot (${advice})`);
  });
}

Deno.test("addNextLine() names only the words where the line is not known", () => {
  const error = new UsageError("Cannot", { addWords: ["--yes"] });
  assertEquals(addNextLine(error, undefined).message, "Cannot (add --yes)");
});
