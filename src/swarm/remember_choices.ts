/** Lists that a command had from a server, remembered for shells that complete a word. */
import { PARAMETERS } from "../generation/server_choices.ts";
import type { Choices } from "../generation/server_choices.ts";
import type { ServerParameter } from "../generation/server_parameter.ts";
import { credentialsHash } from "./http/credentials.ts";
import type { SwarmOptions } from "./http/transport.ts";

/**
 * The most that another parameter may be: lists that are longer name models, which have options of
 * their own.
 */
const FEW = 200;
/** Parameters that have an option which completes them. */
const OPTIONS: ReadonlySet<string> = new Set(["model", "loras", "vae", "sampler", "scheduler"]);

/** What shells can use of the parameters that a server lists. */
export function choicesOfParameters(parameters: readonly ServerParameter[]): Choices {
  const listed = parameters.flatMap(({ id, type, choices }) => {
    const names = type === "boolean" ? ["true", "false"] : choices;
    if (names === null || names.length > FEW && !OPTIONS.has(id)) return [];
    return [[id, names] as const];
  });
  return new Map([...listed, [PARAMETERS, parameters.map(({ id }) => id)]]);
}

/**
 * Remembers what a server said.
 *
 * @param about.isWhole Whether that is all there is to remember of the server.
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
