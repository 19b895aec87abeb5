/** Makes one executable, and checks that it contains what it should. */
import { SHIPPED_PERMISSIONS } from "../shipped.ts";
import { readPayload } from "./payload.ts";
import type { Target } from "./targets.ts";

/** The base executable of a target is not here and could not be downloaded. */
export class NoBaseError extends Error {
  override readonly name = "NoBaseError";
}

/**
 * Compiles the one file for a target and compares what was put into it with what should be.
 *
 * Needs `--allow-run=deno`, and the network unless `base` is given or Deno has the base in its
 * cache.
 *
 * @param about.bundle The one file.
 * @param about.output Where the executable goes.
 * @param about.base What to put the tool into, instead of the base that Deno downloads for the
 * target. It must have that system's format.
 * @throws {NoBaseError} If there is no base.
 * @throws {Error} If it could not be compiled, or contains something else.
 */
export async function makeExecutable(target: Target, about: {
  readonly bundle: string;
  readonly output: string;
  readonly base?: string | undefined;
}): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--quiet", "--no-config", "--no-prompt", ...SHIPPED_PERMISSIONS],
      // Everything that it loads is in it: it fetches no code, whatever Deno's defaults allow.
      ...["--deny-import", "--app-name", "asset-generator", "--target", target.name],
      ...["--output", about.output, about.bundle],
    ],
    env: about.base === undefined ? {} : { DENORT_BIN: about.base },
    stdin: "null",
  }).output();
  if (code !== 0) {
    const found = new TextDecoder().decode(stderr).trim();
    const message = `Cannot make the executable for ${target.name}: ${found}`;
    throw /denort/.test(found) ? new NoBaseError(message) : new Error(message);
  }
  const { argv, entry, permissions } = readPayload(await Deno.readFile(about.output));
  const held = JSON.stringify({ argv, entry, permissions });
  const wanted = JSON.stringify({
    argv: [],
    entry: "asset-generator.js",
    permissions: wantedGrants(),
  });
  if (held !== wanted) {
    throw new Error(`The executable for ${target.name} holds ${held}, not ${wanted}`);
  }
}

/**
 * The shipped flags as an executable holds them: a list for each permission, empty if it is for
 * all.
 */
function wantedGrants(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    SHIPPED_PERMISSIONS.map((flag): [string, readonly string[]] => {
      const [name = "", values] = flag.replace(/^--/, "").replaceAll("-", "_").split("=", 2);
      return [name, values === undefined ? [] : flag.slice(flag.indexOf("=") + 1).split(",")];
    }).sort(([a], [b]) => a < b ? -1 : 1),
  );
}
