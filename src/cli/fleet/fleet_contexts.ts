/** The servers of the configuration file, each with settings of its own. */
import { UsageError } from "../../errors.ts";
import type { ConfigMap } from "../config/config_file.ts";
import { readConfigSettings } from "../config/read_config.ts";
import { SERVERS } from "../config/setting_keys.ts";
import type { CommandContext } from "../context.ts";
import type { GlobalOptions } from "../global_options.ts";
import { writeOption } from "../option.ts";
import { environmentLayer, resolveSettings } from "../settings.ts";

/** A server of the file, and the context with which it is asked. */
export interface FleetMember {
  readonly name: string;
  readonly context: CommandContext;
}

/** What belongs to one server and is sent to no other. */
const OF_ONE_SERVER = [
  "apiUrl",
  "apiKey",
  "apiKeyFile",
  "token",
  "tokenFile",
  "header",
  "headerFile",
  "server",
] as const;

/**
 * Makes the contexts, in the order of the file. Credentials in the environment are sent to a server
 * only if the environment names its address too.
 *
 * @throws {UsageError} If there are no servers, or an option means one of them.
 */
export async function fleetContexts(
  options: GlobalOptions,
  context: CommandContext,
): Promise<readonly FleetMember[]> {
  const given = OF_ONE_SERVER.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`Cannot use ${writeOption(given)} with --all: it means one server`);
  }
  const { config } = context;
  const entries = config?.values.get(SERVERS);
  const names = entries instanceof Map ? [...(entries as ConfigMap).keys()] : [];
  if (config === null || names.length === 0) {
    throw new UsageError(
      `Cannot use --all: ${
        config === null ? "there is no configuration file" : `${config.path} names no servers`
      } (add one: asset-generator config set servers.NAME.api-url URL)`,
    );
  }
  return await Promise.all(names.map(async (name) => {
    const layers = readConfigSettings(config, { value: name, source: "option", place: "--all" });
    const settings = await resolveSettings(
      { stateFile: options.stateFile, requestTimeout: options.requestTimeout },
      {
        ...layers,
        environment: environmentLayer(context.environment),
        isOneOfMany: true,
        stateFile: context.defaultStateFile,
        readSecretFile: context.readSecretFile,
      },
    );
    return { name, context: { ...context, settings } };
  }));
}
