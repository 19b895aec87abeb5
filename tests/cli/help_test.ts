/** The help of the program and of each command, whole: the first page that a person reads. */
import { assert, assertEquals } from "@std/assert";
import { runProgram } from "../../src/cli/program.ts";
import { assertExpected } from "../support/expected_text.ts";
import { testContext } from "../support/test_context.ts";

const COMMANDS = [
  "",
  "status",
  "wait",
  "events",
  "cancel",
  "generate",
  "generate image",
  "models",
  "models list",
  "samplers list",
  "schedulers list",
  "backends list",
  "presets list",
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
