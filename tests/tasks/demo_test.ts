import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fetchHere } from "../support/http_clients.ts";
import { namesIn, tempDir } from "../support/temp_dir.ts";

const DEMO = new URL("../../tasks/demo.ts", import.meta.url).href;

/** Starts the demo with the permissions that its task gives it. */
function startDemo(directory: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--allow-run=${Deno.execPath()}`,
      "--allow-write=demo-pictures",
      DEMO,
    ],
    cwd: directory,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function filesIn(directory: string): Promise<readonly string[]> {
  return await namesIn(directory);
}

async function isServed(url: string): Promise<boolean> {
  try {
    await (await fetchHere(url)).body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

Deno.test("demo shows busy while it generates and idle after it, and leaves pictures only", async () => {
  await using dir = await tempDir();
  const { code, stdout, stderr } = await startDemo(dir.path).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  const [busy, idle] = [text.indexOf("\nBusy: 1 generation"), text.indexOf("\nIdle\n")];
  assert(busy > 0 && idle > busy, text);
  assertStringIncludes(text, "No generations currently running");
  assertEquals(await filesIn(dir.path), ["demo-pictures"]);
  const pictures = await filesIn(dir.join("demo-pictures"));
  assertEquals(pictures.map((name) => name.replace(/^.*\./, "")), ["png", "png"]);
  assertEquals(await isServed(/http:\S+/.exec(text)?.[0] ?? ""), false);
});

Deno.test({
  name: "demo ends its simulator when it is ended itself",
  // Windows has no signal that a process could hear here.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using dir = await tempDir();
    const demo = startDemo(dir.path);
    const reader = demo.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!/http:\S+\n/.test(text)) text += (await reader.read()).value ?? "";
    const url = /http:\S+/.exec(text)?.[0] ?? "";
    assert(await isServed(url));
    demo.kill("SIGTERM");
    assertEquals((await demo.status).code, 143);
    assertEquals(await isServed(url), false);
    await reader.cancel();
    await demo.stderr.cancel();
  },
});
