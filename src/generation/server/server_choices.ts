/** What a server has to choose from, remembered for callers that cannot wait for its answer. */
import type { SessionCacheKey } from "../session.ts";

/**
 * The values that image parameters can have, by the server's parameter ids: `model`, `sampler`.
 * Foreign text. An id without an entry can have any value. The entry `PARAMETERS` lists the ids
 * themselves.
 */
export type Choices = ReadonlyMap<string, readonly string[]>;

/** The entry with the ids of all parameters; no parameter has this name. */
export const PARAMETERS = "*";

/** The entry with the titles of the user's presets, named like the parameter. */
export const PRESETS = "presets";

/** What was remembered. */
export interface RememberedChoices {
  readonly choices: Choices;
  /** When the server last gave the whole list, epoch milliseconds; 0: never. */
  readonly asOfMs: number;
}

/** The port for the last answers of servers, for each server and login. */
export interface ChoiceMemory {
  /** What is remembered; `null` if there is nothing or it cannot be read. Never throws. */
  load(key: SessionCacheKey): Promise<RememberedChoices | null>;
  /**
   * Remembers an answer. If it cannot be kept, that is no error. Entries replace those of the same
   * id.
   */
  save(key: SessionCacheKey, said: RememberedChoices): Promise<void>;
}

/** The port for what one server has to choose from. */
export interface ServerChoices {
  /** The last answer; `null` if there was none. Never throws. */
  remembered(): Promise<RememberedChoices | null>;
  /** Asks the server, and remembers the answer; `null` if there is none in time. Never throws. */
  ask(): Promise<Choices | null>;
  /** The same for the user's presets, for which the server has a separate question. */
  askPresets(): Promise<Choices | null>;
}
