/** Changes the configuration file, for `config set` and `config unset`. */
import { UsageError } from "../../errors.ts";
import { checkConfig } from "./check_config.ts";
import type { ConfigEditor, ConfigFiles } from "./config_file.ts";

/**
 * Changes one setting.
 *
 * @param change.action For errors, as the beginning of a sentence: `Cannot set token`.
 * @param change.value `null`: it is removed.
 * @returns Whether there was anything to change.
 * @throws {UsageError} If commands would refuse the file then, but not before: a file with several
 * faults can be mended one by one.
 * @throws {AppError} If it cannot be read, understood or written; it is then unchanged.
 */
export async function changeConfig(
  editor: ConfigEditor,
  change: {
    readonly action: string;
    readonly path: readonly string[];
    readonly value: string | null;
  },
  { parse }: Pick<ConfigFiles, "parse">,
): Promise<boolean> {
  const before = await editor.read() ?? "";
  const after = await editor.edit(change);
  if (after === null) return false;
  const problem = await problemOf(after);
  if (problem !== null && await problemOf(before) === null) {
    throw new UsageError(`${change.action}: the file would be refused then. ${problem}`);
  }
  await editor.write(after);
  return true;

  async function problemOf(text: string): Promise<string | null> {
    try {
      const values = await parse(text);
      const path = editor.path ?? "the file";
      await checkConfig({ path, kind: "named", values, resolve: (written) => written });
      return null;
    } catch (error) {
      // Whatever it is, the file has it.
      return error instanceof Error ? error.message : String(error);
    }
  }
}
