/**
 * Runs the tests of real processes against the tool as it is shipped: the one file by its path, the
 * one file by URL from a web server on this machine, and an executable if one is named:
 * `test_shipped [EXECUTABLE]`. Exits 1 if a test fails.
 *
 * Needs what `deno task test` needs.
 */
import { shippedForms } from "../tests/support/shipped_forms.ts";

const TESTS = ["tests/e2e", "tests/cli/black_box_test.ts"];
const ROOT = new URL("../", import.meta.url);

/** What `deno task test` runs, without the folder of all tests. */
async function testArguments(): Promise<readonly string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const words = String(tasks.test.command).split(" ");
  return words.slice(words.indexOf("deno") + 1, -1);
}

/** @returns Whether all tests passed. */
async function testForm(
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  console.log(`\nThe tool as ${program}`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...await testArguments(), ...TESTS],
    cwd: ROOT,
    // The web server's port is another one each time: nothing of it stays in the user's cache.
    env: { ASSET_GENERATOR_BIN: program, ...(program.startsWith("http:") ? env : {}) },
    stdin: "null",
  }).spawn().status;
  return success;
}

async function testShipped(executable: string | undefined): Promise<boolean> {
  await using forms = await shippedForms();
  let passed = true;
  for (
    const program of [forms.path, forms.url, ...(executable === undefined ? [] : [executable])]
  ) {
    passed = await testForm(program, forms.env) && passed;
  }
  return passed;
}

if (import.meta.main) {
  const [executable] = Deno.args;
  const path = executable === undefined ? undefined : await Deno.realPath(executable);
  Deno.exit(await testShipped(path) ? 0 : 1);
}
