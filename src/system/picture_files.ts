import { AppError, PermissionError } from "../errors.ts";
import { missingRead, missingWrite } from "./permissions.ts";

/** Makes a folder for pictures; see `PictureFiles.prepare()`. Needs read and write there. */
export async function preparePictureFolder(directory: string): Promise<void> {
  const needs = [missingRead(directory), missingWrite(directory)]
    .filter((flag) => flag !== null).join(" ");
  if (needs) {
    throw new PermissionError(
      `Cannot save pictures in "${directory}": Deno's permission is missing (add ${needs})`,
      needs,
    );
  }
  try {
    await Deno.mkdir(directory, { recursive: true });
    const probe = `${directory}/.${crypto.randomUUID()}.tmp`;
    await Deno.writeFile(probe, new Uint8Array(), { createNew: true });
    await Deno.remove(probe);
  } catch (error) {
    throw cannotSave(directory, error);
  }
}

/**
 * Saves a picture; see `PictureFiles.save()`. The name is reserved first with an empty file of its
 * own, so that two processes never take the same one; the bytes go to a temporary file beside it.
 */
export async function savePicture(
  picture: { readonly directory: string; readonly names: Iterable<string> },
  body: ReadableStream<Uint8Array>,
): Promise<string> {
  const { directory } = picture;
  let path: string;
  try {
    path = await reserve(directory, picture.names);
  } catch (error) {
    await body.cancel();
    throw cannotSave(directory, error);
  }
  const temporaryPath = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(temporaryPath, body, { createNew: true });
    await Deno.rename(temporaryPath, path);
    return path;
  } catch (error) {
    await Deno.remove(temporaryPath).catch(ignoreMissing);
    await Deno.remove(path).catch(ignoreMissing);
    throw cannotSave(path, error);
  }
}

async function reserve(directory: string, names: Iterable<string>): Promise<string> {
  for (const name of names) {
    const path = `${directory.replace(/[/\\]+$/, "") || "/"}/${name}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.mkdir(folder || "/", { recursive: true });
    try {
      await Deno.writeFile(path, new Uint8Array(), { createNew: true });
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  throw new AppError("failed", `Cannot save a picture in "${directory}": all names are taken`);
}

function cannotSave(path: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const reason = error instanceof DOMException && error.name === "AbortError"
    ? "interrupted"
    : error.message.replace(/\s*\(os error \d+\).*$/s, "").replace(/ '.*$/s, "");
  return new AppError("failed", `Cannot save "${path}": ${reason}`, { cause: error });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
