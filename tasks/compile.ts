/**
 * Makes what a release holds, in `dist/release/`: an archive for each system, with the executable,
 * completions and manual pages; the one file and the one beside it for Redis; `SHA256SUMS` and a list of what the tool is made of.
 *
 * `compile [--stand-in] [TARGET…]`; without a target, all. Deno downloads a base executable for
 * each target. If it cannot be downloaded, `--stand-in` uses a whole Deno of that system instead,
 * this machine's own or npm's, to check all other steps. The result is not kept, because it would
 * not run.
 *
 * Needs `--allow-read --allow-write --allow-run --allow-net=127.0.0.1`.
 */
import { VERSION } from "../src/cli/command.ts";
import { bundleTool, REDIS_FILE } from "./bundle.ts";
import { pack, type PackedFile } from "./release/archive.ts";
import { makeExecutable, NoBaseError } from "./release/executable.ts";
import { noticesText } from "./release/notices.ts";
import { shippedPackages } from "./release/packages.ts";
import { sbomText } from "./release/sbom.ts";
import { standInFor } from "./release/stand_in.ts";
import { type Target, TARGETS } from "./release/targets.ts";
import { denoArguments } from "./shipped.ts";

const ROOT = new URL("../", import.meta.url);
const SHELLS = ["bash", "zsh", "fish", "powershell"];
const NAME = "asset-generator";

/** How a release is made. */
export interface Release {
  /** Where it goes; it is emptied first. */
  readonly output: string;
  readonly targets: readonly Target[];
  /** True if a whole Deno of each system replaces its base executable. */
  readonly standsIn: boolean;
  /** Called with one line for each thing that was made. */
  readonly say: (line: string) => void;
  /** Called with one line before each step; some take many seconds. @default nothing */
  readonly sayStep?: (line: string) => void;
}

/**
 * Makes a release.
 *
 * @throws {NoBaseError} If there is no base executable for a target, and nothing replaces it.
 * @throws {Error} If something could not be made.
 */
export async function makeRelease(
  { output, targets, standsIn, say, sayStep = () => {} }: Release,
): Promise<void> {
  const work = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    await Deno.remove(output, { recursive: true }).catch(() => {});
    await Deno.mkdir(output, { recursive: true });
    const bundle = `${work}/asset-generator.js`;
    await bundleTool(bundle, sayStep);
    sayStep("Gathering licences, manual pages and completions");
    const packages = await shippedPackages();
    const beside = await filesBeside(bundle, noticesText(packages));
    for (const name of ["asset-generator.js", REDIS_FILE]) {
      await Deno.copyFile(`${work}/${name}`, `${output}/${name}`);
    }
    await Deno.writeTextFile(`${output}/sbom.cdx.json`, sbomText(packages, Deno.version.deno));
    for (const target of targets) {
      sayStep(`Making the executable for ${target.name}`);
      const executable = `${work}/${NAME}${target.ending}`;
      const base = standsIn ? await standInFor(target, work) : undefined;
      if (base === null) {
        say(`${target.name}: not checked, for npm has no Deno of this system to stand in`);
        continue;
      }
      await makeExecutable(target, { bundle, output: executable, base });
      const folder = `${NAME}-${VERSION}-${target.name}`;
      const bytes = await packRelease(target, { folder, executable, beside });
      if (standsIn) {
        say(
          `${target.name}: entry, permissions and an archive of ${bytes.length} bytes are right; ` +
            "thrown away, for a stand-in is no program to ship",
        );
      } else {
        await Deno.writeFile(`${output}/${folder}.${target.archive}`, bytes);
        say(`${folder}.${target.archive}: ${bytes.length} bytes`);
      }
      await Deno.remove(executable);
    }
    await Deno.writeTextFile(`${output}/SHA256SUMS`, await checksums(output));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function packRelease(target: Target, what: {
  readonly folder: string;
  readonly executable: string;
  readonly beside: readonly PackedFile[];
}): Promise<Uint8Array> {
  const files = [
    {
      path: `${NAME}${target.ending}`,
      bytes: await Deno.readFile(what.executable),
      isExecutable: true,
    },
    ...what.beside,
  ];
  return await pack(
    files.map((file) => ({ ...file, path: `${what.folder}/${file.path}` })),
    target.archive,
  );
}

/** The files beside each executable. */
async function filesBeside(bundle: string, notices: string): Promise<readonly PackedFile[]> {
  const manual = await Promise.all(
    (await namesIn(new URL("man", ROOT))).map(async (name) => ({
      path: `man/man1/${name}`,
      bytes: await Deno.readFile(new URL(`man/${name}`, ROOT)),
    })),
  );
  const completions = await Promise.all(SHELLS.map(async (shell) => ({
    path: `completions/${NAME}.${shell === "powershell" ? "ps1" : shell}`,
    bytes: await completionsOf(shell, bundle),
  })));
  return [
    { path: "README.md", bytes: await Deno.readFile(new URL("README.md", ROOT)) },
    { path: "LICENSE", bytes: await Deno.readFile(new URL("LICENSE", ROOT)) },
    { path: "NOTICES", bytes: new TextEncoder().encode(notices) },
    ...completions,
    ...manual,
  ];
}

async function completionsOf(shell: string, bundle: string): Promise<Uint8Array> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...denoArguments(["completions", shell], { file: bundle })],
    stdin: "null",
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot make the completions of ${shell}: ${new TextDecoder().decode(stderr)}`);
  }
  return stdout;
}

async function namesIn(folder: string | URL): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** The lines of `sha256sum`, for all files of a folder. */
async function checksums(folder: string): Promise<string> {
  const lines = await Promise.all((await namesIn(folder)).map(async (name) => {
    const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${folder}/${name}`));
    return `${new Uint8Array(hash).toHex()}  ${name}\n`;
  }));
  return lines.join("");
}

/** @throws {Error} If there is no such target. */
function targetsOf(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return TARGETS;
  return names.map((name) => {
    const target = TARGETS.find((one) => one.name === name);
    if (target !== undefined) return target;
    const known = TARGETS.map((one) => one.name).join(", ");
    throw new Error(`Cannot compile for ${name}: expected ${known}`);
  });
}

if (import.meta.main) {
  const standsIn = Deno.args.includes("--stand-in");
  try {
    const targets = targetsOf(Deno.args.filter((arg) => arg !== "--stand-in"));
    await makeRelease({
      output: "dist/release",
      targets,
      standsIn,
      say: console.log,
      sayStep: console.error,
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const advice = error instanceof NoBaseError ? "\n(--stand-in checks all but the base)" : "";
    console.error(`Error: ${error.message}${advice}`);
    Deno.exit(1);
  }
}
