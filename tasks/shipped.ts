/** The tool as it is shipped: which permissions it gets, and what runs it from source. */

/** The environment variables that the shipped tool may read. */
const VARIABLES = [
  "ASSET_GENERATOR_*",
  "HOME",
  "XDG_STATE_HOME",
  "XDG_CONFIG_HOME",
  "LOCALAPPDATA",
  "APPDATA",
  "USERPROFILE",
];

/** The flags of the shipped tool: any directory, any server, nothing to run, nothing to ask. */
export const SHIPPED_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-sys=hostname",
  `--allow-env=${VARIABLES.join(",")}`,
];

/** Makes the arguments of `deno` that run the tool from source. */
export function fromSource(args: readonly string[]): readonly string[] {
  const main = new URL("../main.ts", import.meta.url).href;
  return ["run", "--quiet", ...SHIPPED_PERMISSIONS, main, ...args];
}
