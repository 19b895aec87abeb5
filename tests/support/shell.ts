/** Runs shell scripts as users write them, with the program on their PATH. */
import { programLine } from "./tested_program.ts";
import type { CliResult } from "./cli_process.ts";
import { REQUEST_TIMEOUT } from "./stage.ts";

/**
 * Whether this machine has a command; tests that need it are ignored if not, which is shown. With
 * `NEED_ALL_PROGRAMS` set, as `.ci/run` does, they run all the same, and fail.
 */
export function hasCommand(name: string, versionOption = "--version"): boolean {
  if (Deno.env.get("NEED_ALL_PROGRAMS") === "1") return true;
  try {
    return new Deno.Command(name, { args: [versionOption], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A directory of commands that a script finds before all others. */
export interface ShellCommands {
  /** The home directory of the scripts, which contains the program's user scope. */
  readonly home: string;
  readonly path: string;
}

/**
 * Puts `asset-generator` on a PATH, and a `sleep` that ends at once: tests must not wait by the
 * clock.
 *
 * @param directory An empty one, which becomes `~`.
 */
export async function installCommands(directory: string): Promise<ShellCommands> {
  const path = `${directory}/bin`;
  await Deno.mkdir(path);
  const program = programLine([]).map(quoted).join(" ");
  // Deno's cache must stay where it is when the home directory changes.
  const cache = quoted(await denoDirectory());
  await script(`${path}/asset-generator`, `DENO_DIR=${cache} exec ${program} "$@"`);
  await script(`${path}/sleep`, "exec /bin/sleep 0.01");
  return { home: directory, path };
}

/** Starts a bash script; its working directory is `~`. */
export function startBash(text: string, about: {
  readonly commands: ShellCommands;
  readonly apiUrl: string;
}): Deno.ChildProcess {
  const { home, path } = about.commands;
  return new Deno.Command("bash", {
    args: ["-c", text],
    cwd: home,
    env: {
      HOME: home,
      PATH: `${path}:${Deno.env.get("PATH") ?? ""}`,
      XDG_STATE_HOME: "",
      ASSET_GENERATOR_API_URL: about.apiUrl,
      ASSET_GENERATOR_REQUEST_TIMEOUT: REQUEST_TIMEOUT,
      ASSET_GENERATOR_STATE_DIR: "",
      RUST_BACKTRACE: "0",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a bash script to its end. */
export async function runBash(
  text: string,
  about: { readonly commands: ShellCommands; readonly apiUrl: string },
): Promise<CliResult> {
  const { code, stdout, stderr } = await startBash(text, about).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function script(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  return denoDir;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
