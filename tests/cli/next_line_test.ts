/** The command line that an error recommends. */
import { assertEquals } from "@std/assert";
import { addNextLine } from "../../src/cli/next_line.ts";
import { findSecrets } from "../../src/cli/secrets.ts";
import type { FoundConfig } from "../../src/cli/config/config_file.ts";
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

Deno.test("addNextLine() names a server as the configuration file does", () => {
  const url = "http://10.0.0.9:7801";
  const error = new UsageError("Cannot", { addWords: ["--api-url", url] });
  const config: FoundConfig = {
    path: "/config.yaml",
    kind: "own",
    values: new Map([["servers", new Map([["gpu2", new Map([["api-url", `${url}/`]])]])]]),
    resolve: (path) => path,
  };
  const typed = (...args: string[]) => ({ args, hide: null });
  assertEquals(
    [
      addNextLine(error, typed("attach"), config),
      addNextLine(error, typed("attach"), { ...config, values: new Map() }),
      addNextLine(error, typed("attach", "--api-url=http://a"), config),
    ].map(({ message }) => message),
    [
      "Cannot (run: asset-generator attach --server gpu2)",
      `Cannot (run: asset-generator attach --api-url ${url})`,
      `Cannot (run: asset-generator attach --api-url=http://a --api-url ${url})`,
    ],
  );
});
