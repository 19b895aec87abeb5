/** Prepares the folder for pictures, before the GPU starts to work. */
import { AppError, continueMessage, PermissionError, UsageError } from "../../errors.ts";
import type { PictureFiles } from "./picture_files.ts";

const ADVICE = "choose another directory with --output-dir";

/**
 * Makes the folder and checks that it can be written to.
 *
 * @throws {UsageError} If it is `-`.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If it cannot be made or written to; says what to do.
 */
export async function preparePictures(
  files: Pick<PictureFiles, "prepare">,
  directory: string,
): Promise<void> {
  if (directory === "-") {
    throw new UsageError(
      'Cannot use --output-dir "-": pictures are saved as files, not written to a stream ' +
        "(a directory of this name is ./-)",
    );
  }
  try {
    await files.prepare(directory);
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof PermissionError) throw error;
    const isFile = error.cause instanceof Error && error.cause.name === "AlreadyExists";
    const said = isFile ? `Cannot save "${directory}": it is not a directory` : error.message;
    throw new AppError(error.code, continueMessage(said, ` (${ADVICE})`), { cause: error });
  }
}
