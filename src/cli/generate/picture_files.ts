/** The port for the folder that pictures are saved in. */
export interface PictureFiles {
  /**
   * Makes the folder and checks that it can be written to, before the GPU starts to work. Removes
   * what killed processes left there.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If it cannot be made or written to.
   */
  prepare(directory: string): Promise<void>;
  /**
   * Saves a whole picture or nothing, and never replaces another file unless asked to.
   *
   * @param names Relative names in the order in which they are tried; the first free one is used.
   * Read more than once.
   * @param picture.replaces Uses the first name, and replaces an existing file in one step.
   * @returns The path of the file.
   * @throws {AppError} If it cannot be written, for example because the disk is full.
   */
  save(
    picture: {
      readonly directory: string;
      readonly names: Iterable<string>;
      readonly replaces?: boolean;
    },
    body: ReadableStream<Uint8Array>,
  ): Promise<string>;
}
