/** The complete help of the program and of each command. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CommandGroup } from "../../src/cli/command_table.ts";
import { suggestWords } from "../../src/cli/complete/words.ts";
import type { Candidate } from "../../src/cli/complete/suggest_value.ts";
import { commandHelp, groupHelp } from "../../src/cli/help.ts";
import { runProgram } from "../../src/cli/program.ts";
import { makePages, writePages } from "../../tasks/docs.ts";
import { cliPage, commandSection } from "../../tasks/docs/cli_page.ts";
import { commandPage } from "../../tasks/docs/man_page.ts";
import { assertExpected } from "../support/expected_text.ts";
import { namesIn } from "../support/temp_dir.ts";
import { testContext } from "../support/test_context.ts";

const ROOT = new URL("../../", import.meta.url);

const COMMANDS = [
  "",
  "status",
  "wait",
  "events",
  "cancel",
  "generate",
  "generate image",
  "attach",
  "models",
  "models list",
  "models get",
  "models load",
  "samplers list",
  "schedulers list",
  "backends list",
  "presets list",
  "inspect",
  "doctor",
  "simulate",
  "completions",
  "help options",
];

for (const command of COMMANDS) {
  Deno.test(`help of asset-generator ${command}`, async () => {
    const context = testContext();
    const words = command.split(" ").filter((word) => word !== "");
    assertEquals(await runProgram(words[0] === "help" ? words : [...words, "--help"], context), 0);
    assertEquals(context.terminal.errText, "");
    const name = command === "" ? "program" : command.replace(" ", "_");
    const help = context.terminal.outText;
    assert(help.split("\n").every((line) => line.length <= 80), help);
    await assertExpected(`help/${name}.txt`, help);
  });
}

Deno.test("docs/cli.md and man/ are as `deno task docs` makes them", async () => {
  if (Deno.env.get("UPDATE_EXPECTED") === "1") return await writePages();
  const pages = await makePages();
  const hint = "run deno task docs, or this test with UPDATE_EXPECTED=1";
  for (const [path, text] of pages) {
    const found = await Deno.readTextFile(new URL(path, ROOT)).catch(() => null);
    assertEquals(found, text, `${path}: ${hint}`);
  }
  const manual = [...pages.keys()].filter((path) => path.startsWith("man/"));
  const files = await namesIn(new URL("man/", ROOT));
  assertEquals(files.map((name) => `man/${name}`).toSorted(), manual.toSorted(), hint);
});

Deno.test("one changed summary changes help, page, manual and completion", async () => {
  const { command } = await import("../../src/cli/commands/status.ts");
  const exitCode = { ...command.options.exitCode, brief: "A brief of a test" };
  const changed: typeof command = { ...command, options: { ...command.options, exitCode } };
  const described = { words: ["status"], brief: "Another brief", command: changed };
  assertStringIncludes(
    commandHelp(changed, ["status"]),
    "--exit-code          A brief of a test\n",
  );
  assertStringIncludes(commandSection(described), "- `--exit-code`: A brief of a test\n");
  assertStringIncludes(
    commandPage(described),
    ".TP\n\\fB\\-\\-exit\\-code\\fR\nA brief of a test.\n",
  );
  const commands: CommandGroup = {
    kind: "group",
    brief: "",
    members: {
      status: {
        kind: "command",
        brief: "Another brief",
        load: () => Promise.resolve({ command: changed }),
      },
    },
  };
  const complete = async (...words: readonly string[]): Promise<readonly Candidate[]> =>
    (await suggestWords(words, () => Promise.resolve([]), commands)).candidates;
  assertEquals(await complete("status", "--exit"), [
    { text: "--exit-code", brief: "A brief of a test" },
  ]);
  assertEquals(await complete("stat"), [{ text: "status", brief: "Another brief" }]);
  assertStringIncludes(groupHelp(commands, []), "  status        Another brief\n");
  assertStringIncludes(cliPage([described], ""), "): Another brief\n");
  assertStringIncludes(commandPage(described), "asset\\-generator\\-status \\- another brief\n");
});
