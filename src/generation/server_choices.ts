/** What a server has to choose from, remembered for those who cannot wait for its answer. */
import type { SessionCacheKey } from "./session.ts";

/**
 * What image parameters may be, by the server's ids: `model`, `sampler`. Foreign text. An id that has
 * no entry may be anything. Which ids there are is the entry of `PARAMETERS`.
 */
export type Choices = ReadonlyMap<string, readonly string[]>;

/** The entry that holds the ids of all parameters; no parameter is called so. */
export const PARAMETERS = "*";

/** The entry that holds the titles of the user's presets, as the parameter is called. */
export const PRESETS = "presets";

/** What was remembered. */
export interface RememberedChoices {
  readonly choices: Choices;
  /** When a server said the whole of it last, epoch milliseconds; 0: never. */
  readonly asOfMs: number;
}

/** The port to what servers said last, for each server and login. */
export interface ChoiceMemory {
  /** What is remembered, or `null` if that is nothing or cannot be read. Never throws. */
  load(key: SessionCacheKey): Promise<RememberedChoices | null>;
  /** Remembers; what cannot be kept is no error. Entries replace those of the same id. */
  save(key: SessionCacheKey, said: RememberedChoices): Promise<void>;
}

/** The port to what one server has to choose from. */
export interface ServerChoices {
  /** What was said last; `null` if nothing was. Never throws. */
  remembered(): Promise<RememberedChoices | null>;
  /** Asks the server, and remembers the answer; `null` if there is none in time. Never throws. */
  ask(): Promise<Choices | null>;
  /** The same for the user's presets, which the server tells of apart. */
  askPresets(): Promise<Choices | null>;
}
