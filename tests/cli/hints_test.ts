/** What a command line with a wrong word is answered with, and what goes where. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../src/cli/program.ts";
import { testContext } from "../support/test_context.ts";

const HINTS: readonly (readonly [string, string])[] = [
  ["list", "(did you mean models list, samplers list or schedulers list?)"],
  ["get x", "(did you mean models get, config get or config set?)"],
  ["generate image -p x --images 3", "there is no such option (did you mean --batch?)"],
  ["generate image -p x --count=3", "there is no such option (did you mean --batch?)"],
  ["generate image -p x --size 512x512", "(did you mean --width or --height?)"],
  ["completions tcsh", 'Cannot use the argument "tcsh": expected bash, zsh, fish or powershell'],
  ["config set model x", "there is no such setting (did you mean generate.model?)"],
  [
    "config set servers.x.header v",
    "(did you mean servers.x.header-files.NAME or servers.x.headers.NAME?)",
  ],
];

Deno.test("a wrong word is answered with the one that was probably meant", async () => {
  for (const [line, hint] of HINTS) {
    const context = testContext();
    assertEquals(await runProgram(line.split(" "), context), 2, line);
    assertStringIncludes(context.terminal.errText, hint);
  }
});

Deno.test("help and version go to the file of --output too", async () => {
  for (const line of ["--version", "status --help", "help status"]) {
    const plain = testContext();
    assertEquals(await runProgram(line.split(" "), plain), 0);
    const context = testContext();
    assertEquals(await runProgram(`${line} -o /data/text`.split(" "), context), 0);
    assertEquals(context.files.get("/data/text"), plain.terminal.outText);
    assertEquals(context.terminal.outText, "");
  }
});

Deno.test("--get prints nothing of a failure that has no such value", async () => {
  for (const [path, out] of [["verdict", ""], ["error.code", "usage\n"]] as const) {
    const context = testContext();
    assertEquals(await runProgram(["status", "--nonsense", "--get", path], context), 2);
    assertEquals(context.terminal.outText, out);
  }
});
