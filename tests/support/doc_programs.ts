/**
 * The programs that the examples of the pages use: `asset-generator` as it is shipped, this `deno`,
 * and stand-ins for the reader's own programs.
 */
import { assertEquals } from "@std/assert";
import { denoArguments } from "../../tasks/shipped.ts";
import type { TempDir } from "./temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);

const READERS_PROGRAMS = ["nightly-job", "gpu-job"];

/** The files of a copy of the repository, as far as the commands of the pages need them. */
export async function copyRepository(home: TempDir, bundle: string): Promise<void> {
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(new URL(name, ROOT), home.join(name));
  }
  for (const name of ["main.ts", "schemas", "src", "tasks", "vendor"]) {
    await Deno.symlink(decodeURIComponent(new URL(name, ROOT).pathname), home.join(name));
  }
  await Deno.mkdir(home.join("dist"));
  await Deno.copyFile(bundle, home.join("dist", "asset-generator.js"));
}

/**
 * Makes a directory for the PATH. If the tool runs until Ctrl-C, it writes its process id to
 * `~/watching`; the reader's programs print that they run, and write it to `~/ran`.
 */
export async function writeCommands(directory: TempDir, bundle: string): Promise<string> {
  const path = directory.join("bin");
  await Deno.mkdir(path);
  const deno = `'${Deno.execPath()}'`;
  const words = denoArguments([], { file: bundle }).map((word) => `'${word}'`).join(" ");
  const commands: Record<string, string> = {
    deno: `exec ${deno} "$@"`,
    "asset-generator": `case "$*" in events* | *--watch*) echo $$ >> "$HOME/watching" ;; esac\n` +
      `exec ${deno} ${words} "$@"`,
  };
  for (const name of READERS_PROGRAMS) {
    commands[name] = `echo "${name}\${1:+ $1}" | tee -a "$HOME/ran"`;
  }
  for (const [name, text] of Object.entries(commands)) {
    await Deno.writeTextFile(`${path}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return path;
}

/** Where Deno keeps its downloads, which another home directory would hide. */
export async function denoDirectory(): Promise<string> {
  const { denoDir } = JSON.parse(await runDeno(["info", "--json"]));
  return String(denoDir);
}

async function runDeno(args: readonly string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT });
  const { code, stdout, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
