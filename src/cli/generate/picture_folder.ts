/** The folder for pictures, before the GPU is put to work for them. */
import { AppError, PermissionError } from "../../errors.ts";
import type { PictureFiles } from "./picture_files.ts";

const ADVICE = "choose another directory with --output-dir";

/**
 * Makes the folder and makes sure that it can be written to.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If it cannot be made or written to; says what to do.
 */
export async function preparePictures(
  files: Pick<PictureFiles, "prepare">,
  directory: string,
): Promise<void> {
  try {
    await files.prepare(directory);
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof PermissionError) throw error;
    const found = foundBy(error);
    const said = found === null ? error.message : `Cannot save "${directory}": ${found}`;
    throw new AppError(error.code, `${said} (${ADVICE})`, { cause: error });
  }
}

/** What is better said in other words than the system's; `null`: its own will do. */
function foundBy({ cause }: AppError): string | null {
  switch (cause instanceof Error ? cause.name : "") {
    case "NotCapable":
      // Permission was granted, and yet refused: Deno's own advice is --allow-all, which nobody needs.
      return "Deno keeps programs out of the system's own places";
    case "AlreadyExists":
      return "it is no directory";
    default:
      return null;
  }
}
