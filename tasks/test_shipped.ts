/**
 * Runs the tests of real processes against the tool as it is shipped: the one file by its path, the
 * one file by URL from a web server on this machine, and an executable if one is named:
 * `test_shipped [EXECUTABLE]`. Exits 1 if a test fails.
 *
 * Needs what `deno task test` needs.
 */
import { bundleTool } from "./bundle.ts";

const TESTS = ["tests/e2e", "tests/cli/black_box_test.ts"];
const ROOT = new URL("../", import.meta.url);

/** What `deno task test` runs, without the folder of all tests. */
async function testArguments(): Promise<readonly string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return String(tasks.test.command).split(" ").slice(1, -1);
}

/** @returns Whether all tests passed. */
async function testForm(program: string, directory: string): Promise<boolean> {
  console.log(`\nThe tool as ${program}`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...await testArguments(), ...TESTS],
    cwd: ROOT,
    // The web server's port is another one each time: nothing of it stays in the user's cache.
    env: {
      ASSET_GENERATOR_BIN: program,
      ...(program.startsWith("http:") ? { DENO_DIR: `${directory}/deno-dir` } : {}),
    },
    stdin: "null",
  }).spawn().status;
  return success;
}

async function testShipped(executable: string | undefined): Promise<boolean> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    const file = `${directory}/asset-generator.js`;
    await bundleTool(file);
    const code = await Deno.readTextFile(file);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(code, { headers: { "content-type": "text/javascript" } }),
    );
    const url = `http://127.0.0.1:${server.addr.port}/asset-generator.js`;
    let passed = true;
    for (const program of [file, url, ...(executable === undefined ? [] : [executable])]) {
      passed = await testForm(program, directory) && passed;
    }
    return passed;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const [executable] = Deno.args;
  const path = executable === undefined ? undefined : await Deno.realPath(executable);
  Deno.exit(await testShipped(path) ? 0 : 1);
}
