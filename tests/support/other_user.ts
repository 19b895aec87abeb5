/**
 * Runs the program as a user for whom file modes matter. The superuser may read and write
 * everything, so as root the tests run it as `nobody` (`setpriv` of util-linux), from a copy of the
 * one file that `nobody` can read; other users run it as themselves.
 */
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import { type CliResult, runCli } from "./cli_process.ts";
import { copyOneFile } from "./one_file.ts";
import { tempDir } from "./temp_dir.ts";

/** A user for whom file modes matter. */
export interface OtherUser {
  /** Whether it is another user than the one who runs the tests. */
  readonly isElse: boolean;
  /** Gives a file or directory of the test to that user. */
  own(path: string): Promise<void>;
  /** Runs the program to its end as that user. */
  run(args: readonly string[], options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<CliResult>;
}

const NOBODY = 65534;

/** Finds a way to run as such a user; `null` if there is none, for example on Windows. */
export async function otherUser(): Promise<OtherUser | null> {
  if (Deno.build.os === "windows") return null;
  if (await modesBind()) return { isElse: false, own: () => Promise.resolve(), run: runCli };
  if (!await works("setpriv", ["--version"])) return null;
  return new Nobody();
}

class Nobody implements OtherUser {
  readonly isElse = true;
  #program: Promise<string> | null = null;

  async own(path: string): Promise<void> {
    await Deno.chown(path, NOBODY, NOBODY);
  }

  async run(args: readonly string[], options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
  }): Promise<CliResult> {
    const program = await (this.#program ??= copy());
    const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const { code, stdout, stderr } = await new Deno.Command("setpriv", {
      args: [...ids, Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config"]
        .concat(SHIPPED_PERMISSIONS, program, args),
      cwd: options.cwd,
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin",
        DENO_DIR: `${options.cwd}/deno-dir`,
        ASSET_GENERATOR_STATE_DIR: `${options.cwd}/user-state`,
        NO_COLOR: "1",
        ...options.env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }
}

/** Says whether a file that nobody may read really cannot be read; the superuser can read it. */
async function modesBind(): Promise<boolean> {
  const path = await Deno.makeTempFile({ prefix: "asset-generator-" });
  try {
    await Deno.chmod(path, 0o000);
    await Deno.readTextFile(path);
    return false;
  } catch {
    return true;
  } finally {
    await Deno.remove(path);
  }
}

/** Copies the one file to where `nobody` may read it; the copy is kept for the other tests of this file. */
async function copy(): Promise<string> {
  const directory = await tempDir();
  await Deno.chmod(directory.path, 0o755);
  addEventListener("unload", () => Deno.removeSync(directory.path, { recursive: true }));
  return await copyOneFile(directory);
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
