/** Checks a whole configuration file, which other commands read only as far as they need it. */
import { resolveSettings } from "../settings.ts";
import type { SettingLayer } from "../setting_layers.ts";
import type { FoundConfig } from "./config_file.ts";
import { MASK } from "./config_options.ts";
import { readConfigSettings, readOptionDefaults } from "./read_config.ts";
import type { ConfigSettings } from "./read_config.ts";
import { serverNames, SERVERS } from "./setting_keys.ts";

/** Nothing else counts: the file is checked, not a command line. */
const NO_VARIABLES: SettingLayer = {
  source: "environment",
  placeOf: (name) => name,
  read: () => undefined,
  headers: () => [],
};

/**
 * Reads every value of a file, those of all servers included. Files that it names are not read.
 *
 * @throws {UsageError} If a name is unknown, a value makes no sense, or two contradict each other.
 */
export async function checkConfig(file: FoundConfig): Promise<void> {
  const { command } = await import("../commands/generate_image.ts");
  await resolve(readConfigSettings(file, null));
  readOptionDefaults(file, { table: command.options, given: {}, defaults: command.defaults });
  for (const name of serverNames(file.values)) {
    const wanted = { value: name, source: "config", place: SERVERS } as const;
    await resolve(readConfigSettings(file, wanted, { asksMany: true }));
  }
}

async function resolve(settings: ConfigSettings): Promise<void> {
  await resolveSettings({}, {
    ...settings,
    environment: NO_VARIABLES,
    stateFile: "",
    readSecretFile: () => Promise.resolve(MASK),
    readRedisFile: () => Promise.resolve(`redis://${MASK}`),
  });
}
