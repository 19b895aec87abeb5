import { AppError, PermissionError, systemReason } from "../errors.ts";
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
    await writeNewFile(temporaryPath, body);
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

/**
 * Writes piece by piece: `Deno.writeFile()` with a stream and `FsFile.writable` say nothing of a disk
 * that is full and leave a file that is cut off (Deno 2.9.6).
 */
async function writeNewFile(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true });
    for await (const piece of body) {
      let rest = piece;
      while (rest.length > 0) rest = rest.subarray(await file.write(rest));
    }
  } finally {
    // Does nothing to a stream that was read to its end; one that was never begun must be let go.
    await body.cancel();
  }
}

function cannotSave(path: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const reason = error instanceof DOMException && error.name === "AbortError"
    ? "interrupted"
    : systemReason(error);
  return new AppError("failed", `Cannot save "${path}": ${reason}`, { cause: error });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
