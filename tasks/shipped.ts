/** The tool as it is shipped: its permissions, and how it runs from source and as one file. */

/** The environment variables that the shipped tool may read. */
const VARIABLES = [
  "ASSET_GENERATOR_*",
  "HOME",
  "XDG_STATE_HOME",
  "XDG_CONFIG_HOME",
  "LOCALAPPDATA",
  "APPDATA",
  "USERPROFILE",
  "NO_COLOR",
  "CLICOLOR_FORCE",
  "TERM",
  // Deno obeys these anyway; reading them lets a message name the proxy that failed.
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
];

/** The flags of the shipped tool: any directory, any server, nothing to run. */
export const SHIPPED_PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-sys=hostname",
  `--allow-env=${VARIABLES.join(",")}`,
];

/**
 * The flags of `deno bundle` for the one-file tool. They choose the browser build of a package if
 * it has one, because another build may import from `node:`, which costs each start 20 ms and more.
 */
export const BUNDLE_FLAGS: readonly string[] = ["--platform", "browser", "--minify"];

/** The program's first file, in the form of Deno's arguments. */
export const MAIN = new URL("../main.ts", import.meta.url).href;

/**
 * Makes the arguments of `deno` that run the tool.
 *
 * @param how.file By path or URL. @default {its source}
 * @param how.permissions Flags in addition to the shipped ones; it never prompts.
 */
export function denoArguments(args: readonly string[], how: {
  readonly file?: string;
  readonly permissions?: readonly string[];
} = {}): readonly string[] {
  const { file = MAIN, permissions = SHIPPED_PERMISSIONS } = how;
  return ["run", "--quiet", "--no-prompt", ...permissions, file, ...args];
}

/**
 * An environment with a separate state for the tool, and without the user's settings.
 *
 * @param stateDirectory For the user scope and the state file.
 * @param url The server; none if it is left out.
 */
export function ownEnvironment(
  stateDirectory: string,
  url?: string,
): Readonly<Record<string, string>> {
  return {
    ASSET_GENERATOR_STATE_DIR: stateDirectory,
    ASSET_GENERATOR_CONFIG: "/dev/null",
    ASSET_GENERATOR_STATE_FILE: `${stateDirectory}/state.json`,
    ASSET_GENERATOR_API_URL: url ?? "",
    ASSET_GENERATOR_API_KEY: "",
    ASSET_GENERATOR_TOKEN: "",
    ASSET_GENERATOR_FORMAT: "",
    ASSET_GENERATOR_MODEL: "",
    ASSET_GENERATOR_REQUEST_TIMEOUT: "",
    // Everything is on loopback.
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  };
}
