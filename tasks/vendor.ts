/**
 * Makes `vendor/yaml.js`: of `npm:yaml`, in its browser's build, what `src/settings/` uses. From source
 * Deno takes the build for Node, which reads `LOG_TOKENS` and `LOG_STREAM` from the environment and
 * fails where that is not allowed; and a package cannot be asked for its other build. Of its schemas
 * there is only the failsafe one: each scalar is the text that was typed.
 *
 * Needs `--allow-read --allow-write --allow-run`.
 */
import { BUNDLE_FLAGS, MAIN } from "./shipped.ts";

const VERSION = "2.9.1";
const EXPORTS = "isAlias, isMap, isNode, isScalar, isSeq, parseDocument";

/** Stands for the library's `schema/tags.js`, which holds a sixth of it. */
const FAILSAFE = `
import { map } from "./common/map.js";
import { seq } from "./common/seq.js";
import { string } from "./common/string.js";
export const coreKnownTags = {};
export const getTags = () => [map, seq, string];
`;

/** Makes the file's text. */
export async function vendoredYaml(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "asset-generator-" });
  try {
    await Deno.writeTextFile(
      `${directory}/package.json`,
      JSON.stringify({ dependencies: { yaml: VERSION } }),
    );
    await deno(["install", "--quiet"], directory);
    // A copy, for in a package no file can be replaced.
    await copyScripts(`${directory}/node_modules/yaml/browser`, `${directory}/yaml`);
    await Deno.writeTextFile(`${directory}/yaml/dist/schema/tags.js`, FAILSAFE);
    await Deno.writeTextFile(
      `${directory}/entry.ts`,
      `export { ${EXPORTS} } from "./yaml/index.js";\n`,
    );
    await deno(
      ["bundle", "--quiet", ...BUNDLE_FLAGS, "--output", "yaml.js", "entry.ts"],
      directory,
    );
    const made = await Deno.readTextFile(`${directory}/yaml.js`);
    const head =
      `// yaml ${VERSION}, https://eemeli.org/yaml/. Copyright Eemeli Aro, ISC licence.\n` +
      "// Made by `deno task vendor`, with the failsafe schema alone; do not edit.\n";
    return `${head}${made.trim()}\n`;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function deno(args: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`Cannot bundle yaml: ${new TextDecoder().decode(stderr)}`);
}

async function copyScripts(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyScripts(`${from}/${name}`, `${to}/${name}`);
    else if (name.endsWith(".js")) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

if (import.meta.main) {
  const output = new URL("vendor/yaml.js", MAIN);
  await Deno.writeTextFile(output, await vendoredYaml());
}
