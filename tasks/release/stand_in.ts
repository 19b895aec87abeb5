/**
 * Programs that replace the base executables if those cannot be downloaded. They have the format of
 * their system's programs, so that what is put into them can be checked. They cannot be shipped:
 * each is a whole Deno, and would not run the tool.
 */
import type { Target } from "./targets.ts";

/** npm's packages that hold a Deno for one system, by Deno's name for the system. */
const NPM_PACKAGES: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "@deno/linux-x64-glibc",
  "aarch64-unknown-linux-gnu": "@deno/linux-arm64-glibc",
  "x86_64-apple-darwin": "@deno/darwin-x64",
  "aarch64-apple-darwin": "@deno/darwin-arm64",
  "x86_64-pc-windows-msvc": "@deno/win32-x64",
  "aarch64-pc-windows-msvc": "@deno/win32-arm64",
};

/**
 * Finds a Deno for a target: this machine's own for its own system, else the one that npm has.
 *
 * Needs `--allow-run`; for another system `npm` and `tar`, and about 45 MB from npm's registry.
 *
 * @param target The system.
 * @param directory Where a download goes. The caller removes it.
 * @returns Its path; `null` if npm is missing or cannot get it.
 */
export async function standInFor(target: Target, directory: string): Promise<string | null> {
  if (target.name === Deno.build.target) return Deno.execPath();
  const place = `${directory}/${target.name}`;
  await Deno.mkdir(place);
  const name = `${NPM_PACKAGES[target.name]}@${Deno.version.deno}`;
  const archive = await outputOf("npm", ["pack", "--silent", "--pack-destination", place, name]);
  if (archive === null) return null;
  const unpacked = await outputOf("tar", ["-xzf", `${place}/${archive.trim()}`, "-C", place]);
  return unpacked === null ? null : `${place}/package/deno${target.ending}`;
}

/** What a program prints; `null` if it is missing or fails. */
async function outputOf(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
