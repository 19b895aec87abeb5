/**
 * Makes the tool one file, whose `status` starts fast: `dist/asset-generator.js`, or the file that is
 * named. What speaks to Redis is a second file beside it: it imports from `node:`, which the one file
 * would load on every start.
 *
 * Needs `--allow-read --allow-write --allow-run --allow-net=127.0.0.1`.
 */
import { VERSION } from "../src/cli/command.ts";
import { findCalled } from "./bundle/called_functions.ts";
import { compileEagerly } from "./bundle/eager.ts";
import { setAside } from "./bundle/set_aside.ts";
import { labelled } from "./release/notices.ts";
import { shippedPackages } from "./release/packages.ts";
import { BUNDLE_FLAGS, MAIN } from "./shipped.ts";

/** The file beside the one file, loaded only where a Redis is set. */
export const REDIS_FILE = "asset-generator-redis.js";

/** Its first file, and how the tool imports it. */
const REDIS_ENTRY = new URL("../src/network/redis_network.ts", import.meta.url).href;
const REDIS_IMPORT = "./redis_network.ts";

/**
 * Bundles the tool, and writes the file for Redis beside it.
 *
 * @param output The file to write.
 * @param say Called with a line before each step; some take many seconds. @default nothing
 * @throws {Error} If it cannot be bundled, or the bundle imports something that it should contain.
 */
export async function bundleTool(
  output: string,
  say: (line: string) => void = () => {},
): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    const plain = `${directory}/plain.js`;
    say("Bundling the tool");
    await bundlePlainly(plain);
    const aside = `${directory}/aside.js`;
    say("Setting aside what a status does not use");
    const code = setAside(await Deno.readTextFile(plain), await findCalled(plain));
    await Deno.writeTextFile(aside, code);
    say("Marking what is compiled at the start");
    const eager = compileEagerly(code, await findCalled(aside));
    const packages = await shippedPackages();
    await Deno.writeTextFile(output, labelled(eager, packages), { mode: 0o755 });
    say("Bundling the part for Redis");
    await bundleRedis(`${folderOf(output)}${REDIS_FILE}`);
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
  await bundle(MAIN, { output, flags: [...BUNDLE_FLAGS, "--external", REDIS_IMPORT] });
  const whole = await Deno.readTextFile(output);
  const code = whole.replace(`import("${REDIS_IMPORT}")`, `import("./${REDIS_FILE}")`);
  if (code === whole) {
    throw new Error("Cannot bundle the tool: it does not import what is for Redis");
  }
  await Deno.writeTextFile(output, code);
  const left = /\bimport\s*(?:\(\s*|[^"'`();]*?\bfrom\s*)?["'`]((?:node|npm):[^"'`]*)/.exec(code);
  if (left !== null) {
    // A static import would load it on every start, also where only a command needs it.
    throw new Error(`Cannot bundle the tool: "${left[1]}" would be imported from outside`);
  }
}

async function bundleRedis(output: string): Promise<void> {
  await bundle(REDIS_ENTRY, { output, flags: ["--platform", "deno", "--minify"] });
  const whole = await Deno.readTextFile(output);
  // It asks for modules of Node by a path, which an address is not; they are the same for every path.
  const code = whole.replace(/(createRequire\w*\()import\.meta\.url\)/, '$1"file:///C:/")');
  if (code === whole) {
    throw new Error("Cannot bundle what is for Redis: it asks for no module of Node");
  }
  const name = `// ${REDIS_FILE} ${VERSION}: what asset-generator loads for Redis. MIT licence.`;
  // The tool compares it with its own, for the two files may be updated one without the other.
  const version = `export const TOOL_VERSION = "${VERSION}";`;
  await Deno.writeTextFile(output, `${name}\n${code.trimEnd()}\n${version}\n`);
}

async function bundle(entry: string, how: {
  readonly output: string;
  readonly flags: readonly string[];
}): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", ...how.flags, "--output", how.output, entry],
    // Beside deno.json, which says what the imports mean.
    cwd: new URL(".", MAIN),
    stdin: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** With a slash at its end; empty for a name alone. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

if (import.meta.main) {
  const [output = "dist/asset-generator.js"] = Deno.args;
  await Deno.mkdir("dist", { recursive: true });
  await bundleTool(output, console.error);
  console.error(`Made ${output}, and ${REDIS_FILE} beside it`);
}
