/** Asks with the kept session what a server has to choose from: the port `ServerChoices`. */
import type {
  Choices,
  RememberedChoices,
  ServerChoices,
} from "../../generation/server/server_choices.ts";
import { credentialsHash } from "../http/credentials.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { choicesOfParameters, choicesOfPresets, rememberChoices } from "../remember_choices.ts";
import { decodeParameters } from "../wire/parameter_answers.ts";
import { decodePresets } from "../wire/preset_answers.ts";
import { SessionCaller } from "./session_caller.ts";

/**
 * Connects to a server. Sends nothing by itself.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createServerChoices(options: SwarmOptions): ServerChoices {
  const caller = new SessionCaller(options);
  const serverUrl = caller.transport.url;
  return {
    remembered: async (): Promise<RememberedChoices | null> => {
      const hash = await credentialsHash(options);
      return await options.choiceMemory?.load({ serverUrl, credentialsHash: hash }) ?? null;
    },
    ask: async (): Promise<Choices | null> => {
      const told = await caller.ask("ListT2IParams", {}, decodeParameters);
      if (!told.answered) return null;
      const choices = choicesOfParameters(told.value);
      await rememberChoices(choices, { options, serverUrl, isWhole: true });
      return choices;
    },
    askPresets: async (): Promise<Choices | null> => {
      const told = await caller.ask("GetMyUserData", {}, decodePresets);
      if (!told.answered) return null;
      const choices = choicesOfPresets(told.value);
      await rememberChoices(choices, { options, serverUrl, isWhole: false });
      return choices;
    },
  };
}
