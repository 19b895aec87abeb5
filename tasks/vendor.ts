/**
 * Makes `vendor/yaml.js`: of `npm:yaml`, in its browser's build, what `src/settings/` uses. From source
 * Deno takes the build for Node, which reads `LOG_TOKENS` and `LOG_STREAM` from the environment and
 * fails where that is not allowed; and a package cannot be asked for its other build.
 *
 * Needs `--allow-read --allow-write --allow-run`.
 */
import { BUNDLE_FLAGS, MAIN } from "./shipped.ts";

const VERSION = "2.9.1";
const EXPORTS = "isMap, parseDocument";

/** Makes the file's text. */
export async function vendoredYaml(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "asset-generator-" });
  try {
    await Deno.writeTextFile(
      `${directory}/entry.ts`,
      `export { ${EXPORTS} } from "npm:yaml@${VERSION}";\n`,
    );
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", ...BUNDLE_FLAGS, "--output", "yaml.js", "entry.ts"],
      cwd: directory,
      stdin: "null",
    }).output();
    if (code !== 0) throw new Error(`Cannot bundle yaml: ${new TextDecoder().decode(stderr)}`);
    const made = await Deno.readTextFile(`${directory}/yaml.js`);
    const head =
      `// yaml ${VERSION}, https://eemeli.org/yaml/. Copyright Eemeli Aro, ISC licence.\n` +
      "// Made by `deno task vendor`; do not edit.\n";
    return `${head}${made.trim()}\n`;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const output = new URL("vendor/yaml.js", MAIN);
  await Deno.writeTextFile(output, await vendoredYaml());
}
