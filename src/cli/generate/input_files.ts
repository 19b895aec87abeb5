/** The port for files that the user names as input. */
export interface InputFiles {
  /**
   * Reads a whole file, or standard input for `-`.
   *
   * @param how.action What is about to be done, as the beginning of a sentence: `Cannot use …`.
   * @param how.maxBytes The most that is read; more is refused.
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {UsageError} If it cannot be read, or is larger.
   */
  read(
    path: string,
    how: { readonly action: string; readonly maxBytes: number },
  ): Promise<Uint8Array>;
}
