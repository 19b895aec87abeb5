/** Remembers lists that a command got from a server, for Tab completion. */
import type { Choices as CatalogChoices, ModelType } from "../catalog/server_catalog.ts";
import type { Preset, ServerParameter } from "../generation/server/server_parameter.ts";
import { PARAMETERS, PRESETS } from "../generation/server/server_choices.ts";
import type { Choices } from "../generation/server/server_choices.ts";
import { credentialsHash } from "./http/credentials.ts";
import type { SwarmOptions } from "./http/swarm_options.ts";

/**
 * The longest list of another parameter: longer ones are names of models, which have their own
 * options.
 */
const FEW = 200;
/** Parameters that have an option with its own completion. */
const OPTIONS: ReadonlySet<string> = new Set(["model", "loras", "vae", "sampler", "scheduler"]);

/** The parameters that name models, by the kind of model. */
const MODELS: ReadonlyMap<ModelType, string> = new Map([
  ["checkpoint", "model"],
  ["lora", "loras"],
  ["vae", "vae"],
]);

/** What Tab completion can use of the parameters that a server lists. */
export function choicesOfParameters(parameters: readonly ServerParameter[]): Choices {
  const listed = parameters.flatMap(({ id, type, choices }) => {
    const names = type === "boolean" ? ["true", "false"] : choices;
    if (names === null || names.length > FEW && !OPTIONS.has(id)) return [];
    return [[id, names] as const];
  });
  return new Map([...listed, [PARAMETERS, parameters.map(({ id }) => id)]]);
}

/** What Tab completion can use of a server's catalog. */
export function choicesOfCatalog({ models, samplers, schedulers }: CatalogChoices): Choices {
  const listed: readonly (readonly [id: string, names: readonly Named[] | null | undefined])[] = [
    ...[...MODELS].map(([type, id]) => [id, models.get(type)] as const),
    ["sampler", samplers],
    ["scheduler", schedulers],
  ];
  return new Map(listed.flatMap(([id, names]) => names ? [[id, names.map(nameOf)]] : []));
}

/** What Tab completion can use of a user's presets. */
export function choicesOfPresets(presets: readonly Preset[]): Choices {
  return new Map([[PRESETS, presets.map(({ title }) => title)]]);
}

interface Named {
  readonly name: string;
}

function nameOf({ name }: Named): string {
  return name;
}

/**
 * Remembers an answer.
 *
 * @param about.isWhole Whether it is everything that is remembered about the server.
 */
export async function rememberChoices(choices: Choices, about: {
  readonly options: SwarmOptions;
  readonly serverUrl: string;
  readonly isWhole: boolean;
}): Promise<void> {
  const { options, serverUrl, isWhole } = about;
  const { choiceMemory: memory, clock } = options;
  if (memory === undefined || memory === null) return;
  const key = { serverUrl, credentialsHash: await credentialsHash(options) };
  await memory.save(key, { choices, asOfMs: isWhole ? clock.now() : 0 });
}
