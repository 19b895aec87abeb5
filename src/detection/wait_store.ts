/** The port through which a wait goes on from process to process. */
import type { WaitMemory } from "./idle_wait.ts";

/** Where a wait is kept, by what it waits for. Times in it are epoch milliseconds. */
export interface WaitStore {
  /**
   * What was kept; `null` if there is nothing, or nothing that can be understood.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   */
  load(key: WaitKey): Promise<WaitMemory | null>;
  /**
   * Keeps a wait for the next process.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {StateFileError} If it could not be written.
   */
  save(key: WaitKey, memory: WaitMemory): Promise<void>;
}

/** What a wait is about: waits with other rules do not share their windows. */
export interface WaitKey {
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** The rules in one word, safe in a file name. */
  readonly rules: string;
}
