/**
 * Makes the tool one file, whose `status` starts fast: `dist/asset-generator.js`, or the file that is
 * named.
 *
 * Needs `--allow-read --allow-write --allow-run --allow-net=127.0.0.1`.
 */
import { findCalled } from "./bundle/called_functions.ts";
import { compileEagerly } from "./bundle/eager.ts";
import { labelled } from "./release/notices.ts";
import { shippedPackages } from "./release/packages.ts";
import { BUNDLE_FLAGS, MAIN } from "./shipped.ts";

/**
 * Bundles the tool.
 *
 * @param output The file to write.
 * @throws {Error} If it cannot be bundled, or the bundle imports what it should hold itself.
 */
export async function bundleTool(output: string): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    const plain = `${directory}/plain.js`;
    await bundlePlainly(plain);
    const code = await Deno.readTextFile(plain);
    const eager = compileEagerly(code, await findCalled(plain, directory));
    await Deno.writeTextFile(output, labelled(eager, await shippedPackages()), { mode: 0o755 });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Bundles the tool as `deno bundle` does it.
 *
 * @throws {Error} As `bundleTool()`.
 */
export async function bundlePlainly(output: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", ...BUNDLE_FLAGS, "--output", output, MAIN],
    // Beside deno.json, which says what the imports mean.
    cwd: new URL(".", MAIN),
    stdin: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle the tool: ${new TextDecoder().decode(stderr)}`);
  }
  const left = /\bimport\s*(?:\(\s*|[^"'`();]*?\bfrom\s*)?["'`]((?:node|npm):[^"'`]*)/.exec(
    await Deno.readTextFile(output),
  );
  if (left !== null) {
    // A static import would load it on every start, also where only a command needs it.
    throw new Error(`Cannot bundle the tool: "${left[1]}" would be imported from outside`);
  }
}

if (import.meta.main) {
  const [output = "dist/asset-generator.js"] = Deno.args;
  await Deno.mkdir("dist", { recursive: true });
  await bundleTool(output);
}
