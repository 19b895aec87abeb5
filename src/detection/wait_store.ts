/** The port through which a wait goes on from process to process. */
import type { WaitMemory } from "./idle_wait.ts";

/** Where a wait is kept, by what it waits for. Times in it are epoch milliseconds. */
export interface WaitStore {
  /**
   * Goes on with a wait, one process at a time.
   *
   * @param change Is given what was kept, `null` if there is nothing or nothing that can be
   *   understood; says what is to be kept.
   * @returns What `change` gave.
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {StateFileError} If it could not be read or written.
   */
  update<T extends { readonly kept: WaitMemory }>(
    key: WaitKey,
    change: (kept: WaitMemory | null) => T,
  ): Promise<T>;
}

/** What a wait is about: waits with other rules do not share their windows. */
export interface WaitKey {
  /** Normalised base URL without user info. */
  readonly serverUrl: string;
  /** The rules in one word, safe in a file name. */
  readonly rules: string;
}
