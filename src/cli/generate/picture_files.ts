/** The port to the folder that pictures are saved in. */
export interface PictureFiles {
  /**
   * Makes the folder, and makes sure that it can be written to: before the GPU is put to work. Removes
   * what runs that were killed left there.
   *
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If it cannot be made or written to.
   */
  prepare(directory: string): Promise<void>;
  /**
   * Saves a picture whole or not at all, never over another file unless that is asked for.
   *
   * @param names Relative names in the order in which they are tried; the first free one is taken.
   *   Read more than once.
   * @param picture.replaces The first name is taken, and a file that has it is replaced in one step.
   * @returns The path of the file.
   * @throws {AppError} If it cannot be written, e.g. because no space is left.
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
