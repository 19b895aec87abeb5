/** What the `config` commands share. */
import { GLOBAL_OPTIONS, refuseRecordOptions, refuseServerOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { OptionTable } from "../option.ts";
import type { Environment } from "../setting_layers.ts";
import { variableOf } from "../settings.ts";

/** Printed in place of a secret. */
export const MASK = "********";

/** Their global options: they ask no server, and handle the configuration file themselves. */
export const CONFIG_OPTIONS: OptionTable<GlobalOptions> = {
  ...GLOBAL_OPTIONS,
  ...refuseServerOptions("config asks no server"),
  config: GLOBAL_OPTIONS.config,
  ...refuseRecordOptions("config keeps no records"),
};

/** The file that the user names; `undefined`: none. */
export function namedConfig(
  { config }: Pick<GlobalOptions, "config">,
  environment: Environment,
): string | undefined {
  return config ?? (environment.get(variableOf("config")) || undefined);
}
