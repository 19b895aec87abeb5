/** What the commands of `config` have in common. */
import { GLOBAL_OPTIONS, refuseServerOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { OptionTable } from "../option.ts";
import type { Environment } from "../settings.ts";
import { variableOf } from "../settings.ts";

/** Stands where a secret is. */
export const MASK = "********";

/** Their global options: no server is asked. The file is looked at by the command itself. */
export const CONFIG_OPTIONS: OptionTable<GlobalOptions> = {
  ...GLOBAL_OPTIONS,
  ...refuseServerOptions("config asks no server"),
  config: GLOBAL_OPTIONS.config,
  stateFile: { ...GLOBAL_OPTIONS.stateFile, refused: "config keeps no records" },
};

/** The file that the user names; `undefined`: none. */
export function namedConfig(
  { config }: Pick<GlobalOptions, "config">,
  environment: Environment,
): string | undefined {
  return config ?? (environment.get(variableOf("config")) || undefined);
}
