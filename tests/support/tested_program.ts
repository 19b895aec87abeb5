/**
 * The program that the tests of real processes run, in one of the forms in which users get it. The
 * variable `ASSET_GENERATOR_BIN` chooses: the one file by its path or its URL (both end in `.js`),
 * or an executable. Without it, the program runs from source.
 */
import { denoArguments, MAIN } from "../../tasks/shipped.ts";

const BIN = Deno.env.get("ASSET_GENERATOR_BIN") ?? "";

/**
 * True for an executable, whose permissions cannot be chosen: tests that choose them are ignored.
 */
export const HAS_OWN_PERMISSIONS = BIN !== "" && !BIN.endsWith(".js");

/** Where the program comes from, for the text of `--version`. */
export const FORM = HAS_OWN_PERMISSIONS ? "executable" : BIN === "" ? "from source" : "one file";

/**
 * The program and its arguments, as a system starts it.
 *
 * @param how.permissions Deno's flags. @default {those that are shipped}
 * @param how.file The one file to run instead, by path or URL.
 * @throws {Error} If permissions are chosen for an executable.
 */
export function programLine(args: readonly string[], how: {
  readonly permissions?: readonly string[];
  readonly file?: string;
} = {}): readonly [program: string, ...args: string[]] {
  if (!HAS_OWN_PERMISSIONS || how.file !== undefined) {
    const file = how.file ?? (BIN === "" ? MAIN : BIN);
    return [Deno.execPath(), ...denoArguments(args, { ...how, file })];
  }
  if (how.permissions !== undefined) {
    throw new Error("An executable has its own permissions: ignore this test with it");
  }
  return [BIN, ...args];
}
